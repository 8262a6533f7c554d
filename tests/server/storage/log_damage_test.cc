// What rot, truncation and other servers do to a log, and what recovery says about it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/base/bytes.h"
#include "server/storage/log_history.h"
#include "server/storage/log_repair.h"
#include "server/storage/log_writer.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

const std::string kFirst = kLogs + "/log.1";

struct Outcome {
  int64_t count = 0;  ///< Txns, which are 1..count.
  LogTail tail;
  std::vector<std::string> warnings;
  std::optional<Error> error;
};

Outcome read_history(FakeDisk& disk, int64_t after = 0) {
  Outcome outcome{.count = after};
  Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{after});
  if (!history) {
    outcome.error = history.error();
    return outcome;
  }
  while (true) {
    Result<std::optional<HistoryEntry>> entry = history->next();
    if (!entry) {
      outcome.error = entry.error();
      return outcome;
    }
    if (!*entry) {
      break;
    }
    EXPECT_EQ((*entry)->record.header.zxid.value, outcome.count + 1);
    EXPECT_EQ((*entry)->bytes, set_data_txn(Zxid{outcome.count + 1}, 30));
    ++outcome.count;
  }
  outcome.tail = history->tail();
  outcome.warnings = history->warnings();
  return outcome;
}

/// A log as a Java server leaves it: no marks, a preallocated tail of zeros.
std::string java_log(int64_t first, int64_t last, size_t padding = 4096) {
  std::string file;
  append_log_header(file);
  for (int64_t zxid = first; zxid <= last; ++zxid) {
    append_log_entry(file, set_data_txn(Zxid{zxid}, 30));
  }
  return file + std::string(padding, '\0');
}

/// A log of ours: `batches` of two txns each; sealed at the end if wanted.
std::unique_ptr<FakeDisk> our_disk(int batches, bool seal) {
  auto disk = std::make_unique<FakeDisk>();
  (void)disk->make_directories(kLogs);
  Result<LogWriter> writer = LogWriter::open(*disk, kLogs, {}, {.preallocate_bytes = 16 << 10});
  int64_t zxid = 0;
  for (int batch = 0; batch < batches; ++batch) {
    for (int index = 0; index < 2; ++index) {
      ++zxid;
      writer->append(Zxid{zxid}, set_data_txn(Zxid{zxid}, 30));
    }
    EXPECT_TRUE(writer->sync().ok());
  }
  if (seal) {
    EXPECT_TRUE(writer->seal().ok());
  }
  return disk;
}

const int64_t kEntryBytes = static_cast<int64_t>(set_data_txn(Zxid{1}, 30).size()) + 13;

TEST(LogDamageTest, EveryBitFlipOfOurLogIsDetectedOrHarmless) {
  constexpr int kTxns = 10;
  const auto healthy = our_disk(kTxns / 2, true);
  const std::string file = healthy->content(kFirst);
  const int64_t end = 16 + kTxns * kEntryBytes;
  int harmless = 0;
  for (size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      FakeDisk disk(*healthy);
      disk.set_content(kFirst, damaged);
      const Outcome outcome = read_history(disk);
      const auto offset = static_cast<int64_t>(at);
      if (offset < end && !(offset >= 4 && offset < 16)) {
        // Acknowledged history: refused, with the place.
        ASSERT_TRUE(outcome.error) << "byte " << at << " bit " << bit;
        ASSERT_EQ(outcome.error->kind, ErrorKind::kCorrupt);
        const int64_t entry = offset < 16 ? 0 : 16 + (offset - 16) / kEntryBytes * kEntryBytes;
        ASSERT_NE(outcome.error->message.find(kFirst + " is damaged at offset " +
                                              std::to_string(entry) + ":"),
                  std::string::npos)
            << outcome.error->message;
      } else {
        // Version, dbid, padding, marks: nothing is lost and nothing refused.
        ASSERT_FALSE(outcome.error) << outcome.error->message << " at byte " << at;
        ASSERT_EQ(outcome.count, kTxns);
        ++harmless;
      }
    }
    if (at > 2000 && at < file.size() - kMarkAreaBytes - 100) {
      at += 97;  // The padding is uniform.
    }
  }
  EXPECT_GT(harmless, 1000);
}

TEST(LogDamageTest, EveryLostSectorOfOurLogIsDetected) {
  const auto healthy = our_disk(40, true);
  const std::string file = healthy->content(kFirst);
  const int64_t end = 16 + 80 * kEntryBytes;
  for (int64_t sector = 0; sector * 512 < end; ++sector) {
    std::string damaged = file;
    damaged.replace(static_cast<size_t>(sector * 512), 512, std::string(512, '\0'));
    FakeDisk disk(*healthy);
    disk.set_content(kFirst, damaged);
    const Outcome outcome = read_history(disk);
    ASSERT_TRUE(outcome.error) << "sector " << sector;
    EXPECT_EQ(outcome.error->kind, ErrorKind::kCorrupt);
  }
}

TEST(LogDamageTest, WithoutSealOnlyTheLastBatchCanPassForTorn) {
  const auto healthy = our_disk(5, false);
  const std::string file = healthy->content(kFirst);
  for (int64_t txn = 0; txn < 10; ++txn) {
    std::string damaged = file;
    damaged[static_cast<size_t>(16 + txn * kEntryBytes + 20)] ^= 1;
    FakeDisk disk(*healthy);
    disk.set_content(kFirst, damaged);
    const Outcome outcome = read_history(disk);
    if (txn < 8) {
      EXPECT_TRUE(outcome.error) << "txn " << txn + 1;
    } else {
      ASSERT_FALSE(outcome.error);
      EXPECT_EQ(outcome.count, txn);
      EXPECT_TRUE(outcome.tail.torn);
      EXPECT_EQ(outcome.warnings.size(), 1u);
    }
  }
}

TEST(LogDamageTest, DamageInASealedPredecessorIsDetected) {
  auto disk = std::make_unique<FakeDisk>();
  (void)disk->make_directories(kLogs);
  Result<LogWriter> writer = LogWriter::open(*disk, kLogs, {}, {.preallocate_bytes = 16 << 10});
  for (int64_t zxid = 1; zxid <= 6; ++zxid) {
    writer->append(Zxid{zxid}, set_data_txn(Zxid{zxid}, 30));
    if (zxid == 3) {
      ASSERT_TRUE(writer->roll().ok());
    }
  }
  ASSERT_TRUE(writer->sync().ok());
  std::string damaged = disk->content(kFirst);
  damaged.replace(static_cast<size_t>(16 + 2 * kEntryBytes), static_cast<size_t>(kEntryBytes),
                  std::string(static_cast<size_t>(kEntryBytes), '\0'));
  disk->set_content(kFirst, damaged);
  EXPECT_TRUE(read_history(*disk).error);
  // Behind a snapshot that covers it, the damage is of no interest.
  EXPECT_EQ(read_history(*disk, 3).count, 6);
}

TEST(LogDamageTest, EveryTruncationOfOurSealedLogIsDetected) {
  const auto healthy = our_disk(5, true);
  const std::string file = healthy->content(kFirst);
  const int64_t end = 16 + 10 * kEntryBytes;
  for (int64_t size = 0; size <= end; ++size) {
    // The file system lost the blocks behind `size`, the marks survive in theirs.
    std::string damaged = file;
    std::fill(damaged.begin() + size, damaged.end() - kMarkAreaBytes, '\0');
    FakeDisk disk(*healthy);
    disk.set_content(kFirst, damaged);
    const Outcome outcome = read_history(disk);
    if (size < end) {
      ASSERT_TRUE(outcome.error) << size;
    } else {
      ASSERT_EQ(outcome.count, 10);
    }
  }
}

TEST(LogDamageTest, EveryTruncationPointOfAJavaLogCutsAtTheEntry) {
  const std::string whole = java_log(1, 6, 0);
  for (size_t size = 0; size <= whole.size(); ++size) {
    for (const size_t padding : {size_t{0}, size_t{3}, size_t{20}, size_t{4096}}) {
      FakeDisk disk;
      disk.set_content(kFirst, whole.substr(0, size) + std::string(padding, '\0'));
      const Outcome outcome = read_history(disk);
      const auto bytes = static_cast<int64_t>(size);
      if (size > 0 && size < 16 && !(size >= 4 && size + padding >= 16)) {
        // Part of a header: no log, and not provably an empty one.
        EXPECT_TRUE(outcome.error) << size << "+" << padding;
        continue;
      }
      ASSERT_FALSE(outcome.error) << size << "+" << padding << ": " << outcome.error->message;
      // An entry that lacks only zero bytes, of which it has none at its end, is whole.
      EXPECT_EQ(outcome.count, size < 16 ? 0 : (bytes - 16) / kEntryBytes) << size;
    }
  }
}

TEST(LogDamageTest, AJavaLogWithABadChecksumIsRefusedAsByApache) {
  std::string file = java_log(1, 6);
  for (int64_t txn = 0; txn < 6; ++txn) {
    FakeDisk disk;
    std::string damaged = file;
    damaged[static_cast<size_t>(16 + txn * kEntryBytes + 30)] ^= 4;
    disk.set_content(kFirst, damaged);
    const Outcome outcome = read_history(disk);
    ASSERT_TRUE(outcome.error);
    EXPECT_NE(outcome.error->message.find("quorate inspect log " + kFirst), std::string::npos);
  }
}

TEST(LogDamageTest, AHoleInAJavaLogIsFoundAlthoughApacheTakesItForTheEnd) {
  std::string file = java_log(1, 60);
  file.replace(1024, 512, std::string(512, '\0'));
  FakeDisk disk;
  disk.set_content(kFirst, file);
  const Outcome outcome = read_history(disk);
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("a whole later entry stands at offset"), std::string::npos);
}

TEST(LogDamageTest, ATornTailOfAJavaLogIsProvenByItsSuccessor) {
  // A killed Java server starts a new file and leaves the torn entry where it is.
  std::string torn = java_log(1, 4, 0);
  torn.resize(torn.size() - 10);
  torn[torn.size() - 20] ^= 1;
  FakeDisk disk;
  disk.set_content(kFirst, torn + std::string(4096, '\0'));
  disk.set_content(kLogs + "/log.4", java_log(4, 8));
  const Outcome outcome = read_history(disk);
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.count, 8);
  EXPECT_EQ(outcome.warnings.size(), 1u);
}

TEST(LogDamageTest, AMissingFileIsAGap) {
  FakeDisk disk;
  disk.set_content(kFirst, java_log(1, 4));
  disk.set_content(kLogs + "/log.8", java_log(8, 9));
  const Outcome outcome = read_history(disk);
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("between 0x4 and 0x8 are missing"), std::string::npos)
      << outcome.error->message;
  EXPECT_EQ(read_history(disk, 7).count, 9);
}

TEST(LogDamageTest, AnEpochBeginsWithCounterOne) {
  const int64_t epoch = int64_t{7} << 32;
  for (const int64_t counter : {1, 2}) {
    FakeDisk disk;
    disk.set_content(kFirst, java_log(1, 4));
    const Zxid first{epoch + counter};
    disk.set_content(kLogs + "/" + log_name(first), java_log(first.value, first.value + 2));
    Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{0});
    Result<std::optional<HistoryEntry>> entry = history->next();
    while (entry && *entry) {
      entry = history->next();
    }
    EXPECT_EQ(entry.ok(), counter == 1);
    EXPECT_EQ(history->last_zxid().value, counter == 1 ? first.value + 2 : 4);
  }
}

TEST(LogDamageTest, AGapInsideOneFileIsAWarning) {
  std::string file = java_log(1, 3, 0);
  append_log_entry(file, set_data_txn(Zxid{9}, 30));
  FakeDisk disk;
  disk.set_content(kFirst, file);
  Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{0});
  for (int count = 0; count < 4; ++count) {
    Result<std::optional<HistoryEntry>> entry = history->next();
    ASSERT_TRUE(entry.ok() && *entry);
  }
  EXPECT_EQ(history->last_zxid().value, 9);
  EXPECT_EQ(history->warnings().size(), 1u);
}

TEST(LogDamageTest, RepeatedTxnsArePassedOver) {
  std::string file = java_log(1, 3, 0);
  append_log_entry(file, set_data_txn(Zxid{2}, 30));
  append_log_entry(file, set_data_txn(Zxid{3}, 30));
  append_log_entry(file, set_data_txn(Zxid{4}, 30));
  FakeDisk disk;
  disk.set_content(kFirst, file);
  disk.set_content(kLogs + "/log.3", java_log(3, 6));
  EXPECT_EQ(read_history(disk).count, 6);
}

TEST(LogDamageTest, AnEntryThatIsNoTransactionIsRefused) {
  std::string file = java_log(1, 2, 0);
  append_log_entry(file, "forty bytes that are not a transaction..");
  FakeDisk disk;
  disk.set_content(kFirst, file);
  const Outcome outcome = read_history(disk);
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("it is no transaction"), std::string::npos);
}

TEST(LogDamageTest, AMarkOfAnotherFileIsNone) {
  const auto ours = our_disk(3, true);
  FakeDisk disk;
  disk.set_content(kLogs + "/log.2", ours->content(kFirst));
  Result<LogReader> reader = LogReader::open(disk, kLogs + "/log.2");
  const Result<FoundMarks> marks = find_marks(reader->file(), reader->file_bytes(), 0, Zxid{2});
  EXPECT_FALSE(marks->newest);
}

TEST(LogDamageTest, AnUnreadableLogIsAnIoError) {
  const auto disk = our_disk(3, true);
  disk->fail_reads(kFirst);
  const Outcome outcome = read_history(*disk);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::kIo);
}

TEST(LogDamageTest, RepairCutsOrBelieves) {
  std::string file = java_log(1, 6);
  file[static_cast<size_t>(16 + 2 * kEntryBytes + 12 + 50)] ^= 4;  // Inside the data of txn 3.
  FakeDisk disk;
  disk.set_content(kFirst, file);
  Result<RepairReport> cut = copy_repaired(disk, kFirst, RepairPolicy::kCut);
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->entries, 2);
  EXPECT_EQ(cut->end.kind, LogEndKind::kBadChecksum);
  EXPECT_EQ(cut->end.offset, 16 + 2 * kEntryBytes);
  EXPECT_EQ(disk.content(kFirst + ".fixed"), java_log(1, 2, 0));
  Result<RepairReport> kept = copy_repaired(disk, kFirst, RepairPolicy::kKeep);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->entries, 6);
  EXPECT_EQ(kept->entries_believed, 1);
  disk.set_content(kFirst, disk.content(kFirst + ".fixed"));
  Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{0});
  for (int count = 0; count < 6; ++count) {
    EXPECT_TRUE(history->next().ok());
  }
  EXPECT_EQ(history->last_zxid().value, 6);
  EXPECT_FALSE(copy_repaired(disk, kLogs + "/missing", RepairPolicy::kCut).ok());
}

}  // namespace
}  // namespace quorate::storage
