// Names, mixed-up directories, locks, purging, disk space.
#include <gtest/gtest.h>

#include "server/storage/directories.h"
#include "server/storage/log_format.h"
#include "server/storage/purge.h"
#include "server/storage/space_guard.h"
#include "tests/server/storage/fake_disk.h"

namespace quorate::storage {
namespace {

const std::string kComplete = std::string(20, 'x') + std::string("\0\0\0\1/", 5);

TEST(NamesTest, AreThoseOfApache) {
  EXPECT_EQ(log_name(Zxid{0x100000001}), "log.100000001");
  EXPECT_EQ(log_name(Zxid{0xABC}), "log.abc");
  EXPECT_EQ(snapshot_name(Zxid{0}, Compression::kNone), "snapshot.0");
  EXPECT_EQ(snapshot_name(Zxid{26}, Compression::kGzip), "snapshot.1a.gz");
  EXPECT_EQ(parse_log_name("log.100000001"), Zxid{0x100000001});
  EXPECT_EQ(parse_log_name("log.ABC"), Zxid{0xABC});
  for (const char* name : {"log.", "log", "log.xyz", "log.1.fixed", "log.11111111111111111",
                           ".log.1", "snapshot.1", "log.-1", "log.1 "}) {
    EXPECT_FALSE(parse_log_name(name)) << name;
  }
  EXPECT_EQ(parse_snapshot_name("snapshot.1a.snappy")->compression, Compression::kSnappy);
  EXPECT_EQ(parse_snapshot_name("snapshot.1a.gz")->zxid, Zxid{26});
  for (const char* name : {"snapshot.", ".tmp.snapshot.1", "snapshot.1.tmp", "snapshot.gz"}) {
    EXPECT_FALSE(parse_snapshot_name(name)) << name;
  }
}

TEST(DirectoriesTest, AreCreatedOnlyIfAllowed) {
  FakeDisk disk;
  const Directories directories = directories_of("/d", "/l");
  const Result<DirectoryLocks> refused = open_directories(disk, directories, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("datadir.autocreate"), std::string::npos);
  EXPECT_TRUE(open_directories(disk, directories, true).ok());
  EXPECT_TRUE(disk.is_directory("/d/version-2"));
  EXPECT_TRUE(disk.is_directory("/l/version-2"));
}

TEST(DirectoriesTest, MixedUpOnesAreRefused) {
  for (const auto& [path, word] : {std::pair{"/l/version-2/snapshot.5", "snapshot.5"},
                                   std::pair{"/d/version-2/log.5", "log.5"}}) {
    FakeDisk disk;
    (void)disk.make_directories("/d/version-2");
    (void)disk.make_directories("/l/version-2");
    disk.set_content(path, "");
    const Result<DirectoryLocks> refused = open_directories(disk, directories_of("/d", "/l"), true);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find(word), std::string::npos);
  }
  FakeDisk disk;
  (void)disk.make_directories("/d/version-2");
  disk.set_content("/d/version-2/snapshot.5", "");
  disk.set_content("/d/version-2/log.5", "");
  EXPECT_TRUE(open_directories(disk, directories_of("/d", ""), true).ok());
}

TEST(DirectoriesTest, AreLockedAgainstASecondServer) {
  FakeDisk disk;
  {
    const Result<DirectoryLocks> locks = open_directories(disk, directories_of("/d", "/l"), true);
    ASSERT_TRUE(locks.ok());
    EXPECT_FALSE(open_directories(disk, directories_of("/d", ""), true).ok());
    const Result<DirectoryLocks> shared_log =
        open_directories(disk, directories_of("/other", "/l"), true);
    ASSERT_FALSE(shared_log.ok());
    EXPECT_EQ(shared_log.error().kind, ErrorKind::kConflict);
    EXPECT_NE(shared_log.error().message.find("process"), std::string::npos);
  }
  EXPECT_TRUE(open_directories(disk, directories_of("/d", "/l"), true).ok());
}

class PurgeTest : public testing::Test {
 protected:
  PurgeTest() {
    (void)disk_.make_directories("/d/version-2");
    (void)disk_.make_directories("/l/version-2");
  }
  void snapshot(int64_t zxid, const std::string& bytes = kComplete) {
    disk_.set_content("/d/version-2/" + snapshot_name(Zxid{zxid}, Compression::kNone), bytes);
  }
  void log(int64_t zxid) { disk_.set_content("/l/version-2/" + log_name(Zxid{zxid}), "x"); }
  std::vector<std::string> left() {
    std::vector<std::string> names = *disk_.list("/d/version-2");
    const std::vector<std::string> logs = *disk_.list("/l/version-2");
    names.insert(names.end(), logs.begin(), logs.end());
    return names;
  }
  using Names = std::vector<std::string>;

  FakeDisk disk_;
  Directories directories_ = directories_of("/d", "/l");
};

TEST_F(PurgeTest, KeepsTheNewestSnapshotsAndTheLogsTheyNeed) {
  for (const int64_t zxid : {0, 2, 4, 6, 8}) {
    snapshot(zxid);
    log(zxid + 1);
  }
  ASSERT_TRUE(purge(disk_, directories_, 3).ok());
  // Replay over snapshot.4 begins with log.5, but snapshot.4 may be fuzzy and log.3 ends with 4.
  EXPECT_EQ(left(),
            (Names{"snapshot.4", "snapshot.6", "snapshot.8", "log.3", "log.5", "log.7", "log.9"}));
}

TEST_F(PurgeTest, KeepsTheLogsThatALearnerIsBeingSent) {
  for (const int64_t zxid : {0, 20, 40, 60, 80}) {
    snapshot(zxid);
    log(zxid + 1);
  }
  ASSERT_TRUE(purge(disk_, directories_, 3, Zxid{10}).ok());
  EXPECT_EQ(left(), (Names{"snapshot.28", "snapshot.3c", "snapshot.50", "log.1", "log.15", "log.29",
                           "log.3d", "log.51"}));
  // The learner has got further than the snapshots, which need as much as ever.
  ASSERT_TRUE(purge(disk_, directories_, 3, Zxid{70}).ok());
  EXPECT_EQ(left(), (Names{"snapshot.28", "snapshot.3c", "snapshot.50", "log.15", "log.29",
                           "log.3d", "log.51"}));
}

TEST_F(PurgeTest, ALogThatBeginsWithTheSnapshotsZxidNeedsNoPredecessor) {
  for (const int64_t zxid : {2, 4, 6, 8}) {
    snapshot(zxid);
    log(zxid);
  }
  ASSERT_TRUE(purge(disk_, directories_, 3).ok());
  EXPECT_EQ(left(), (Names{"snapshot.4", "snapshot.6", "snapshot.8", "log.4", "log.6", "log.8"}));
}

TEST_F(PurgeTest, HalfWrittenSnapshotsDoNotCount) {
  for (const int64_t zxid : {1, 2, 3, 4}) {
    snapshot(zxid);
    log(zxid);
  }
  snapshot(5, "half");
  snapshot(6, "");
  ASSERT_TRUE(purge(disk_, directories_, 3).ok());
  EXPECT_EQ(left(), (Names{"snapshot.2", "snapshot.3", "snapshot.4", "snapshot.5", "snapshot.6",
                           "log.2", "log.3", "log.4"}));
}

TEST_F(PurgeTest, WithTooFewSnapshotsNothingIsRemoved) {
  for (const int64_t zxid : {1, 2}) {
    snapshot(zxid);
    log(zxid);
  }
  const Result<PurgeReport> report = purge(disk_, directories_, 3);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->removed.empty());
}

TEST_F(PurgeTest, NeverKeepsFewerThanThree) {
  for (const int64_t zxid : {1, 2, 3, 4, 5}) {
    snapshot(zxid);
  }
  ASSERT_TRUE(purge(disk_, directories_, 1).ok());
  EXPECT_EQ(left(), (Names{"snapshot.3", "snapshot.4", "snapshot.5"}));
}

TEST_F(PurgeTest, NeverRemovesTheNewestLogOrWhatIsNotItsOwn) {
  log(1);
  disk_.set_content("/d/version-2/currentEpoch", "1");
  disk_.set_content("/d/version-2/.tmp.snapshot.9", "");
  for (const int64_t zxid : {5, 6, 7, 8}) {
    snapshot(zxid);
  }
  ASSERT_TRUE(purge(disk_, directories_, 3).ok());
  EXPECT_EQ(left(), (Names{".tmp.snapshot.9", "currentEpoch", "snapshot.6", "snapshot.7",
                           "snapshot.8", "log.1"}));
}

TEST(SpaceGuardTest, RefusesEarlyAndResumesWithSomeDistance) {
  SpaceGuard guard({.low_bytes = 100, .exhausted_bytes = 20, .resume_bytes = 130});
  EXPECT_EQ(guard.level(), SpaceLevel::kOk);
  EXPECT_EQ(guard.update(100), SpaceLevel::kOk);
  EXPECT_EQ(guard.update(99), SpaceLevel::kLow);
  EXPECT_EQ(guard.update(129), SpaceLevel::kLow);
  EXPECT_EQ(guard.update(130), SpaceLevel::kOk);
  EXPECT_EQ(guard.update(10), SpaceLevel::kExhausted);
  EXPECT_EQ(guard.update(30), SpaceLevel::kExhausted);
  EXPECT_EQ(guard.update(40), SpaceLevel::kLow);
  EXPECT_EQ(guard.update(5), SpaceLevel::kExhausted);
  EXPECT_EQ(guard.update(110), SpaceLevel::kLow);
  EXPECT_EQ(guard.update(1000), SpaceLevel::kOk);
}

TEST(SpaceGuardTest, LimitsFitSmallDisks) {
  const SpaceLimits large = space_limits(int64_t{1} << 40, 64 << 20);
  EXPECT_EQ(large.low_bytes, 128 << 20);
  const SpaceLimits small = space_limits(64 << 20, 64 << 20);
  EXPECT_LT(small.resume_bytes, 10 << 20);
  EXPECT_GT(small.exhausted_bytes, 0);
  EXPECT_LT(small.exhausted_bytes, small.low_bytes);
}

TEST(SpaceGuardTest, TheTighterDirectoryCounts) {
  FakeDisk disk;
  disk.set_space({.free_bytes = 7, .total_bytes = 9});
  const Result<SpaceReport> report = read_space(disk, directories_of("/d", "/l"));
  EXPECT_EQ(report->least.free_bytes, 7);
}

}  // namespace
}  // namespace quorate::storage
