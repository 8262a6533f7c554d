// The snapshot thread: writes snapshot slices to their file, purges, and watches the free space.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "server/base/histogram.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/node/event.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/purge.h"
#include "server/storage/snapshot_file.h"
#include "server/storage/space_guard.h"

namespace quorate::app {

struct HousekeepingOptions {
  storage::Directories directories;
  storage::Compression compression = storage::Compression::kNone;
  int purge_retain_count = 3;
  Duration purge_interval{};      ///< 0: never.
  int64_t preallocate_bytes = 0;  ///< Of a log file: what the reserve of free space is made for.
};

/// A look at the disk.
struct SpaceSeen {
  storage::SpaceLevel level = storage::SpaceLevel::kOk;
  bool changed = false;  ///< The level was another one before.
  int64_t free_bytes = 0;
  int64_t room_bytes = 0;    ///< Free above the reserve.
  int64_t logged_bytes = 0;  ///< Sum of note_logged() that free_bytes takes into account.
};

struct HousekeepingStats {
  Histogram snapshot_time;  ///< From begin to durable.
  int64_t data_dir_bytes = 0;
  int64_t log_dir_bytes = 0;
  int64_t free_bytes = -1;
};

/// Everything that touches files but need not be quick, on one thread.
class HousekeepingThread {
 public:
  /// All are called on this thread, unless said otherwise.
  struct Callbacks {
    std::function<void()> slice_wanted;
    std::function<void(Zxid zxid, const Status& outcome, const std::string& path)>
        snapshot_finished;
    std::function<void(const SpaceSeen& seen)> space_seen;
    std::function<void(const Status& outcome, size_t files)> purged;
    std::function<void(const std::string& name, const Status& outcome)> file_replaced;
    /// The logs behind it are not to be purged; nothing: any may go.
    std::function<std::optional<Zxid>()> log_needed;
    /// About once a second: certificates and the like.
    std::function<void()> each_second;
  };

  HousekeepingThread(storage::FileSystem& fs, HousekeepingOptions options, Callbacks callbacks);
  ~HousekeepingThread();
  HousekeepingThread(const HousekeepingThread&) = delete;
  HousekeepingThread& operator=(const HousekeepingThread&) = delete;

  /// A snapshot of the state at `zxid` begins; slices are asked for by slice_wanted, one at a time.
  void begin_snapshot(Zxid zxid);
  /// The slice that was asked for; `last` makes the file durable.
  void write_slice(std::string bytes, bool last);
  /// The snapshot that was begun will not be completed: snapshot_finished reports that it failed.
  void abandon_snapshot();
  /// Replaces the file of this name beside the snapshots, durably, soon. Of two wishes for one name
  /// the newer one counts.
  void replace_file(const std::string& name, std::string content);
  /// So many bytes went into the log. Looks at the free space whenever a part of the reserve may be
  /// gone, not only once a second: fast writers fill a small disk in less. On the log thread, since
  /// this one may be syncing a snapshot; space_seen is then called there.
  void note_logged(int64_t bytes);
  [[nodiscard]] HousekeepingStats stats() const;

 private:
  struct Slice {
    std::string bytes;
    bool last = false;
    bool abandoned = false;
  };

  void run(const std::stop_token& stop);
  void open_snapshot(Zxid zxid);
  void append_slice(const Slice& slice);
  void finish_snapshot(const Status& outcome);
  /// Returns the level that the disk is at.
  storage::SpaceLevel check_space();
  void purge();
  void measure_directories();

  storage::FileSystem& fs_;
  const HousekeepingOptions options_;
  const Callbacks callbacks_;

  // Only on the thread.
  std::unique_ptr<storage::SnapshotFile> file_;
  Zxid zxid_;
  TimePoint began_;
  TimePoint next_second_;
  TimePoint next_purge_;

  std::mutex space_mutex_;
  std::optional<storage::SpaceGuard> guard_;  ///< Guarded by space_mutex_; set by the first look.
  std::atomic<int64_t> logged_bytes_ = 0;     ///< Since the thread was made.
  std::atomic<int64_t> look_at_bytes_;        ///< So many of them make the next look due.

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Zxid> begin_;                 // Guarded by mutex_.
  std::optional<Slice> slice_;                // Guarded by mutex_.
  std::map<std::string, std::string> files_;  // Guarded by mutex_; what to write.
  HousekeepingStats stats_;                   // Guarded by mutex_.
  std::jthread thread_;                       // Last: it uses all of the above.
};

}  // namespace quorate::app
