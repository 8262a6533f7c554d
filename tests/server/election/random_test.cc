// Seeded runs through faults: elections converge and stay safe, and planted bugs are found.
#include <gtest/gtest.h>

#include "tests/server/election/random_run.h"
#include "tests/server/planted_bugs.h"

namespace quorate::election::testing {
namespace {

constexpr uint64_t kSeeds = 500;
/// Each planted bug is found within so many seeds.
constexpr uint64_t kSeedsOfABug = 100;

TEST(ElectionRandom, ConvergesAndStaysSafe) {
  size_t decisions = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RandomRun run = run_random(seed);
    decisions += run.decisions;
    ASSERT_TRUE(run.violations.empty()) << "seed " << seed << ": " << run.violations.front() << "\n"
                                        << run.trace;
    ASSERT_TRUE(run.has_converged) << "seed " << seed << "\n" << run.trace;
  }
  // The runs did something: there are several elections in each.
  EXPECT_GT(decisions, kSeeds * 20);
}

TEST(ElectionRandom, SameSeedSameTrace) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(run_random(seed).trace, run_random(seed).trace) << "seed " << seed;
  }
}

class PlantedBugs : public ::testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedBugs, IsFound) {
  quorate::testing::expect_found(kSeedsOfABug,
                                 [](uint64_t seed) { return run_random(seed, GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugs,
                         ::testing::ValuesIn(quorate::testing::all_bugs<PlantedBug>()),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace quorate::election::testing
