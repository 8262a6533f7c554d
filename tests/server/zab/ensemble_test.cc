// Seeded ensembles: histories become one through crashes and elections, and planted bugs are found.
#include <gtest/gtest.h>

#include "tests/server/planted_bugs.h"
#include "tests/server/zab/ensemble.h"

namespace quorate::zab::testing {
namespace {

constexpr uint64_t kSeeds = 500;
/// Each planted bug is found within so many seeds.
constexpr uint64_t kSeedsOfABug = 10000;

TEST(ZabEnsemble, HistoriesBecomeOne) {
  RunResult sum;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult run = run_ensemble(seed);
    ASSERT_TRUE(run.violations.empty()) << "seed " << seed << ": " << run.violations.front() << "\n"
                                        << run.trace;
    ASSERT_TRUE(run.has_converged) << "seed " << seed << "\n" << run.trace;
    sum.committed += run.committed;
    sum.reigns += run.reigns;
    sum.truncations += run.truncations;
    sum.snapshots += run.snapshots;
    sum.log_reads += run.log_reads;
    sum.full_links += run.full_links;
  }
  // The runs did what they are there for.
  EXPECT_GT(sum.committed, kSeeds * 50);
  EXPECT_GT(sum.reigns, kSeeds * 5);
  EXPECT_GT(sum.truncations, kSeeds / 5);
  EXPECT_GT(sum.snapshots, kSeeds);
  EXPECT_GT(sum.log_reads, kSeeds);
  EXPECT_GT(sum.full_links, kSeeds);
}

TEST(ZabEnsemble, SameSeedSameTrace) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(run_ensemble(seed).trace, run_ensemble(seed).trace) << "seed " << seed;
  }
}

class ZabPlantedBugs : public ::testing::TestWithParam<PlantedBug> {};

TEST_P(ZabPlantedBugs, IsFound) {
  quorate::testing::expect_found(kSeedsOfABug,
                                 [](uint64_t seed) { return run_ensemble(seed, GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(All, ZabPlantedBugs,
                         ::testing::ValuesIn(quorate::testing::all_bugs<PlantedBug>()),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace quorate::zab::testing
