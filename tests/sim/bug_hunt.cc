// The planted bugs, each of which has to be found.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/sim/program.h"

namespace quorate::sim {
namespace {

/// A process that runs seeds with one bug. It says which seed it is at, because an assertion of the
/// code under test ends it, and counts.
struct Hunt {
  std::string bug;
  int seeds_read = -1;  ///< The end of a pipe.
};

[[noreturn]] void run_seeds(const Simulation& simulation, const std::string& bug, int seeds_write) {
  std::signal(SIGABRT, SIG_DFL);
  static_cast<void>(std::freopen("/dev/null", "w", stderr) == nullptr);
  for (uint64_t seed = 1; seed <= simulation.bug_seeds_max; ++seed) {
    const bool is_written = write(seeds_write, &seed, sizeof seed) == sizeof seed;
    if (!is_written || !simulation.run({.seed = seed, .bug = bug}).violations.empty()) {
      std::_Exit(1);
    }
  }
  std::_Exit(0);
}

bool start(const Simulation& simulation, const std::string& bug, std::map<pid_t, Hunt>& hunts) {
  int ends[2];
  if (pipe(ends) != 0) {
    return false;
  }
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    run_seeds(simulation, bug, ends[1]);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return false;
  }
  hunts[child] = {.bug = bug, .seeds_read = ends[0]};
  return true;
}

/// Awaits the end of one; false if it has found nothing.
bool end_one(const Simulation& simulation, std::map<pid_t, Hunt>& hunts) {
  int status = 0;
  const pid_t child = wait(&status);
  const auto found = hunts.find(child);
  if (found == hunts.end()) {
    return child > 0;  // Not ours.
  }
  const Hunt hunt = found->second;
  hunts.erase(found);
  uint64_t seed = 0;
  while (read(hunt.seeds_read, &seed, sizeof seed) == sizeof seed) {
  }
  close(hunt.seeds_read);
  if (status == 0) {
    std::printf("%-24s NOT FOUND by %llu seeds\n", hunt.bug.c_str(),
                static_cast<unsigned long long>(simulation.bug_seeds_max));
    return false;
  }
  std::printf("%-24s found by seed %llu\n", hunt.bug.c_str(),
              static_cast<unsigned long long>(seed));
  return true;
}

}  // namespace

int find_all_bugs(const Simulation& simulation, size_t jobs) {
  std::map<pid_t, Hunt> hunts;
  bool succeeded = true;
  for (const std::string& bug : simulation.bugs) {
    while (hunts.size() >= jobs) {
      succeeded = end_one(simulation, hunts) && succeeded;
    }
    succeeded = start(simulation, bug, hunts) && succeeded;
  }
  while (!hunts.empty()) {
    succeeded = end_one(simulation, hunts) && succeeded;
  }
  return succeeded ? 0 : 1;
}

}  // namespace quorate::sim
