// Mistakes that a planner could make, to see that the closed loop finds them.
#pragma once

#include <vector>

#include "tests/operator/plan/world.h"

namespace quorate::plan::testing {

struct PlantedBug {
  const char* name;
  SpoilInput spoil_input;
  SpoilPlan spoil_plan;
};

[[nodiscard]] const std::vector<PlantedBug>& planted_bugs();

}  // namespace quorate::plan::testing
