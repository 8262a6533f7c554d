// The log on a healthy disk: bytes, batches, growth, rolling, reopening.
#include "server/storage/log_writer.h"

#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "server/storage/directories.h"
#include "server/storage/log_history.h"
#include "server/storage/log_reader.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

LogOptions small_files() { return {.preallocate_bytes = 16 << 10}; }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') {
      continue;
    }
    digits.push_back(c);
    if (digits.size() == 2) {
      bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

/// The first entry of a log that ZooKeeper 3.8.0 wrote: createSession, digest of the empty tree.
const std::string kSessionTxn = from_hex(
    "010000128d3a0000 00000000 0000000000000001 000001a1f854311a fffffff6 00007530 00000002 "
    "0000000051c6d660");
const std::string kSessionEntry = from_hex("00000000b23f09fc 00000030") + kSessionTxn + "B";

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() { (void)disk_.make_directories(kLogs); }

  LogWriter open(const LogTail& tail = {}, LogOptions options = small_files()) {
    Result<LogWriter> writer = LogWriter::open(disk_, kLogs, tail, options);
    EXPECT_TRUE(writer.ok()) << (writer ? "" : writer.error().message);
    return std::move(*writer);
  }

  void append(LogWriter& writer, int64_t first, int64_t last, size_t data_bytes = 100) {
    for (int64_t zxid = first; zxid <= last; ++zxid) {
      writer.append(Zxid{zxid}, set_data_txn(Zxid{zxid}, data_bytes));
    }
    const Status synced = writer.sync();
    ASSERT_TRUE(synced.ok()) << synced.error().message;
  }

  /// Reads the whole history after 0 and expects exactly the txns first..last.
  LogTail expect_history(int64_t first, int64_t last, int64_t after = 0) {
    Result<LogHistory> history = LogHistory::open(disk_, kLogs, Zxid{after});
    EXPECT_TRUE(history.ok());
    for (int64_t zxid = first; zxid <= last; ++zxid) {
      Result<std::optional<HistoryEntry>> entry = history->next();
      EXPECT_TRUE(entry.ok()) << entry.error().message;
      if (!entry || !*entry) {
        ADD_FAILURE() << "history ends before " << zxid;
        return {};
      }
      EXPECT_EQ((*entry)->record.header.zxid.value, zxid);
    }
    Result<std::optional<HistoryEntry>> end = history->next();
    EXPECT_TRUE(end.ok() && !*end) << (end ? "more than expected" : end.error().message);
    return history->tail();
  }

  FakeDisk disk_;
};

TEST_F(LogWriterTest, WritesApachesBytes) {
  LogWriter writer = open();
  writer.append(Zxid{1}, kSessionTxn);
  ASSERT_TRUE(writer.sync().ok());
  const std::string file = disk_.content(kLogs + "/log.1");
  EXPECT_EQ(file.substr(0, 16), from_hex("5a4b4c47 00000002 0000000000000000"));
  EXPECT_EQ(file.substr(16, kSessionEntry.size()), kSessionEntry);
  EXPECT_EQ(file.substr(16 + kSessionEntry.size(), 4096), std::string(4096, '\0'));
}

TEST_F(LogWriterTest, NamesTheFileByItsFirstTxnInLowerCaseHex) {
  LogWriter writer = open();
  append(writer, 0xABC00000001, 0xABC00000002);
  EXPECT_TRUE(disk_.exists(kLogs + "/log.abc00000001"));
}

TEST_F(LogWriterTest, AppendsSeveralBatches) {
  LogWriter writer = open();
  append(writer, 1, 3);
  append(writer, 4, 4);
  append(writer, 5, 20);
  EXPECT_EQ(writer.synced_zxid().value, 20);
  EXPECT_EQ(writer.counters().txns, 20);
  const LogTail tail = expect_history(1, 20);
  EXPECT_EQ(tail.file, "log.1");
  EXPECT_TRUE(tail.ours);
  EXPECT_FALSE(tail.torn);
  EXPECT_EQ(tail.end_offset, 16 + writer.counters().bytes);
}

TEST_F(LogWriterTest, AnEmptyBatchTouchesNothing) {
  LogWriter writer = open();
  const int64_t before = disk_.operations();
  EXPECT_TRUE(writer.sync().ok());
  EXPECT_TRUE(writer.roll().ok());
  EXPECT_TRUE(writer.seal().ok());
  EXPECT_EQ(disk_.operations(), before);
}

TEST_F(LogWriterTest, OneBatchIsTwoWritesAndOneSync) {
  LogWriter writer = open();
  append(writer, 1, 1);
  const int64_t before = disk_.operations();
  append(writer, 2, 50, 10);
  EXPECT_EQ(disk_.operations() - before, 3);
}

TEST_F(LogWriterTest, WritesZerosAheadOncePerStretch) {
  LogOptions options = small_files();
  options.preallocate_bytes = 256 << 10;
  options.zero_ahead_bytes = 64 << 10;
  LogWriter writer = open({}, options);
  append(writer, 1, 1);
  // Preparing has nothing to do while half of the zeros are left.
  int64_t before = disk_.operations();
  ASSERT_TRUE(writer.prepare().ok());
  EXPECT_EQ(disk_.operations(), before);
  append(writer, 2, 2, 40 << 10);
  before = disk_.operations();
  ASSERT_TRUE(writer.prepare().ok());
  EXPECT_EQ(disk_.operations() - before, 2);
  before = disk_.operations();
  ASSERT_TRUE(writer.prepare().ok());
  EXPECT_EQ(disk_.operations(), before);
  append(writer, 3, 100);
  expect_history(1, 2 + 98);
}

TEST_F(LogWriterTest, GrowsByThePreallocationSize) {
  LogWriter writer = open();
  append(writer, 1, 1);
  EXPECT_EQ(disk_.content(kLogs + "/log.1").size(), 16u << 10);
  append(writer, 2, 200);
  EXPECT_EQ(disk_.content(kLogs + "/log.1").size() % (16 << 10), 0u);
  append(writer, 201, 201, 100 << 10);
  EXPECT_GT(disk_.content(kLogs + "/log.1").size(), 100u << 10);
  expect_history(1, 201);
}

TEST_F(LogWriterTest, KeepsAGapOfZerosBeforeTheMarks) {
  LogWriter writer = open();
  for (int64_t zxid = 1; zxid <= 300; ++zxid) {
    append(writer, zxid, zxid);
    const auto end = static_cast<size_t>(16 + writer.counters().bytes);
    const std::string file = disk_.content(kLogs + "/log.1");
    ASSERT_GE(file.size(), end + kTailGapBytes + kMarkAreaBytes);
    ASSERT_EQ(file.substr(end, file.size() - kMarkAreaBytes - end).find_first_not_of('\0'),
              std::string::npos);
  }
}

TEST_F(LogWriterTest, RollsToAFileNamedByTheNextTxn) {
  LogWriter writer = open();
  append(writer, 1, 5);
  ASSERT_TRUE(writer.roll().ok());
  EXPECT_EQ(writer.counters().txns_since_roll, 0);
  EXPECT_FALSE(disk_.exists(kLogs + "/log.6"));
  append(writer, 6, 7);
  EXPECT_TRUE(disk_.exists(kLogs + "/log.6"));
  EXPECT_EQ(writer.counters().txns_since_roll, 2);
  EXPECT_EQ(expect_history(1, 7).file, "log.6");
  expect_history(6, 7, 5);
}

TEST_F(LogWriterTest, RollsAtTheSizeLimit) {
  LogOptions options = small_files();
  options.file_bytes_max = 1000;
  LogWriter writer = open({}, options);
  for (int64_t zxid = 1; zxid <= 30; ++zxid) {
    append(writer, zxid, zxid);
  }
  EXPECT_GT(writer.counters().files, 3);
  expect_history(1, 30);
}

TEST_F(LogWriterTest, ContinuesTheLastFile) {
  {
    LogWriter writer = open();
    append(writer, 1, 10);
  }
  LogWriter writer = open(expect_history(1, 10));
  append(writer, 11, 12);
  EXPECT_EQ(expect_history(1, 12).file, "log.1");
}

TEST_F(LogWriterTest, BeginsANewFileBehindASealedOne) {
  {
    LogWriter writer = open();
    append(writer, 1, 10);
    ASSERT_TRUE(writer.roll().ok());
  }
  LogWriter writer = open(expect_history(1, 10));
  append(writer, 11, 12);
  EXPECT_EQ(expect_history(1, 12).file, "log.b");
}

TEST_F(LogWriterTest, BeginsANewFileBehindOneOfAJavaServer) {
  std::string file;
  append_log_header(file);
  append_log_entry(file, set_data_txn(Zxid{1}, 10));
  const size_t end = file.size();
  file.resize(64 << 10, '\0');
  disk_.set_content(kLogs + "/log.1", file);
  const LogTail tail = expect_history(1, 1);
  EXPECT_FALSE(tail.ours);
  EXPECT_EQ(tail.end_offset, static_cast<int64_t>(end));
  LogWriter writer = open(tail);
  append(writer, 2, 2);
  EXPECT_EQ(disk_.content(kLogs + "/log.1"), file);
  expect_history(1, 2);
}

TEST_F(LogWriterTest, RemovesLastFilesWithoutEntries) {
  LogWriter first = open();
  append(first, 1, 2);
  ASSERT_TRUE(first.roll().ok());
  std::string header;
  append_log_header(header);
  disk_.set_content(kLogs + "/log.3", header);
  disk_.set_content(kLogs + "/log.4", "");
  disk_.set_content(kLogs + "/log.5", std::string(9, '\0'));
  LogWriter writer = open(expect_history(1, 2));
  EXPECT_FALSE(disk_.exists(kLogs + "/log.3"));
  EXPECT_FALSE(disk_.exists(kLogs + "/log.4"));
  EXPECT_FALSE(disk_.exists(kLogs + "/log.5"));
  append(writer, 3, 3);
  expect_history(1, 3);
}

TEST_F(LogWriterTest, SealCoversTheLastBatchAndIsFreeWhenNothingFollowed) {
  LogWriter writer = open();
  append(writer, 1, 3);
  ASSERT_TRUE(writer.seal().ok());
  Result<LogReader> reader = LogReader::open(disk_, kLogs + "/log.1");
  const Result<FoundMarks> marks = find_marks(reader->file(), reader->file_bytes(), 0, Zxid{1});
  EXPECT_EQ(marks->newest->synced_end, 16 + writer.counters().bytes);
  EXPECT_EQ(marks->newest->synced_zxid.value, 3);
  const int64_t before = disk_.operations();
  ASSERT_TRUE(writer.seal().ok());
  EXPECT_EQ(disk_.operations(), before);
}

TEST_F(LogWriterTest, ShortWritesAreContinued) {
  disk_.set_write_bytes_max(7);
  LogWriter writer = open();
  append(writer, 1, 30);
  append(writer, 31, 200);
  expect_history(1, 200);
}

TEST_F(LogWriterTest, WithoutForceSyncNoBatchIsSynced) {
  LogOptions options = small_files();
  options.force_sync = false;
  LogWriter writer = open({}, options);
  append(writer, 1, 1);
  const int64_t before = writer.counters().syncs;
  append(writer, 2, 9, 10);
  EXPECT_EQ(writer.counters().syncs, before);
  expect_history(1, 9);
}

TEST_F(LogWriterTest, NearAFullDiskThePreallocationShrinks) {
  LogOptions options = small_files();
  options.preallocate_bytes = 1 << 20;
  LogWriter writer = open({}, options);
  // Creation is operation n, the allocations follow; refuse the large ones.
  const int64_t next = disk_.operations();
  disk_.inject(Fault::kNoSpace, next + 1);
  disk_.inject(Fault::kNoSpace, next + 2);
  append(writer, 1, 1);
  EXPECT_EQ(disk_.content(kLogs + "/log.1").size(), 256u << 10);
}

}  // namespace
}  // namespace quorate::storage
