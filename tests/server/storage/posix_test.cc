// The same code on real files: a life with restarts, locks between descriptors, errors with names.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "server/storage/posix_file_system.h"
#include "server/storage/purge.h"
#include "server/storage/recover.h"
#include "server/storage/snapshot_file.h"
#include "server/storage/snapshot_reader.h"
#include "server/storage/space_guard.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

class PosixTest : public testing::Test {
 protected:
  PosixTest() {
    char name[] = "/tmp/quorate-storage-XXXXXX";
    root_ = ::mkdtemp(name);
    directories_ = directories_of(root_ + "/data", root_ + "/log");
  }
  ~PosixTest() override { std::filesystem::remove_all(root_); }

  PosixFileSystem fs_;
  std::string root_;
  Directories directories_;
};

TEST_F(PosixTest, ALifeWithRestartsSnapshotsAndPurges) {
  const Result<DirectoryLocks> locks = open_directories(fs_, directories_, true);
  ASSERT_TRUE(locks.ok()) << locks.error().message;
  int64_t zxid = 0;
  for (int life = 0; life < 6; ++life) {
    Result<Recovered> recovered = recover(fs_, directories_, {});
    ASSERT_TRUE(recovered.ok()) << recovered.error().message;
    EXPECT_EQ(recovered->last_zxid.value, zxid);
    EXPECT_TRUE(recovered->warnings.empty());
    ASSERT_TRUE(settle(fs_, directories_, *recovered).ok());
    Result<LogWriter> writer =
        LogWriter::open(fs_, directories_.logs, recovered->tail, {.preallocate_bytes = 1 << 20});
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    tree::Applied applied;
    for (int count = 0; count < 200; ++count) {
      ++zxid;
      const std::string bytes = create_txn(Zxid{zxid}, "/n" + std::to_string(zxid), 1000);
      writer->append(Zxid{zxid}, bytes);
      if (count % 7 == 0) {
        ASSERT_TRUE(writer->sync().ok());
      }
      applied.clear();
      ASSERT_TRUE(recovered->database.apply(*wire::decode_txn(bytes), applied));
    }
    ASSERT_TRUE(writer->sync().ok());
    if (life % 2 == 0) {
      continue;  // Ends without a word, as if killed.
    }
    ASSERT_TRUE(writer->roll().ok());
    ASSERT_TRUE(write_snapshot(fs_, directories_.snapshots, recovered->database,
                               life == 3 ? Compression::kGzip : Compression::kNone)
                    .ok());
    ASSERT_TRUE(purge(fs_, directories_, 3).ok());
  }
  Result<Recovered> recovered = recover(fs_, directories_, {});
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->last_zxid.value, 1200);
  EXPECT_TRUE(recovered->database.tree().find("/n1"));
  EXPECT_TRUE(recovered->database.tree().find("/n1200"));
  EXPECT_EQ(list_snapshots(fs_, directories_.snapshots)->size(), 3u);
}

TEST_F(PosixTest, ASealedLogGivesItsPaddingBack) {
  ASSERT_TRUE(open_directories(fs_, directories_, true).ok());
  Result<LogWriter> writer =
      LogWriter::open(fs_, directories_.logs, {}, {.preallocate_bytes = 16 << 20});
  writer->append(Zxid{1}, set_data_txn(Zxid{1}, 100));
  ASSERT_TRUE(writer->sync().ok());
  struct stat status {};
  const std::string path = directories_.logs + "/log.1";
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 16 << 20);
  EXPECT_GE(status.st_blocks * 512, 16 << 20);
  ASSERT_TRUE(writer->roll().ok());
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 16 << 20);
  EXPECT_LT(status.st_blocks * 512, 64 << 10);
}

TEST_F(PosixTest, LocksNameTheHolder) {
  const Result<DirectoryLocks> locks = open_directories(fs_, directories_, true);
  ASSERT_TRUE(locks.ok());
  const Result<DirectoryLocks> second = open_directories(fs_, directories_, true);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST_F(PosixTest, ErrorsNameCallPathAndReason) {
  const Result<std::unique_ptr<File>> missing = fs_.open(root_ + "/none", OpenMode::kRead);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(missing.error().message, "open " + root_ + "/none: No such file or directory");
  EXPECT_EQ(fs_.list(root_ + "/none").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs_.make_directories("/proc/none/x").ok());
  EXPECT_FALSE(fs_.rename(root_ + "/a", root_ + "/b").ok());
}

TEST_F(PosixTest, AFullDiskIsNoSpace) {
  Result<std::unique_ptr<File>> full = fs_.open("/dev/full", OpenMode::kReadWrite);
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(write_all(**full, 0, "x").error().kind, ErrorKind::kNoSpace);
}

TEST_F(PosixTest, ReplacesFilesWhole) {
  ASSERT_TRUE(fs_.make_directories(root_ + "/a/b/c").ok());
  ASSERT_TRUE(replace_file(fs_, root_ + "/a/b/c", "currentEpoch", "12345").ok());
  ASSERT_TRUE(replace_file(fs_, root_ + "/a/b/c", "currentEpoch", "6").ok());
  EXPECT_EQ(read_file(fs_, root_ + "/a/b/c/currentEpoch")->bytes(), "6");
  EXPECT_EQ(fs_.list(root_ + "/a/b/c")->size(), 1u);
}

TEST_F(PosixTest, ALargeSnapshotIsWrittenInSteps) {
  ASSERT_TRUE(fs_.make_directories(root_).ok());
  for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
    Result<SnapshotFile> file = SnapshotFile::begin(fs_, root_, Zxid{9}, compression);
    ASSERT_TRUE(file.ok());
    std::string expected;
    for (int slice = 0; slice < 10; ++slice) {
      const std::string bytes((1 << 20) + slice * 1000, static_cast<char>('a' + slice));
      ASSERT_TRUE(file->append(bytes).ok());
      expected += bytes;
    }
    const Result<int64_t> size = file->commit();
    ASSERT_TRUE(size.ok());
    const std::string path = file->final_path();
    EXPECT_EQ(*size, static_cast<int64_t>(std::filesystem::file_size(path)));
    EXPECT_TRUE(read_snapshot(fs_, path, compression)->bytes() == expected);
  }
}

TEST_F(PosixTest, SpaceIsThatOfTheDisk) {
  ASSERT_TRUE(open_directories(fs_, directories_, true).ok());
  const Result<SpaceReport> report = read_space(fs_, directories_);
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->least.free_bytes, 0);
  EXPECT_GE(report->least.total_bytes, report->least.free_bytes);
}

}  // namespace
}  // namespace quorate::storage
