// Arguments, processes and totals.
#include "tests/sim/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include <CLI/CLI.hpp>

#include "server/base/assert.h"

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

void print_replay(const Simulation& simulation, uint64_t seed, const Arguments& arguments) {
  std::snprintf(current, sizeof current,
                "seed %llu failed; to see what happened:\n  build/release/bin/%s --seed %llu%s%s "
                "--trace\n",
                static_cast<unsigned long long>(seed), simulation.program.c_str(),
                static_cast<unsigned long long>(seed), arguments.bug.empty() ? "" : " --bug ",
                arguments.bug.c_str());
}

/// Goes through a pipe as it is.
struct Totals {
  uint64_t seeds = 0;
  uint64_t failed = 0;
  std::array<uint64_t, Simulation::kCountsMax> counts{};
};

template <typename Counts>
std::string text_of(const Simulation& simulation, const Counts& counts) {
  std::string text;
  for (size_t index = 0; index < simulation.counted.size(); ++index) {
    text += ", " + std::to_string(counts[index]) + " " + simulation.counted[index];
  }
  return text;
}

void print(const Simulation& simulation, uint64_t seed, const SeedReport& report) {
  std::printf("seed %llu: %s%s, %.1f s of virtual time, trace %016llx\n",
              static_cast<unsigned long long>(seed), report.violations.empty() ? "good" : "FAILED",
              text_of(simulation, report.counts).c_str(), report.virtual_seconds,
              static_cast<unsigned long long>(report.trace_hash));
}

Totals run_share(const Simulation& simulation, const Arguments& arguments, size_t job) {
  const auto start = std::chrono::steady_clock::now();
  const auto is_time_left = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    return passed.count() < arguments.minutes * 60;
  };
  Totals totals;
  for (uint64_t seed = arguments.seed + job;
       seed < arguments.seed + arguments.seeds || (arguments.minutes > 0 && is_time_left());
       seed += arguments.jobs) {
    print_replay(simulation, seed, arguments);
    const SeedReport report = simulation.run({.seed = seed,
                                              .bug = arguments.bug,
                                              .has_faults = !arguments.has_no_faults,
                                              .prints = arguments.prints});
    QR_ASSERT(report.counts.size() == simulation.counted.size());
    ++totals.seeds;
    for (size_t index = 0; index < report.counts.size(); ++index) {
      totals.counts[index] += report.counts[index];
    }
    if (arguments.has_seed || arguments.prints) {
      print(simulation, seed, report);
    }
    if (!report.violations.empty()) {
      ++totals.failed;
      for (size_t index = 0; index < std::min(report.violations.size(), kShownMax); ++index) {
        std::fprintf(stderr, "%s\n", report.violations[index].c_str());
      }
      std::fprintf(stderr, "%s", current);
    }
  }
  return totals;
}

/// Shares the seeds among processes; each says through a pipe what it has done.
int run_jobs(const Simulation& simulation, const Arguments& arguments) {
  int ends[2];
  if (pipe(ends) != 0) {
    return 2;
  }
  std::fflush(stdout);
  for (size_t job = 0; job < arguments.jobs; ++job) {
    if (fork() == 0) {
      const Totals totals = run_share(simulation, arguments, job);
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
    for (size_t index = 0; index < sum.counts.size(); ++index) {
      sum.counts[index] += each.counts[index];
    }
  }
  std::printf("%s: %llu seeds, %llu failed%s\n", simulation.program.c_str(),
              static_cast<unsigned long long>(sum.seeds),
              static_cast<unsigned long long>(sum.failed), text_of(simulation, sum.counts).c_str());
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

int run_program(const Simulation& simulation, int argc, char** argv) {
  QR_ASSERT(simulation.counted.size() <= Simulation::kCountsMax);
  Arguments arguments;
  CLI::App app(simulation.about);
  CLI::Option* const seed = app.add_option("--seed", arguments.seed, "The only one, or the first");
  app.add_option("--seeds", arguments.seeds, "How many");
  app.add_option("--minutes", arguments.minutes, "As many as fit, and --seeds at least");
  app.add_option("--jobs", arguments.jobs, "Processes that share the seeds")
      ->check(CLI::PositiveNumber);
  app.add_flag("--trace", arguments.prints, "Print what happens");
  app.add_flag("--no-faults", arguments.has_no_faults, "Nothing breaks");
  app.add_option("--bug", arguments.bug, "Plant a bug")->check(CLI::IsMember(simulation.bugs));
  app.add_flag("--all-bugs", arguments.has_all_bugs, "Plant each bug in turn: each must be found");
  app.add_flag("--twice", arguments.is_twice, "Each seed twice: the traces must be the same");
  CLI11_PARSE(app, argc, argv);
  arguments.has_seed = seed->count() > 0 && arguments.seeds == 0 && arguments.minutes == 0;
  if (arguments.seeds == 0 && arguments.minutes == 0) {
    arguments.seeds = 1;
  }
  if (arguments.has_all_bugs) {
    return find_all_bugs(simulation, arguments.jobs);
  }
  if (arguments.is_twice) {
    return run_twice(arguments);
  }
  std::signal(SIGABRT, on_abort);
  return run_jobs(simulation, arguments);
}

}  // namespace quorate::sim
