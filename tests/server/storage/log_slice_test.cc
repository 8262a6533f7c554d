// What members of an ensemble do with the history on disk: feed, cut at every crash point, drop.
#include "server/storage/log_slice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/storage/log_history.h"
#include "server/storage/recover.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

LogOptions small_files() { return {.preallocate_bytes = 16 << 10, .zero_ahead_bytes = 0}; }

/// Epochs 1 and 2 with ten txns each, three logs, the second one across the border.
std::vector<Zxid> write_history(FakeDisk& disk) {
  EXPECT_TRUE(disk.make_directories(kLogs).ok());
  Result<LogWriter> writer = LogWriter::open(disk, kLogs, LogTail{}, small_files());
  EXPECT_TRUE(writer.ok());
  std::vector<Zxid> zxids;
  for (int64_t index = 0; index < 20; ++index) {
    const Zxid zxid{(index < 10 ? int64_t{1} << 32 : int64_t{2} << 32) + index % 10 + 1};
    if (index == 7 || index == 14) {
      EXPECT_TRUE(writer->roll().ok());
    }
    writer->append(zxid, set_data_txn(zxid, 100));
    EXPECT_TRUE(writer->sync().ok());
    zxids.push_back(zxid);
  }
  EXPECT_TRUE(writer->seal().ok());
  return zxids;
}

std::vector<Zxid> read_history(FakeDisk& disk) {
  std::vector<Zxid> zxids;
  Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{});
  EXPECT_TRUE(history.ok());
  while (true) {
    const Result<std::optional<HistoryEntry>> entry = history->next();
    EXPECT_TRUE(entry.ok()) << (entry.ok() ? "" : entry.error().message);
    if (!entry.ok() || !*entry) {
      return zxids;
    }
    zxids.push_back((*entry)->record.header.zxid);
  }
}

std::vector<Zxid> zxids_of(const Result<std::vector<LoggedTxn>>& txns) {
  EXPECT_TRUE(txns.ok()) << (txns.ok() ? "" : txns.error().message);
  std::vector<Zxid> zxids;
  for (const LoggedTxn& txn : txns.ok() ? *txns : std::vector<LoggedTxn>()) {
    EXPECT_EQ(txn.bytes, set_data_txn(txn.zxid, 100));
    zxids.push_back(txn.zxid);
  }
  return zxids;
}

constexpr size_t kMuch = 1 << 20;

TEST(LogCursor, ReadsWhatFollows) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  for (size_t after = 0; after < zxids.size(); ++after) {
    LogCursor cursor(disk, kLogs, zxids[after]);
    EXPECT_EQ(zxids_of(cursor.read(zxids.back(), kMuch)),
              std::vector<Zxid>(zxids.begin() + static_cast<ptrdiff_t>(after) + 1, zxids.end()));
    EXPECT_EQ(cursor.position(), zxids.back());
  }
}

TEST(LogCursor, GoesOnWhereTheLastSliceEnded) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  const size_t txn_bytes = set_data_txn(zxids[0], 100).size();
  for (const size_t bytes_max : {size_t{1}, txn_bytes, 3 * txn_bytes - 1, 5 * txn_bytes}) {
    LogCursor cursor(disk, kLogs, zxids[2]);
    for (size_t index = 3; index < zxids.size();) {
      const std::vector<Zxid> slice = zxids_of(cursor.read(zxids.back(), bytes_max));
      ASSERT_EQ(slice.size(),
                std::min(std::max<size_t>(bytes_max / txn_bytes, 1), zxids.size() - index));
      EXPECT_EQ(slice.front(), zxids[index]);
      index += slice.size();
      EXPECT_EQ(cursor.position(), zxids[index - 1]);
    }
    EXPECT_TRUE(zxids_of(cursor.read(zxids.back(), bytes_max)).empty());
  }
}

TEST(LogCursor, ReadsNoFurtherThanAsked) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  LogCursor cursor(disk, kLogs, zxids[2]);
  EXPECT_EQ(zxids_of(cursor.read(zxids[4], kMuch)), (std::vector<Zxid>{zxids[3], zxids[4]}));
  EXPECT_TRUE(zxids_of(cursor.read(zxids[4], kMuch)).empty());
  EXPECT_EQ(zxids_of(cursor.read(zxids[5], kMuch)), (std::vector<Zxid>{zxids[5]}));
}

TEST(LogCursor, IsEmptyWhereTheLogsBeginTooLate) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  ASSERT_TRUE(disk.unlink(join_path(kLogs, log_name(zxids[0]))).ok());
  LogCursor cursor(disk, kLogs, zxids[3]);
  EXPECT_TRUE(zxids_of(cursor.read(zxids.back(), kMuch)).empty());
}

/// What was read ahead of time (zeros, half an entry) does not count; new logs are found.
TEST(LogCursor, FollowsALogThatIsBeingWritten) {
  FakeDisk disk;
  ASSERT_TRUE(disk.make_directories(kLogs).ok());
  Result<LogWriter> writer = LogWriter::open(disk, kLogs, LogTail{}, small_files());
  ASSERT_TRUE(writer.ok());
  const auto zxid_of = [](int64_t index) { return Zxid{(int64_t{1} << 32) + index + 1}; };
  int64_t written = 0;
  const auto write = [&](int64_t count) {
    for (const int64_t end = written + count; written < end; ++written) {
      if (written % 13 == 12) {
        ASSERT_TRUE(writer->roll().ok());
      }
      writer->append(zxid_of(written), set_data_txn(zxid_of(written), 100));
    }
    ASSERT_TRUE(writer->sync().ok());
  };
  write(2);
  LogCursor cursor(disk, kLogs, zxid_of(0));
  for (int64_t read = 1; read < 60; ++read) {
    write(1);
    EXPECT_EQ(zxids_of(cursor.read(zxid_of(read), kMuch)), std::vector<Zxid>{zxid_of(read)});
    const Result<LogNeighbours> found =
        find_log_neighbours(disk, kLogs, zxid_of(0), zxid_of(read), kMuch);
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found->is_contiguous);
  }
}

TEST(LogNeighbours, KnowWhereTwoHistoriesPart) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  const auto has = find_log_neighbours(disk, kLogs, zxids[4], zxids.back(), kMuch);
  ASSERT_TRUE(has.ok());
  EXPECT_EQ(has->floor, zxids[4]);
  EXPECT_EQ(has->next, zxids[5]);
  EXPECT_TRUE(has->is_contiguous);
  EXPECT_GT(has->bytes, 15 * 100);
  const auto much = find_log_neighbours(disk, kLogs, zxids[4], zxids.back(), 300);
  ASSERT_TRUE(much.ok());
  EXPECT_FALSE(much->is_contiguous) << "not known";
  EXPECT_GT(much->bytes, 300);
  EXPECT_LT(much->bytes, 5 * 100) << "and not asked for";
  const auto parted =
      find_log_neighbours(disk, kLogs, Zxid{zxids[9].value + 5}, zxids.back(), kMuch);
  ASSERT_TRUE(parted.ok());
  EXPECT_EQ(parted->floor, zxids[9]);
  EXPECT_EQ(parted->next, zxids[10]);
  const auto gone = find_log_neighbours(disk, kLogs, Zxid{1}, zxids.back(), kMuch);
  ASSERT_TRUE(gone.ok());
  EXPECT_EQ(gone->floor, std::nullopt);
  EXPECT_FALSE(gone->is_contiguous);
}

TEST(CutHistory, LeavesWhatIsUpToTheZxidAndCanBeContinued) {
  for (size_t keep = 0; keep < 20; ++keep) {
    FakeDisk disk;
    std::vector<Zxid> zxids = write_history(disk);
    ASSERT_TRUE(cut_history(disk, kDirectories, zxids[keep]).ok());
    zxids.resize(keep + 1);
    EXPECT_EQ(read_history(disk), zxids);
    Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{});
    ASSERT_TRUE(history.ok());
    while (*history->next()) {
    }
    Result<LogWriter> writer = LogWriter::open(disk, kLogs, history->tail(), small_files());
    ASSERT_TRUE(writer.ok());
    const Zxid next{(int64_t{3} << 32) + 1};
    writer->append(next, set_data_txn(next, 50));
    ASSERT_TRUE(writer->sync().ok());
    zxids.push_back(next);
    EXPECT_EQ(read_history(disk), zxids);
  }
}

TEST(CutHistory, CutsBetweenTwoOfItsTransactions) {
  FakeDisk disk;
  std::vector<Zxid> zxids = write_history(disk);
  ASSERT_TRUE(cut_history(disk, kDirectories, Zxid{zxids[9].value + 7}).ok());
  zxids.resize(10);
  EXPECT_EQ(read_history(disk), zxids);
}

/// Whatever a power cut leaves is a history without a gap, at least what was to stay, and the cut
/// can be made again.
TEST(CutHistory, SurvivesAPowerCutAtEveryStep) {
  constexpr size_t kKeep = 4;
  FakeDisk whole;
  const std::vector<Zxid> zxids = write_history(whole);
  const std::vector<Zxid> wanted(zxids.begin(), zxids.begin() + kKeep + 1);
  for (int64_t step = 0;; ++step) {
    FakeDisk disk(whole);
    disk.inject(Fault::kPowerCut, disk.operations() + step);
    const bool done = cut_history(disk, kDirectories, zxids[kKeep]).ok();
    disk.for_each_power_cut(6, 1, [&](FakeDisk& left) {
      const std::vector<Zxid> found = read_history(left);
      EXPECT_GE(found.size(), wanted.size()) << "step " << step;
      EXPECT_TRUE(std::equal(found.begin(), found.end(), zxids.begin())) << "step " << step;
      EXPECT_TRUE(cut_history(left, kDirectories, zxids[kKeep]).ok());
      EXPECT_EQ(read_history(left), wanted) << "step " << step;
      return !::testing::Test::HasFailure();
    });
    if (done || ::testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(DropLogs, GoesFromTheNewestSoThatNoGapIsLeft) {
  FakeDisk whole;
  const std::vector<Zxid> zxids = write_history(whole);
  for (int64_t step = 0;; ++step) {
    FakeDisk disk(whole);
    disk.inject(Fault::kPowerCut, disk.operations() + step);
    const bool done = drop_logs(disk, kDirectories).ok();
    disk.for_each_power_cut(6, 1, [&](FakeDisk& left) {
      const std::vector<Zxid> found = read_history(left);
      EXPECT_TRUE(std::equal(found.begin(), found.end(), zxids.begin())) << "step " << step;
      return !::testing::Test::HasFailure();
    });
    if (done || ::testing::Test::HasFailure()) {
      EXPECT_TRUE(read_history(disk).empty());
      return;
    }
  }
}

}  // namespace
}  // namespace quorate::storage
