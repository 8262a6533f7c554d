// The program around a simulation: seeds, processes that share them, planted bugs, replays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quorate::sim {

struct SeedOptions {
  uint64_t seed = 1;
  std::string bug;  ///< One of Simulation::bugs, or empty.
  bool has_faults = true;
  bool prints = false;  ///< What happens, as it does.
};

struct SeedReport {
  std::vector<std::string> violations;
  std::vector<uint64_t> counts;  ///< Of what Simulation::counted names.
  double virtual_seconds = 0;
  uint64_t trace_hash = 0;
};

struct Simulation {
  std::string program;  ///< The binary, for the command that runs a seed again.
  std::string about;
  std::vector<std::string> counted;  ///< At most kCountsMax.
  std::vector<std::string> bugs;
  uint64_t bug_seeds_max = 40;  ///< Each has to be found among so many seeds.
  std::function<SeedReport(const SeedOptions&)> run;

  static constexpr size_t kCountsMax = 8;
};

/// The names of the bugs of an enumeration that goes from kNone to kCount and has name_of().
template <typename Bug>
[[nodiscard]] std::vector<std::string> bug_names() {
  std::vector<std::string> names;
  for (size_t index = 1; index < static_cast<size_t>(Bug::kCount); ++index) {
    names.emplace_back(name_of(static_cast<Bug>(index)));
  }
  return names;
}

/// The whole of main(): parses the arguments, runs what they ask for, and prints a line of totals.
/// Returns the status to exit with: 0 if nothing was violated and every planted bug was found.
[[nodiscard]] int run_program(const Simulation& simulation, int argc, char** argv);

/// Plants each bug in turn and runs seeds until one finds it, in so many processes at once; prints
/// which did. Returns the status to exit with.
[[nodiscard]] int find_all_bugs(const Simulation& simulation, size_t jobs);

}  // namespace quorate::sim
