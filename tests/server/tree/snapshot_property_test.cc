// Snapshots written slice by slice while txns are applied are images of the moment they began at.
#include <gtest/gtest.h>

#include "server/tree/snapshot.h"
#include "tests/server/tree/model.h"
#include "tests/server/tree/random_txns.h"
#include "tests/server/tree/seeds.h"

namespace quorate::tree {
namespace {

TreeOptions options_of(uint32_t seed) {
  return {.digest_enabled = seed % 5 != 0, .extended_types_enabled = true, .hash_seed = seed};
}

/// A database that random txns change, with snapshots on the way.
class Scenario {
 public:
  Scenario(uint32_t seed, RandomTxnOptions txns)
      : options_(options_of(seed)), random_(seed), txns_(seed, txns), database_(options_) {}

  void apply(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_TRUE(database_.apply(txns_.next(), applied_));
      txns_.forget();
    }
  }

  /// The dump that a load of the present state gives: a load counts quota statistics afresh.
  std::string dump_as_loaded() {
    const std::string bytes = snapshot_at_once();
    return dump_of(bytes);
  }

  std::string snapshot_at_once() {
    std::string bytes;
    SnapshotWriter writer(database_);
    while (writer.next(bytes, 1 << 20)) {
    }
    return bytes;
  }

  /// Writes a snapshot with `txns_max` txns at most between two slices of `slice_bytes` at most.
  std::string snapshot_meanwhile(uint32_t txns_max, uint32_t slice_bytes) {
    std::string bytes;
    SnapshotWriter writer(database_);
    const Zxid zxid = writer.zxid();
    EXPECT_EQ(zxid, database_.last_zxid());
    bool more = true;
    while (more) {
      apply(random_() % (txns_max + 1));
      std::string slice;
      more = writer.next(slice, random_() % slice_bytes + 1);
      bytes += slice;
    }
    apply(random_() % (txns_max + 1));  // The finished writer is still attached.
    return bytes;
  }

  /// Begins a snapshot and gives it up.
  void abandon_snapshot() {
    SnapshotWriter writer(database_);
    std::string bytes;
    for (uint32_t i = random_() % 20; i > 0; --i) {
      apply(random_() % 4);
      if (!writer.next(bytes, random_() % 300)) {
        break;
      }
    }
  }

  std::string dump_of(const std::string& bytes) {
    auto loaded = load_snapshot(bytes, options_);
    EXPECT_TRUE(loaded) << loaded.error().message;
    if (!loaded) {
      return "";
    }
    EXPECT_TRUE(loaded->info.last_processed_zxid.has_value());
    EXPECT_EQ(loaded->info.digest_zxid.has_value(), options_.digest_enabled);
    EXPECT_FALSE(digest_contradicts(*loaded, *loaded->info.last_processed_zxid));
    loaded->database.set_last_zxid(*loaded->info.last_processed_zxid);
    return dump(loaded->database);
  }

  Database& database() { return database_; }

 private:
  TreeOptions options_;
  std::mt19937 random_;
  RandomTxns txns_;
  Database database_;
  Applied applied_;
};

void run(uint32_t seed, RandomTxnOptions txns, uint32_t warm_up, uint32_t txns_max,
         uint32_t slice_bytes) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Scenario scenario(seed, txns);
  scenario.apply(warm_up);
  for (int round = 0; round < 3; ++round) {
    for (uint32_t i = 0; i < seed % 4; ++i) {
      scenario.abandon_snapshot();
    }
    const std::string before = dump(scenario.database());
    const std::string at_start = scenario.dump_as_loaded();
    if (!txns.quotas) {
      ASSERT_EQ(at_start, before);
    }
    ASSERT_EQ(scenario.dump_of(scenario.snapshot_meanwhile(txns_max, slice_bytes)), at_start);
    EXPECT_FALSE(dump(scenario.database()).empty());  // Checks its counters and digests.
  }
}

TEST(SnapshotProperty, SmallWorld) {
  for (uint32_t seed = 0; seed < seed_count(1500) && !HasFailure(); ++seed) {
    run(seed, {.directories = 3, .leaves = 8}, 150, 6, 500);
  }
}

TEST(SnapshotProperty, LargeDirectories) {
  for (uint32_t seed = 0; seed < seed_count(500) && !HasFailure(); ++seed) {
    run(seed, {.directories = 1, .leaves = 200, .quotas = false}, 400, 20, 800);
  }
}

TEST(SnapshotProperty, DirectoriesThatGrowAndShrink) {
  for (uint32_t seed = 0; seed < seed_count(500) && !HasFailure(); ++seed) {
    run(seed, {.directories = 2, .leaves = 40, .quotas = false}, 20, 60, 300);
  }
}

TEST(SnapshotProperty, MeaninglessTxnsInBetweenDoNotMatter) {
  for (uint32_t seed = 0; seed < seed_count(300) && !HasFailure(); ++seed) {
    run(seed, {.quotas = true, .nested_quotas = false, .replays = false}, 200, 0, 64);
  }
}

/// Deletes everything while a snapshot runs, then makes other things in the freed slots.
TEST(SnapshotProperty, EverythingIsReplacedMeanwhile) {
  for (uint32_t seed = 0; seed < seed_count(200) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario scenario(seed, {.directories = 3, .leaves = 60, .quotas = false});
    scenario.apply(400);
    Database& database = scenario.database();
    const std::string before = scenario.dump_as_loaded();
    std::string bytes;
    SnapshotWriter writer(database);
    for (uint32_t i = 0; i < seed % 20; ++i) {
      ASSERT_TRUE(writer.next(bytes, 60));
    }
    Tree& tree = database.tree();
    for (const NodeId child : tree.children(tree.root())) {
      if (tree.name(child) != "zookeeper") {
        ASSERT_EQ(tree.remove(tree.path(child), Zxid{100000}).error, wire::ErrorCode::kOk);
      }
    }
    scenario.apply(400);
    while (writer.next(bytes, 300)) {
      scenario.apply(1);
    }
    ASSERT_EQ(scenario.dump_of(bytes), before);
  }
}

TEST(SnapshotProperty, SameTxnsSameBytes) {
  for (uint32_t seed = 0; seed < seed_count(100) && !HasFailure(); ++seed) {
    Scenario one(seed, {});
    Scenario other(seed, {});
    one.apply(300);
    other.apply(300);
    ASSERT_EQ(one.snapshot_at_once(), other.snapshot_at_once()) << "seed " << seed;
    ASSERT_EQ(one.snapshot_meanwhile(5, 400), other.snapshot_meanwhile(5, 400));
  }
}

}  // namespace
}  // namespace quorate::tree
