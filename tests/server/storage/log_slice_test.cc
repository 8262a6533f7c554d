// What members of an ensemble do with the history on disk: feed, cut at every crash point, drop.
#include "server/storage/log_slice.h"

#include <gtest/gtest.h>

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

TEST(LogSlice, IsWhatFollowsUpToALimit) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  for (size_t after = 0; after + 1 < zxids.size(); ++after) {
    const auto slice = read_log_slice(disk, kLogs, zxids[after], zxids.back(), 1 << 20);
    ASSERT_TRUE(slice.ok());
    ASSERT_EQ(slice->size(), zxids.size() - after - 1);
    EXPECT_EQ(slice->front().zxid, zxids[after + 1]);
    EXPECT_EQ(slice->front().bytes, set_data_txn(zxids[after + 1], 100));
  }
  const auto bounded = read_log_slice(disk, kLogs, zxids[2], zxids[12], 1);
  ASSERT_TRUE(bounded.ok());
  EXPECT_EQ(bounded->size(), 1U) << "one at least";
  const auto until = read_log_slice(disk, kLogs, zxids[2], zxids[5], 1 << 20);
  ASSERT_TRUE(until.ok());
  EXPECT_EQ(until->back().zxid, zxids[5]);
}

TEST(LogSlice, IsEmptyWhereTheLogsBeginTooLate) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  ASSERT_TRUE(disk.unlink(join_path(kLogs, log_name(zxids[0]))).ok());
  const auto slice = read_log_slice(disk, kLogs, zxids[3], zxids.back(), 1 << 20);
  ASSERT_TRUE(slice.ok());
  EXPECT_TRUE(slice->empty());
}

TEST(LogNeighbours, KnowWhereTwoHistoriesPart) {
  FakeDisk disk;
  const std::vector<Zxid> zxids = write_history(disk);
  const auto has = find_log_neighbours(disk, kLogs, zxids[4], zxids.back());
  ASSERT_TRUE(has.ok());
  EXPECT_EQ(has->floor, zxids[4]);
  EXPECT_EQ(has->next, zxids[5]);
  EXPECT_TRUE(has->is_contiguous);
  EXPECT_GT(has->bytes, 15 * 100);
  const auto parted = find_log_neighbours(disk, kLogs, Zxid{zxids[9].value + 5}, zxids.back());
  ASSERT_TRUE(parted.ok());
  EXPECT_EQ(parted->floor, zxids[9]);
  EXPECT_EQ(parted->next, zxids[10]);
  const auto gone = find_log_neighbours(disk, kLogs, Zxid{1}, zxids.back());
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
