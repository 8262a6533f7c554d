// Random transactions applied to the tree and to the naive model, with equal outcomes.
#include <gtest/gtest.h>

#include "tests/server/tree/model.h"
#include "tests/server/tree/random_txns.h"
#include "tests/server/tree/seeds.h"

namespace quorate::tree {
namespace {

constexpr uint32_t kSeeds = 300;
constexpr int kTxns = 400;

void compare(const Database& database, const Model& model) {
  EXPECT_EQ(dump(database), model.dump());
  const Tree& tree = database.tree();
  for (const auto& [path, node] : model.nodes()) {
    EXPECT_EQ(tree.descendant_count(tree.find(path)), model.descendant_count(path)) << path;
  }
  for (int64_t session = 1; session < 5; ++session) {
    EXPECT_EQ(tree.ephemerals_of(SessionId{session}), model.ephemerals_of(session));
  }
}

void run(uint32_t seed, RandomTxnOptions options) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Database database{TreeOptions{.extended_types_enabled = true, .hash_seed = seed}};
  Model model;
  RandomTxns txns(seed, options);
  Applied applied;
  for (int i = 0; i < kTxns; ++i) {
    const wire::TxnRecord record = txns.next();
    ASSERT_TRUE(database.apply(record, applied));
    ASSERT_EQ(dump(with_values(database, applied)), dump(model.apply(record))) << "txn " << i;
    if (i % 100 == 99) {
      compare(database, model);
    }
    txns.forget();
    ASSERT_FALSE(testing::Test::HasFailure()) << "txn " << i;
  }
}

TEST(Differential, SmallWorld) {
  for (uint32_t seed = 0; seed < seed_count(kSeeds) && !HasFailure(); ++seed) {
    run(seed, {.directories = 4, .leaves = 6});
  }
}

TEST(Differential, LargeDirectories) {
  for (uint32_t seed = 0; seed < seed_count(kSeeds) && !HasFailure(); ++seed) {
    run(seed, {.directories = 1, .leaves = 120, .quotas = false});
  }
}

TEST(Differential, WithoutReplays) {
  for (uint32_t seed = 0; seed < seed_count(kSeeds) && !HasFailure(); ++seed) {
    run(seed, {.replays = false});
  }
}

}  // namespace
}  // namespace quorate::tree
