// Recovery of the whole state: snapshots and logs, fallbacks, refusals, empty directories, epochs.
#include "server/storage/recover.h"

#include <gtest/gtest.h>

#include "server/storage/log_format.h"
#include "server/storage/snapshot_reader.h"
#include "server/tree/snapshot.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

class RecoverTest : public testing::Test {
 protected:
  RecoverTest() {
    (void)disk_.make_directories("/d");
    (void)disk_.make_directories("/d/version-2");
  }

  Recovered must_recover(const RecoverOptions& options = {}) {
    Result<Recovered> recovered = recover(disk_, kDirectories, options);
    if (!recovered) {
      ADD_FAILURE() << recovered.error().message;
      return {.database = tree::Database(options.tree)};
    }
    return std::move(*recovered);
  }

  std::string must_refuse(const RecoverOptions& options = {}) {
    Result<Recovered> recovered = recover(disk_, kDirectories, options);
    if (recovered) {
      ADD_FAILURE() << "recovered to " << recovered->last_zxid.value;
      return "";
    }
    EXPECT_EQ(recovered.error().kind, ErrorKind::kCorrupt);
    return recovered.error().message;
  }

  /// Runs the server's life: recovery, then creation of /a<first> .. /a<last>, one sync each.
  void live(int64_t first, int64_t last, bool snapshot) {
    Recovered recovered = must_recover();
    ASSERT_TRUE(settle(disk_, kDirectories, recovered).ok());
    Result<LogWriter> writer =
        LogWriter::open(disk_, kDirectories.logs, recovered.tail, {.preallocate_bytes = 16 << 10});
    ASSERT_TRUE(writer.ok());
    tree::Applied applied;
    for (int64_t zxid = first; zxid <= last; ++zxid) {
      const std::string bytes = create_txn(Zxid{zxid}, "/a" + std::to_string(zxid), 40);
      writer->append(Zxid{zxid}, bytes);
      ASSERT_TRUE(writer->sync().ok());
      applied.clear();
      ASSERT_TRUE(recovered.database.apply(*wire::decode_txn(bytes), applied));
    }
    if (snapshot) {
      ASSERT_TRUE(writer->roll().ok());
      ASSERT_TRUE(
          write_snapshot(disk_, kDirectories.snapshots, recovered.database, Compression::kNone)
              .ok());
    }
  }

  void expect_nodes(Recovered& recovered, int64_t last) {
    EXPECT_EQ(recovered.last_zxid.value, last);
    EXPECT_EQ(recovered.database.last_zxid().value, last);
    for (int64_t zxid = 1; zxid <= last; ++zxid) {
      EXPECT_TRUE(recovered.database.tree().find("/a" + std::to_string(zxid))) << zxid;
    }
    EXPECT_FALSE(recovered.database.tree().find("/a" + std::to_string(last + 1)));
  }

  void flip(const std::string& name, size_t at) {
    std::string bytes = disk_.content("/d/version-2/" + name);
    bytes.at(at) ^= 1;
    disk_.set_content("/d/version-2/" + name, bytes);
  }

  FakeDisk disk_;
};

TEST_F(RecoverTest, AnEmptyDirectoryIsAFreshDatabaseAndGetsASnapshotFirst) {
  Recovered recovered = must_recover();
  EXPECT_TRUE(recovered.fresh);
  EXPECT_TRUE(recovered.trusted);
  EXPECT_EQ(recovered.last_zxid.value, 0);
  EXPECT_FALSE(disk_.exists("/d/version-2/snapshot.0"));
  ASSERT_TRUE(settle(disk_, kDirectories, recovered).ok());
  EXPECT_TRUE(disk_.exists("/d/version-2/snapshot.0"));
  EXPECT_FALSE(must_recover().fresh);
}

TEST_F(RecoverTest, WithoutAutocreateAnEmptyDirectoryIsNotTrusted) {
  RecoverOptions options;
  options.db_autocreate = false;
  Recovered recovered = must_recover(options);
  EXPECT_TRUE(recovered.fresh);
  EXPECT_FALSE(recovered.trusted);
  ASSERT_TRUE(settle(disk_, kDirectories, recovered).ok());
  EXPECT_FALSE(disk_.exists("/d/version-2/snapshot.0"));
}

TEST_F(RecoverTest, TheInitializeFileIsConsumedOnceTheSnapshotIsThere) {
  disk_.set_content("/d/initialize", "");
  RecoverOptions options;
  options.db_autocreate = false;
  Recovered recovered = must_recover(options);
  EXPECT_TRUE(recovered.trusted);
  EXPECT_TRUE(disk_.exists("/d/initialize"));
  ASSERT_TRUE(settle(disk_, kDirectories, recovered).ok());
  EXPECT_FALSE(disk_.exists("/d/initialize"));
  EXPECT_TRUE(disk_.exists("/d/version-2/snapshot.0"));
  EXPECT_FALSE(must_recover(options).fresh);
}

TEST_F(RecoverTest, ReplaysTheLogOverTheSnapshot) {
  live(1, 10, true);
  live(11, 15, false);
  Recovered recovered = must_recover();
  expect_nodes(recovered, 15);
  EXPECT_EQ(recovered.snapshot_zxid.value, 10);
  EXPECT_EQ(recovered.statistics.snapshot, "snapshot.a");
  EXPECT_EQ(recovered.statistics.txns, 5);
  ASSERT_EQ(recovered.recent_txns.size(), 5u);
  EXPECT_EQ(recovered.recent_txns.front(), create_txn(Zxid{11}, "/a11", 40));
  EXPECT_EQ(recovered.recent_txns.back(), create_txn(Zxid{15}, "/a15", 40));
  EXPECT_TRUE(recovered.warnings.empty());
}

TEST_F(RecoverTest, KeepsTheLastTxnsOnly) {
  live(1, 20, false);
  RecoverOptions options;
  options.recent_txns_max = 3;
  const Recovered recovered = must_recover(options);
  ASSERT_EQ(recovered.recent_txns.size(), 3u);
  EXPECT_EQ(recovered.recent_txns[0], create_txn(Zxid{18}, "/a18", 40));
  EXPECT_EQ(recovered.recent_txns[2], create_txn(Zxid{20}, "/a20", 40));
}

TEST_F(RecoverTest, RestartsManyTimes) {
  for (int64_t life = 0; life < 20; ++life) {
    live(life * 3 + 1, life * 3 + 3, life % 4 == 3);
    Recovered recovered = must_recover();
    expect_nodes(recovered, life * 3 + 3);
  }
}

TEST_F(RecoverTest, FallsBackToAnOlderSnapshotIfTheLogsReach) {
  live(1, 10, true);
  live(11, 20, true);
  live(21, 22, false);
  flip("snapshot.14", 100);
  Recovered recovered = must_recover();
  expect_nodes(recovered, 22);
  EXPECT_EQ(recovered.snapshot_zxid.value, 10);
  EXPECT_EQ(recovered.statistics.snapshots_refused, 1);
  EXPECT_EQ(recovered.warnings.size(), 1u);
}

TEST_F(RecoverTest, RefusesAnOlderSnapshotIfTheLogsDoNotReach) {
  live(1, 10, true);
  live(11, 20, true);
  flip("snapshot.14", 100);
  ASSERT_TRUE(disk_.unlink("/d/version-2/log.b").ok());
  const std::string message = must_refuse();
  EXPECT_NE(message.find("0x14"), std::string::npos) << message;
  EXPECT_NE(message.find("restore"), std::string::npos) << message;
}

TEST_F(RecoverTest, RefusesAGapBetweenTheOlderSnapshotAndTheLogs) {
  live(1, 10, true);
  live(11, 20, true);
  live(21, 22, false);
  flip("snapshot.14", 100);
  ASSERT_TRUE(disk_.unlink("/d/version-2/log.b").ok());
  EXPECT_NE(must_refuse().find("are missing"), std::string::npos);
}

TEST_F(RecoverTest, RefusesAGapThatTheBorderOfEpochsHides) {
  live(1, 10, true);
  live(11, 20, true);
  constexpr int64_t kEpoch = int64_t{1} << 32;
  live(kEpoch + 1, kEpoch + 2, false);
  flip("snapshot.14", 100);
  // As when the leader had sent the snapshot: logs begin behind it.
  ASSERT_TRUE(disk_.unlink("/d/version-2/log.b").ok());
  const std::string message = must_refuse();
  EXPECT_NE(message.find("do not have it"), std::string::npos) << message;
}

TEST_F(RecoverTest, PassesOverAHalfWrittenSnapshot) {
  live(1, 10, true);
  live(11, 14, false);
  const std::string whole = disk_.content("/d/version-2/snapshot.a");
  disk_.set_content("/d/version-2/snapshot.e", whole.substr(0, whole.size() - 30));
  disk_.set_content("/d/version-2/snapshot.d", "");
  Recovered recovered = must_recover();
  expect_nodes(recovered, 14);
  EXPECT_EQ(recovered.statistics.snapshots_refused, 2);
}

TEST_F(RecoverTest, EveryTruncationAndEveryBitFlipOfTheOnlySnapshotIsRefused) {
  live(1, 3, true);
  ASSERT_TRUE(disk_.unlink("/d/version-2/snapshot.0").ok());
  const std::string whole = disk_.content("/d/version-2/snapshot.3");
  int older_formats = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    disk_.set_content("/d/version-2/snapshot.3", whole.substr(0, size));
    Result<Recovered> recovered = recover(disk_, kDirectories, {});
    if (recovered) {
      // Without its last sections it is a whole snapshot of an older release.
      ++older_formats;
      expect_nodes(*recovered, 3);
    }
  }
  EXPECT_EQ(older_formats, 2);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] ^= 0x10;
    disk_.set_content("/d/version-2/snapshot.3", damaged);
    ASSERT_FALSE(recover(disk_, kDirectories, {}).ok()) << at << " of " << whole.size();
  }
}

TEST_F(RecoverTest, ReadsPackedSnapshots) {
  live(1, 50, true);
  Recovered recovered = must_recover();
  ASSERT_TRUE(disk_.unlink("/d/version-2/snapshot.32").ok());
  ASSERT_TRUE(
      write_snapshot(disk_, kDirectories.snapshots, recovered.database, Compression::kGzip).ok());
  Recovered again = must_recover();
  expect_nodes(again, 50);
  EXPECT_EQ(again.statistics.snapshot, "snapshot.32.gz");
  flip("snapshot.32.gz", disk_.content("/d/version-2/snapshot.32.gz").size() / 2);
  Recovered fallback = must_recover();
  expect_nodes(fallback, 50);
  EXPECT_EQ(fallback.statistics.snapshot, "snapshot.0");
}

TEST_F(RecoverTest, LogsWithoutSnapshotNeedTrust) {
  live(1, 5, false);
  ASSERT_TRUE(disk_.unlink("/d/version-2/snapshot.0").ok());
  EXPECT_NE(must_refuse().find("zookeeper.snapshot.trust.empty=true"), std::string::npos);
  RecoverOptions options;
  options.trust_empty_snapshot = true;
  Recovered recovered = must_recover(options);
  expect_nodes(recovered, 5);
  EXPECT_FALSE(recovered.fresh);
  // The next start must not need trust again.
  ASSERT_TRUE(settle(disk_, kDirectories, recovered).ok());
  Recovered again = must_recover();
  expect_nodes(again, 5);
}

TEST_F(RecoverTest, RefusesTransactionsThatDoNotFitTheSnapshot) {
  live(1, 5, true);
  live(6, 7, false);
  // A log of another history: a node that exists already is created again.
  std::string file;
  append_log_header(file);
  append_log_entry(file, create_txn(Zxid{6}, "/b", 1));
  append_log_entry(file, create_txn(Zxid{7}, "/c", 1));
  append_log_entry(file, create_txn(Zxid{8}, "/a2", 1));
  disk_.set_content("/d/version-2/log.6", file);
  const std::string message = must_refuse();
  EXPECT_NE(message.find("0x8"), std::string::npos) << message;
  EXPECT_NE(message.find("/log.6 at offset"), std::string::npos) << message;
}

TEST_F(RecoverTest, DropsEphemeralsWithoutSession) {
  live(1, 2, false);
  std::string file;
  append_log_header(file);
  append_log_entry(file, create_session_txn(Zxid{3}, SessionId{77}));
  append_log_entry(file, create_ephemeral_txn(Zxid{4}, "/mine", SessionId{77}));
  append_log_entry(file, create_ephemeral_txn(Zxid{5}, "/orphan", SessionId{78}));
  disk_.set_content("/d/version-2/log.3", file);
  Recovered recovered = must_recover();
  EXPECT_TRUE(recovered.database.tree().find("/mine"));
  EXPECT_FALSE(recovered.database.tree().find("/orphan"));
  EXPECT_EQ(recovered.statistics.orphaned_ephemerals, 1);
  EXPECT_EQ(recovered.database.session_timeout_ms(SessionId{77}), 30000);
}

TEST_F(RecoverTest, StaleEpochFilesDoNotStopAStandaloneServer) {
  live(1, 3, false);
  disk_.set_content("/d/version-2/currentEpoch", "7");
  disk_.set_content("/d/version-2/acceptedEpoch", "5");
  const Recovered recovered = must_recover();
  EXPECT_EQ(recovered.warnings.size(), 1u);
  RecoverOptions options;
  options.enforce_epochs = true;
  EXPECT_NE(must_refuse(options).find("acceptedEpoch"), std::string::npos);
}

TEST_F(RecoverTest, ReadsOnly) {
  live(1, 10, true);
  live(11, 15, false);
  std::string log = disk_.content("/d/version-2/log.b");
  log[16 + 20] ^= 0;
  const int64_t before = disk_.operations();
  (void)must_recover();
  EXPECT_EQ(disk_.operations(), before);
}

TEST(EpochsTest, FollowsTheRulesOfApache) {
  struct Case {
    const char* current;
    const char* accepted;
    const char* temporary;
    int64_t log_epoch;
    std::optional<Epochs> expected;
  };
  const std::vector<Case> cases = {
      {nullptr, nullptr, nullptr, 0, Epochs{0, 0}},
      {nullptr, nullptr, nullptr, 4, Epochs{4, 4}},
      {"4", "4", nullptr, 4, Epochs{4, 4}},
      {"4", "6", nullptr, 3, Epochs{6, 4}},
      {"4\n", "6\n", nullptr, 3, Epochs{6, 4}},
      {"3", "4", nullptr, 4, Epochs{4, 3}},
      {"3", nullptr, nullptr, 4, std::nullopt},
      {"3", "4", "4", 4, Epochs{4, 4}},
      {"3", "3", "4", 4, std::nullopt},
      {"5", "4", nullptr, 4, std::nullopt},
      {"5", nullptr, nullptr, 4, Epochs{5, 5}},
      {nullptr, "9", nullptr, 4, Epochs{9, 4}},
      {"", "4", nullptr, 4, std::nullopt},
      {"x", "4", nullptr, 4, std::nullopt},
      {"-1", "4", nullptr, 4, std::nullopt},
      {"99999999999999999999", "4", nullptr, 4, std::nullopt},
  };
  for (const Case& test : cases) {
    FakeDisk disk;
    (void)disk.make_directories("/d/version-2");
    for (const auto& [name, content] :
         {std::pair{"currentEpoch", test.current}, std::pair{"acceptedEpoch", test.accepted},
          std::pair{"currentEpoch.tmp", test.temporary}}) {
      if (content != nullptr) {
        disk.set_content(std::string("/d/version-2/") + name, content);
      }
    }
    const Result<Epochs> epochs = read_epochs(disk, "/d/version-2", Zxid{test.log_epoch << 32});
    EXPECT_EQ(epochs.ok(), test.expected.has_value());
    if (epochs && test.expected) {
      EXPECT_EQ(*epochs, *test.expected);
    }
  }
}

}  // namespace
}  // namespace quorate::storage
