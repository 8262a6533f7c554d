// Planted bugs: an enum of them, all but the first of which a seeded run has to find.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::testing {

/// Every value of `Bug` between the first, which is none, and kCount.
template <typename Bug>
std::vector<Bug> all_bugs() {
  std::vector<Bug> bugs;
  for (size_t index = 1; index < static_cast<size_t>(Bug::kCount); ++index) {
    bugs.push_back(static_cast<Bug>(index));
  }
  return bugs;
}

/// Fails the test unless run(seed) is not good for one of the seeds from 1 to `seeds`.
template <typename Run>
void expect_found(uint64_t seeds, Run run) {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    if (!run(seed).is_good()) {
      ::testing::Test::RecordProperty("seeds", static_cast<int>(seed));
      return;
    }
  }
  FAIL() << "not found within " << seeds << " seeds";
}

}  // namespace quorate::testing
