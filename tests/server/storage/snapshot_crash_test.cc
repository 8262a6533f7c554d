// Every crash point of what is replaced or removed whole: snapshots, epochs, purging, first start.
#include <gtest/gtest.h>

#include <algorithm>

#include "server/storage/purge.h"
#include "server/storage/recover.h"
#include "server/storage/snapshot_file.h"
#include "server/storage/snapshot_reader.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

constexpr int kBitsMax = 10;

std::unique_ptr<FakeDisk> empty_disk() {
  auto disk = std::make_unique<FakeDisk>();
  (void)disk->make_directories("/d");
  (void)disk->make_directories("/d/version-2");
  return disk;
}

/// Nodes /a1 .. /a<last>, as a log would have made them.
tree::Database database_of(int64_t last) {
  tree::Database database{tree::TreeOptions{}};
  tree::Applied applied;
  for (int64_t zxid = 1; zxid <= last; ++zxid) {
    const std::string bytes = create_txn(Zxid{zxid}, "/a" + std::to_string(zxid), 400);
    applied.clear();
    EXPECT_TRUE(database.apply(*wire::decode_txn(bytes), applied));
  }
  return database;
}

/// Adds txns first..last to the log and takes a snapshot; what a server does between two purges.
/// False after the first error.
bool live(FakeDisk& disk, int64_t first, int64_t last, int64_t& acknowledged) {
  Result<Recovered> recovered = recover(disk, kDirectories, {});
  if (!recovered || !settle(disk, kDirectories, *recovered).ok()) {
    return false;
  }
  Result<LogWriter> writer =
      LogWriter::open(disk, kDirectories.logs, recovered->tail, {.preallocate_bytes = 16 << 10});
  if (!writer) {
    return false;
  }
  tree::Applied applied;
  for (int64_t zxid = first; zxid <= last; ++zxid) {
    const std::string bytes = create_txn(Zxid{zxid}, "/a" + std::to_string(zxid), 40);
    writer->append(Zxid{zxid}, bytes);
    if (!writer->sync().ok()) {
      return false;
    }
    acknowledged = zxid;
    applied.clear();
    EXPECT_TRUE(recovered->database.apply(*wire::decode_txn(bytes), applied));
  }
  return writer->roll().ok() &&
         write_snapshot(disk, kDirectories.snapshots, recovered->database, Compression::kNone).ok();
}

std::string examine(FakeDisk& disk, int64_t acknowledged, int64_t appended) {
  Result<Recovered> recovered = recover(disk, kDirectories, {});
  if (!recovered) {
    return recovered.error().message;
  }
  const int64_t last = recovered->last_zxid.value;
  if (last < acknowledged || last > appended) {
    return "recovered up to " + std::to_string(last) + ", acknowledged " +
           std::to_string(acknowledged);
  }
  for (int64_t zxid = 1; zxid <= last; ++zxid) {
    if (!recovered->database.tree().find("/a" + std::to_string(zxid))) {
      return "node of txn " + std::to_string(zxid) + " is missing";
    }
  }
  return "";
}

TEST(SnapshotCrashTest, ASnapshotAppearsWholeOrNotAtAll) {
  for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
    for (int64_t at = 0;; ++at) {
      const auto disk = empty_disk();
      tree::Database database = database_of(8);
      disk->inject(Fault::kPowerCut, at);
      const bool committed =
          write_snapshot(*disk, kDirectories.snapshots, database, compression).ok();
      disk->for_each_power_cut(kBitsMax, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
        const Result<std::vector<SnapshotName>> names = list_snapshots(cut, "/d/version-2");
        EXPECT_TRUE(!committed || names->size() == 1) << "operation " << at;
        for (const SnapshotName& name : *names) {
          EXPECT_EQ(name.zxid.value, 8);
          EXPECT_TRUE(load_snapshot_file(cut, "/d/version-2", name, {}).ok()) << "operation " << at;
        }
        return !testing::Test::HasFailure();
      });
      if (committed || testing::Test::HasFailure()) {
        EXPECT_GE(at, 5);
        break;
      }
    }
  }
}

TEST(SnapshotCrashTest, ALargeSnapshotAppearsWholeOrNotAtAll) {
  // Large enough for reservation ahead and writeback in steps.
  std::string content(700 << 10, '\0');
  for (size_t index = 0; index < content.size(); ++index) {
    content[index] = static_cast<char>(1 + index % 251);
  }
  for (int64_t at = 0;; ++at) {
    const auto disk = empty_disk();
    disk->inject(Fault::kPowerCut, at);
    bool committed = false;
    {
      Result<SnapshotFile> file =
          SnapshotFile::begin(*disk, "/d/version-2", Zxid{8}, Compression::kNone);
      committed = file && file->append(content) && file->commit();
    }
    disk->for_each_power_cut(4, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      const bool appeared = cut.exists("/d/version-2/snapshot.8");
      EXPECT_TRUE(appeared || !committed) << "operation " << at;
      if (appeared) {
        EXPECT_TRUE(cut.content("/d/version-2/snapshot.8") == content) << "operation " << at;
      }
      return !testing::Test::HasFailure();
    });
    if (committed || testing::Test::HasFailure()) {
      EXPECT_GE(at, 7);
      break;
    }
  }
}

TEST(SnapshotCrashTest, AFailedSnapshotLeavesNoFileAndNoHarm) {
  for (const Fault fault : {Fault::kIoError, Fault::kNoSpace}) {
    for (int64_t at = 0; at < 12; ++at) {
      const auto disk = empty_disk();
      tree::Database database = database_of(8);
      disk->inject(fault, at);
      const Result<int64_t> written =
          write_snapshot(*disk, kDirectories.snapshots, database, Compression::kNone);
      const Result<std::vector<std::string>> names = disk->list("/d/version-2");
      if (written) {
        EXPECT_EQ(*names, std::vector<std::string>{"snapshot.8"});
      } else if (names->size() == 1) {
        // Renamed, but the directory could not be synced.
        EXPECT_EQ(names->front(), "snapshot.8");
      } else {
        EXPECT_TRUE(names->empty());
      }
      // The same snapshot can be taken again.
      const auto healed = disk->after_kill();
      EXPECT_TRUE(
          write_snapshot(*healed, kDirectories.snapshots, database, Compression::kNone).ok());
    }
  }
}

TEST(SnapshotCrashTest, AnAbandonedSnapshotIsRemoved) {
  const auto disk = empty_disk();
  {
    Result<SnapshotFile> file =
        SnapshotFile::begin(*disk, "/d/version-2", Zxid{5}, Compression::kNone);
    ASSERT_TRUE(file->append("some bytes").ok());
    EXPECT_EQ(disk->list("/d/version-2")->size(), 1u);
  }
  EXPECT_TRUE(disk->list("/d/version-2")->empty());
}

TEST(SnapshotCrashTest, ServersLifeWithSnapshotsAndPurges) {
  constexpr int64_t kPerLife = 4;
  constexpr int64_t kLives = 5;
  const auto run = [](FakeDisk& disk, int64_t& acknowledged) {
    for (int64_t life = 0; life < kLives; ++life) {
      if (!live(disk, life * kPerLife + 1, (life + 1) * kPerLife, acknowledged) ||
          !purge(disk, kDirectories, 3).ok()) {
        return;
      }
    }
  };
  const auto healthy = empty_disk();
  int64_t all = 0;
  run(*healthy, all);
  ASSERT_EQ(all, kPerLife * kLives);
  EXPECT_FALSE(healthy->exists("/d/version-2/snapshot.0"));
  EXPECT_FALSE(healthy->exists("/d/version-2/log.1"));
  int64_t disks = 0;
  for (int64_t at = 0; at <= healthy->operations(); ++at) {
    const auto disk = empty_disk();
    disk->inject(Fault::kPowerCut, at);
    int64_t acknowledged = 0;
    run(*disk, acknowledged);
    disk->for_each_power_cut(6, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      ++disks;
      // Txn acknowledged + 1 may have been on its way.
      std::string problem = examine(cut, acknowledged, acknowledged + 1);
      EXPECT_EQ(problem, "") << "operation " << at;
      if (problem.empty()) {
        // And life goes on.
        const int64_t next = recover(cut, kDirectories, {})->last_zxid.value + 1;
        int64_t more = next - 1;
        EXPECT_TRUE(live(cut, next, next + 2, more)) << "operation " << at;
        problem = examine(cut, next + 2, next + 2);
        EXPECT_EQ(problem, "") << "operation " << at;
      }
      return problem.empty() && !testing::Test::HasFailure();
    });
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(disks, 500);
}

TEST(SnapshotCrashTest, FirstStartWithInitializeFile) {
  RecoverOptions options;
  options.db_autocreate = false;
  for (int64_t at = 0;; ++at) {
    const auto disk = empty_disk();
    disk->set_content("/d/initialize", "");
    disk->inject(Fault::kPowerCut, at);
    Result<Recovered> recovered = recover(*disk, kDirectories, options);
    const bool settled = settle(*disk, kDirectories, *recovered).ok();
    disk->for_each_power_cut(kBitsMax, 1, [&](FakeDisk& cut) {
      Result<Recovered> again = recover(cut, kDirectories, options);
      EXPECT_TRUE(again.ok() && again->trusted) << "operation " << at;
      return true;
    });
    if (settled) {
      EXPECT_GE(at, 5);
      break;
    }
  }
}

TEST(SnapshotCrashTest, AnEpochFileIsTheOldOrTheNewOne) {
  for (int64_t at = 0;; ++at) {
    const auto disk = empty_disk();
    disk->set_content("/d/version-2/currentEpoch", "3");
    disk->set_content("/d/version-2/acceptedEpoch", "3");
    disk->inject(Fault::kPowerCut, at);
    int64_t accepted = 3;
    int64_t current = 3;
    for (int64_t epoch = 4; epoch < 7; ++epoch) {
      if (!write_accepted_epoch(*disk, "/d/version-2", epoch).ok()) {
        break;
      }
      accepted = epoch;
      if (!write_current_epoch(*disk, "/d/version-2", epoch).ok()) {
        break;
      }
      current = epoch;
    }
    disk->for_each_power_cut(kBitsMax, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      const Result<Epochs> epochs = read_epochs(cut, "/d/version-2", Zxid{});
      EXPECT_TRUE(epochs.ok()) << "operation " << at;
      if (epochs) {
        EXPECT_TRUE(epochs->accepted == accepted || epochs->accepted == accepted + 1);
        EXPECT_TRUE(epochs->current == current || epochs->current == current + 1);
      }
      return !testing::Test::HasFailure();
    });
    if (current == 6 || testing::Test::HasFailure()) {
      EXPECT_GE(at, 20);
      break;
    }
  }
}

}  // namespace
}  // namespace quorate::storage
