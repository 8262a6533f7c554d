// The log thread: takes batches of txns from the core loop, makes them durable, says so.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/base/histogram.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/log_writer.h"

namespace quorate::app {

/// Txns on their way to the log, in order; offsets into `bytes`.
struct LogBatch {
  struct Entry {
    Zxid zxid;
    size_t begin = 0;
    size_t end = 0;
    bool roll_before = false;  ///< A new log file starts with this txn.
  };
  std::string bytes;
  std::vector<Entry> entries;

  [[nodiscard]] bool empty() const { return entries.empty(); }
  void clear() {
    bytes.clear();
    entries.clear();
  }
};

/// What the disk has been seen to do; a copy for metrics.
struct LogThreadStats {
  Histogram sync_time;      ///< Write and fsync of one batch.
  Histogram queue_time;     ///< From submit() to the start of its write.
  Histogram batch_txns;     ///< Txns of a batch; the unit is txns, not microseconds.
  uint64_t slow_syncs = 0;  ///< Longer than the warning threshold.
  int64_t bytes = 0;
};

/// Something else to do with the log, in its turn between batches: it may close the writer and open
/// another. An error is as final as one of writing.
using LogJob = std::function<Status(storage::LogWriter& writer)>;

/// Group commit without a timer: as soon as the disk is idle, everything that waits is written and
/// synced at once. The first error is final: the member must stop, since nobody can say what the
/// disk holds.
class LogThread {
 public:
  struct Callbacks {
    /// Everything up to `zxid` is durable. Called on the thread that wrote it.
    std::function<void(Zxid zxid, int64_t bytes)> synced;
    /// Called on the thread that wrote, once; nothing is written after it.
    std::function<void(const Error& error)> failed;
    /// A sync took longer than the threshold. Called on the thread that wrote.
    std::function<void(Duration took)> slow;
  };

  LogThread(storage::LogWriter writer, Duration slow_threshold, Callbacks callbacks);
  /// Finishes what was submitted, seals the log and joins.
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  /// Hands over `batch` and takes its content; the caller gets an empty batch with capacity back.
  void submit(LogBatch& batch);
  /// Done behind all batches that were submitted before, and ahead of those that come later.
  void submit_job(LogJob job);
  /// The same as submit() on the caller's thread, which waits for the disk: `synced` is called
  /// before it returns true. False, with the batch untouched, while the log thread has anything to
  /// do.
  [[nodiscard]] bool write_now(LogBatch& batch);
  [[nodiscard]] LogThreadStats stats() const;

 private:
  /// What comes behind waiting_: once there is a job, batches queue behind it.
  struct Later {
    LogBatch batch;
    LogJob job;  ///< Null: a batch.
  };

  void run(const std::stop_token& stop);
  [[nodiscard]] bool has_work() const { return !waiting_.empty() || !later_.empty(); }
  static void add(LogBatch& to, LogBatch& batch);
  [[nodiscard]] bool write(const LogBatch& batch, TimePoint submitted);
  void record(TimePoint submitted, TimePoint started, TimePoint ended, const LogBatch& batch);

  storage::LogWriter writer_;  // Of the thread that has set writing_.
  const Duration slow_threshold_;
  const Callbacks callbacks_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  LogBatch waiting_;         // Guarded by mutex_.
  TimePoint waiting_since_;  // Guarded by mutex_.
  std::deque<Later> later_;  // Guarded by mutex_.
  bool writing_ = false;     // Guarded by mutex_.
  LogThreadStats stats_;     // Guarded by mutex_.
  std::jthread thread_;      // Last: it uses all of the above.
};

}  // namespace quorate::app
