// Every crash point of the log, with every subset of what was not yet on the platter.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/storage/log_history.h"
#include "server/storage/log_writer.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

constexpr int kLogBitsMax = 12;

/// What was appended, and how much of it had been promised when the power went.
struct Model {
  std::vector<std::string> txns;  ///< txns[i] has zxid i + 1.
  size_t acknowledged = 0;

  /// Appends a batch and syncs it; false once the writer is dead.
  bool batch(LogWriter& writer, int count, size_t data_bytes) {
    for (int index = 0; index < count; ++index) {
      const Zxid zxid{static_cast<int64_t>(txns.size()) + 1};
      txns.push_back(set_data_txn(zxid, data_bytes + static_cast<size_t>(index)));
      writer.append(zxid, txns.back());
    }
    if (!writer.sync().ok()) {
      return false;
    }
    acknowledged = txns.size();
    return true;
  }
};

/// One life of a log: batches of one sector and of many, growth of the file, seals, rolls.
void live(LogWriter& writer, Model& model) {
  const bool done =
      model.batch(writer, 1, 20) && model.batch(writer, 2, 300) && model.batch(writer, 1, 20) &&
      writer.seal().ok() && model.batch(writer, 12, 400) && model.batch(writer, 1, 10) &&
      model.batch(writer, 2, 4000) && model.batch(writer, 1, 15) && writer.roll().ok() &&
      model.batch(writer, 3, 100) && model.batch(writer, 1, 500);
  (void)done;
}

/// Without zeros ahead, so that the subsets stay few; ZerosAhead tests those.
LogOptions files_without_zeros() { return {.preallocate_bytes = 16 << 10, .zero_ahead_bytes = 0}; }

struct Found {
  size_t count = 0;
  LogTail tail;
  std::string problem;  ///< Empty if the history is as it must be.
};

/// The invariant: everything acknowledged is there, nothing that was not appended, no hole.
Found examine(FakeDisk& disk, const Model& model) {
  Found found;
  Result<LogHistory> history = LogHistory::open(disk, kLogs, Zxid{0});
  if (!history) {
    found.problem = history.error().message;
    return found;
  }
  while (true) {
    Result<std::optional<HistoryEntry>> entry = history->next();
    if (!entry) {
      found.problem = entry.error().message;
      return found;
    }
    if (!*entry) {
      break;
    }
    if (found.count == model.txns.size() || (*entry)->bytes != model.txns[found.count]) {
      found.problem = "txn " + std::to_string(found.count + 1) + " is not what was appended";
      return found;
    }
    ++found.count;
  }
  if (found.count < model.acknowledged) {
    found.problem = "lost acknowledged txns: " + std::to_string(found.count) + " of " +
                    std::to_string(model.acknowledged);
  }
  found.tail = history->tail();
  return found;
}

/// Recovers, goes on writing entries of the same size as before, and examines again.
std::string recover_and_go_on(FakeDisk& disk, Model model) {
  Found found = examine(disk, model);
  if (!found.problem.empty()) {
    return found.problem;
  }
  // What was not promised may be gone; what is there now is promised from here on.
  model.txns.resize(found.count);
  model.acknowledged = found.count;
  Result<LogWriter> writer = LogWriter::open(disk, kLogs, found.tail, files_without_zeros());
  if (!writer) {
    return writer.error().message;
  }
  if (!model.batch(*writer, 2, 400) || !model.batch(*writer, 1, 20)) {
    return writer->failure()->message;
  }
  found = examine(disk, model);
  return !found.problem.empty()             ? found.problem
         : found.count != model.txns.size() ? "the new txns are not the end of the history"
                                            : "";
}

/// Crashes the opening of `disk` at each of its operations, and recovers from what is left.
std::string crash_in_recovery(const FakeDisk& disk, const Model& model, uint64_t seed) {
  for (int64_t at = 0;; ++at) {
    FakeDisk first(disk);
    Found found = examine(first, model);
    if (!found.problem.empty()) {
      return found.problem;
    }
    Model promised = model;
    promised.txns.resize(found.count);
    first.inject(Fault::kPowerCut, first.operations() + at);
    Result<LogWriter> writer = LogWriter::open(first, kLogs, found.tail, files_without_zeros());
    if (writer) {
      // What was read counts as promised only now that the disk has it.
      promised.acknowledged = found.count;
      promised.batch(*writer, 3, 400);
    }
    std::string problem;
    first.for_each_power_cut(4, seed + static_cast<uint64_t>(at), [&](FakeDisk& second) {
      problem = recover_and_go_on(second, promised);
      return problem.empty();
    });
    if (!problem.empty() || !first.is_off()) {
      return problem.empty()
                 ? ""
                 : problem + " (crash in recovery, operation " + std::to_string(at) + ")";
    }
  }
}

int64_t operations_of_a_life() {
  FakeDisk disk;
  (void)disk.make_directories(kLogs);
  Result<LogWriter> writer = LogWriter::open(disk, kLogs, {}, files_without_zeros());
  Model model;
  live(*writer, model);
  EXPECT_EQ(model.acknowledged, model.txns.size());
  return disk.operations();
}

/// The disk of a life that ended at operation `at`, and what had been promised.
std::unique_ptr<FakeDisk> life_until(int64_t at, Fault fault, Model& model) {
  auto disk = std::make_unique<FakeDisk>();
  (void)disk->make_directories(kLogs);
  disk->inject(fault, at);
  Result<LogWriter> writer = LogWriter::open(*disk, kLogs, {}, files_without_zeros());
  if (writer) {
    live(*writer, model);
  }
  return disk;
}

TEST(LogCrashTest, PowerCutAtEveryOperation) {
  const int64_t operations = operations_of_a_life();
  ASSERT_GT(operations, 40);
  int64_t disks = 0;
  for (int64_t at = 0; at <= operations; ++at) {
    Model model;
    const auto disk = life_until(at, Fault::kPowerCut, model);
    disk->for_each_power_cut(kLogBitsMax, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      ++disks;
      const std::string problem = recover_and_go_on(cut, model);
      EXPECT_EQ(problem, "") << "power cut at operation " << at;
      return problem.empty();
    });
    if (HasFailure()) {
      return;
    }
  }
  RecordProperty("disks", std::to_string(disks));
  EXPECT_GT(disks, 3000);
}

TEST(LogCrashTest, PowerCutDuringRecovery) {
  const int64_t operations = operations_of_a_life();
  for (int64_t at = 0; at <= operations; ++at) {
    Model model;
    const auto disk = life_until(at, Fault::kPowerCut, model);
    int index = 0;
    disk->for_each_power_cut(4, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      const std::string problem =
          crash_in_recovery(cut, model, static_cast<uint64_t>(at * 1000 + index++));
      EXPECT_EQ(problem, "") << "first power cut at operation " << at;
      return problem.empty();
    });
    if (HasFailure()) {
      return;
    }
  }
}

TEST(LogCrashTest, KilledThenPowerCut) {
  // What a killed process left in the page cache is read, believed, and must then survive.
  const int64_t operations = operations_of_a_life();
  for (int64_t at = 0; at <= operations; ++at) {
    Model model;
    const auto disk = life_until(at, Fault::kPowerCut, model)->after_kill();
    const std::string problem = crash_in_recovery(*disk, model, static_cast<uint64_t>(at));
    ASSERT_EQ(problem, "") << "killed at operation " << at;
  }
}

TEST(LogCrashTest, PowerCutWithZerosAhead) {
  const LogOptions options{.preallocate_bytes = 16 << 10, .zero_ahead_bytes = 2000};
  const auto run = [&](FakeDisk& disk, Model& model) {
    Result<LogWriter> writer = LogWriter::open(disk, kLogs, {}, options);
    for (int round = 0; writer && round < 8; ++round) {
      if (!model.batch(*writer, 1 + round % 3, 300) || (round % 2 == 0 && !writer->prepare())) {
        return;
      }
    }
  };
  FakeDisk healthy;
  (void)healthy.make_directories(kLogs);
  Model whole;
  run(healthy, whole);
  ASSERT_EQ(whole.acknowledged, whole.txns.size());
  for (int64_t at = 0; at <= healthy.operations(); ++at) {
    FakeDisk disk;
    (void)disk.make_directories(kLogs);
    disk.inject(Fault::kPowerCut, at);
    Model model;
    run(disk, model);
    disk.for_each_power_cut(10, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
      const std::string problem = recover_and_go_on(cut, model);
      EXPECT_EQ(problem, "") << "power cut at operation " << at;
      return problem.empty();
    });
    if (HasFailure()) {
      return;
    }
  }
}

TEST(LogCrashTest, AnyErrorKillsTheWriterForGood) {
  const int64_t operations = operations_of_a_life();
  for (const Fault fault : {Fault::kIoError, Fault::kNoSpace}) {
    for (int64_t at = 0; at < operations; ++at) {
      FakeDisk disk;
      (void)disk.make_directories(kLogs);
      Result<LogWriter> writer = LogWriter::open(disk, kLogs, {}, files_without_zeros());
      ASSERT_TRUE(writer.ok());
      Model model;
      disk.inject(fault, disk.operations() + at);
      live(*writer, model);
      if (writer->failure()) {
        // The disk is well again, but the writer must not believe it.
        const int64_t before = disk.operations();
        EXPECT_FALSE(model.batch(*writer, 1, 10));
        EXPECT_FALSE(writer->sync().ok());
        EXPECT_FALSE(writer->roll().ok());
        EXPECT_FALSE(writer->seal().ok());
        EXPECT_EQ(disk.operations(), before);
        EXPECT_EQ(writer->failure()->kind,
                  fault == Fault::kNoSpace ? ErrorKind::kNoSpace : ErrorKind::kIo);
      } else if (fault == Fault::kNoSpace) {
        // A smaller allocation went through, or the operation takes no space.
        EXPECT_EQ(model.acknowledged, model.txns.size());
      }
      // What was acknowledged is there, whether the process ends or the power goes.
      disk.for_each_power_cut(5, static_cast<uint64_t>(at), [&](FakeDisk& cut) {
        const std::string problem = recover_and_go_on(cut, model);
        EXPECT_EQ(problem, "") << "fault at operation " << at;
        return problem.empty();
      });
      const auto killed = disk.after_kill();
      EXPECT_EQ(recover_and_go_on(*killed, model), "") << "fault at operation " << at;
      if (HasFailure()) {
        return;
      }
    }
  }
}

TEST(LogCrashTest, ErrorsWhileOpeningAreReported) {
  Model model;
  const auto left = life_until(20, Fault::kPowerCut, model)->after_kill();
  const Found found = examine(*left, model);
  ASSERT_EQ(found.problem, "");
  for (int64_t at = 0;; ++at) {
    FakeDisk disk(*left);
    disk.inject(Fault::kIoError, disk.operations() + at);
    const int64_t before = disk.operations();
    const Result<LogWriter> writer =
        LogWriter::open(disk, kLogs, found.tail, files_without_zeros());
    if (disk.operations() - before <= at) {
      EXPECT_TRUE(writer.ok());
      EXPECT_GT(at, 3);
      break;
    }
    EXPECT_FALSE(writer.ok()) << "operation " << at;
  }
}

}  // namespace
}  // namespace quorate::storage
