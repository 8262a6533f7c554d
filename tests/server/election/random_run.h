// A seeded run of an ensemble through faults, and what came of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/server/election/planted_bug.h"

namespace quorate::election::testing {

struct RandomRun {
  std::vector<std::string> violations;
  bool has_converged = false;  ///< Within the time that a healed network needs.
  size_t decisions = 0;
  std::string trace;
  [[nodiscard]] bool is_good() const { return violations.empty() && has_converged; }
};

/// 3 to 7 voters and up to 2 observers; 60 faults with time, messages and transactions between
/// them; then everything heals and the ensemble must converge.
[[nodiscard]] RandomRun run_random(uint64_t seed, PlantedBug bug = PlantedBug::kNone);

}  // namespace quorate::election::testing
