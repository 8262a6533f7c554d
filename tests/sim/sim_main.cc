// sim: runs seeds of the simulation, and says how to run a failing one again.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/sim/bug_hunt.h"
#include "tests/sim/world.h"

namespace quorate::sim {
namespace {

struct Arguments {
  uint64_t seed = 1;
  bool has_seed = false;
  uint64_t seeds = 0;
  double minutes = 0;
  size_t jobs = 1;
  bool prints = false;
  bool has_no_faults = false;
  bool is_twice = false;
  bool has_all_bugs = false;
  std::string bug;
};

/// Of the violations of one seed; what follows the first is often its consequence.
constexpr size_t kShownMax = 5;

char current[256];

/// An assertion of the code under test: say which seed it was.
void on_abort(int) {
  const ssize_t ignored = write(STDERR_FILENO, current, std::strlen(current));
  static_cast<void>(ignored);
}

void print_replay(uint64_t seed, const Arguments& arguments) {
  std::snprintf(current, sizeof current,
                "seed %llu failed; to see what happened:\n  build/release/bin/sim --seed %llu%s%s "
                "--trace\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed),
                arguments.bug.empty() ? "" : " --bug ", arguments.bug.c_str());
}

struct Totals {
  uint64_t seeds = 0;
  uint64_t failed = 0;
  uint64_t operations = 0;
  uint64_t faults = 0;
};

RunResult run_seed(uint64_t seed, const Arguments& arguments) {
  print_replay(seed, arguments);
  Settings settings = settings_of(seed, bug_named(arguments.bug).value_or(Bug::kNone));
  settings.has_faults = !arguments.has_no_faults;
  World world(settings, arguments.prints);
  return world.run();
}

Totals run_share(const Arguments& arguments, size_t job) {
  const auto start = std::chrono::steady_clock::now();
  const auto is_time_left = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    return passed.count() < arguments.minutes * 60;
  };
  Totals totals;
  for (uint64_t seed = arguments.seed + job;
       seed < arguments.seed + arguments.seeds || (arguments.minutes > 0 && is_time_left());
       seed += arguments.jobs) {
    const RunResult result = run_seed(seed, arguments);
    ++totals.seeds;
    totals.operations += result.operations;
    totals.faults += result.faults;
    if (arguments.has_seed || arguments.prints) {
      std::printf(
          "seed %llu: %s, %zu operations, %zu transactions, %zu faults, %zu leaders, %.1f s "
          "of virtual time, %zu events, trace %016llx\n",
          static_cast<unsigned long long>(seed), result.is_good() ? "good" : "FAILED",
          result.operations, result.transactions, result.faults, result.leaders,
          result.virtual_seconds, result.events,
          static_cast<unsigned long long>(result.trace_hash));
    }
    if (!result.is_good()) {
      ++totals.failed;
      for (size_t index = 0; index < std::min(result.violations.size(), kShownMax); ++index) {
        std::fprintf(stderr, "%s\n", result.violations[index].c_str());
      }
      std::fprintf(stderr, "%s", current);
    }
  }
  return totals;
}

/// Shares the seeds among processes; each says through a pipe what it has done.
int run_jobs(const Arguments& arguments) {
  int ends[2];
  if (pipe(ends) != 0) {
    return 2;
  }
  std::fflush(stdout);
  for (size_t job = 0; job < arguments.jobs; ++job) {
    if (fork() == 0) {
      const Totals totals = run_share(arguments, job);
      const bool is_written = write(ends[1], &totals, sizeof totals) == sizeof totals;
      std::fflush(stdout);
      std::_Exit(is_written && totals.failed == 0 ? 0 : 1);
    }
  }
  close(ends[1]);
  int failed_jobs = 0;
  for (size_t job = 0; job < arguments.jobs; ++job) {
    int status = 0;
    wait(&status);
    failed_jobs += status == 0 ? 0 : 1;
  }
  Totals sum;
  Totals each;
  while (read(ends[0], &each, sizeof each) == sizeof each) {
    sum.seeds += each.seeds;
    sum.failed += each.failed;
    sum.operations += each.operations;
    sum.faults += each.faults;
  }
  std::printf(
      "simulation: %llu seeds, %llu failed, %llu operations, %llu faults\n",
      static_cast<unsigned long long>(sum.seeds), static_cast<unsigned long long>(sum.failed),
      static_cast<unsigned long long>(sum.operations), static_cast<unsigned long long>(sum.faults));
  return failed_jobs == 0 ? 0 : 1;
}

/// What another process prints of a seed, its trace's hash above all.
std::string output_of(uint64_t seed) {
  const std::string command =
      "/proc/" + std::to_string(getpid()) + "/exe --seed " + std::to_string(seed);
  std::string output;
  FILE* const stream = popen(command.c_str(), "r");
  if (stream == nullptr) {
    return output;
  }
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, stream) != nullptr) {
    output += buffer;
  }
  pclose(stream);
  return output;
}

/// Each seed in two processes, whose hash tables have different orders: the traces are the same.
int run_twice(const Arguments& arguments) {
  for (uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
    const std::string first = output_of(seed);
    if (first.empty() || first != output_of(seed)) {
      std::fprintf(stderr, "seed %llu is not the same twice:\n%s",
                   static_cast<unsigned long long>(seed), first.c_str());
      return 1;
    }
    std::printf("%s", first.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace quorate::sim

int main(int argc, char** argv) {
  quorate::sim::Arguments arguments;
  CLI::App app("Simulates whole ensembles from a seed.");
  CLI::Option* const seed = app.add_option("--seed", arguments.seed, "The only one, or the first");
  app.add_option("--seeds", arguments.seeds, "How many");
  app.add_option("--minutes", arguments.minutes, "As many as fit, and --seeds at least");
  app.add_option("--jobs", arguments.jobs, "Processes that share the seeds");
  app.add_flag("--trace", arguments.prints, "Print what happens");
  app.add_flag("--no-faults", arguments.has_no_faults, "Nothing breaks");
  app.add_option("--bug", arguments.bug, "Plant a bug");
  app.add_flag("--all-bugs", arguments.has_all_bugs, "Plant each bug in turn: each must be found");
  app.add_flag("--twice", arguments.is_twice, "Each seed twice: the traces must be the same");
  CLI11_PARSE(app, argc, argv);
  if (!arguments.bug.empty() && !quorate::sim::bug_named(arguments.bug)) {
    std::fprintf(stderr, "no such bug\n");
    return 2;
  }
  arguments.has_seed = seed->count() > 0 && arguments.seeds == 0 && arguments.minutes == 0;
  if (arguments.seeds == 0 && arguments.minutes == 0) {
    arguments.seeds = 1;
  }
  if (arguments.has_all_bugs) {
    return quorate::sim::find_all_bugs(arguments.jobs);
  }
  if (arguments.is_twice) {
    return quorate::sim::run_twice(arguments);
  }
  std::signal(SIGABRT, quorate::sim::on_abort);
  return quorate::sim::run_jobs(arguments);
}
