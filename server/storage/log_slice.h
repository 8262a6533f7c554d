// Parts of the history on disk that members of an ensemble need: to feed a learner, to cut, to
// drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/log_history.h"
#include "server/storage/log_writer.h"

namespace quorate::storage {

/// One logged txn.
struct LoggedTxn {
  Zxid zxid;
  std::string bytes;
};

/// Reads the txns behind a zxid in slices. Its file stays open between them, so that no byte is
/// read twice and a purge takes nothing away from the middle of a file.
///
/// May run beside the writer of the log: it reads no further than it is asked to, and what it is
/// asked for must be on the disk. Not thread-safe. Borrows the file system.
class LogCursor {
 public:
  LogCursor(FileSystem& fs, std::string directory, Zxid after)
      : fs_(&fs), directory_(std::move(directory)), position_(after) {}

  /// The txns behind position() up to `until`, in order, no more than `bytes_max` bytes of them but
  /// one at least. Empty if the logs do not have the one that follows.
  [[nodiscard]] Result<std::vector<LoggedTxn>> read(Zxid until, size_t bytes_max);
  /// The last txn that was read; at first the one that the cursor was made with.
  [[nodiscard]] Zxid position() const { return position_; }

 private:
  [[nodiscard]] Status look_ahead();
  [[nodiscard]] Result<std::optional<HistoryEntry>> next_entry();

  FileSystem* fs_;
  std::string directory_;
  Zxid position_;
  std::optional<LogHistory> history_;  ///< Once something was read.
  std::optional<LoggedTxn> ahead_;     ///< Read, but there was no room for it.
};

/// What the logs have around a zxid.
struct LogNeighbours {
  std::optional<Zxid> floor;   ///< The greatest logged zxid <= the one asked for.
  std::optional<Zxid> next;    ///< The smallest one greater.
  bool is_contiguous = false;  ///< From `floor` to `until` there is no gap.
  int64_t bytes = 0;           ///< Of the txns from `next` to `until`.
};
/// Reads the logs from the one that may hold `zxid` on until `until` or until `bytes` is greater
/// than `bytes_max`; then the rest is not known, and `is_contiguous` false. May run beside the
/// writer of the log, as LogCursor.
[[nodiscard]] Result<LogNeighbours> find_log_neighbours(FileSystem& fs,
                                                        const std::string& directory, Zxid zxid,
                                                        Zxid until, int64_t bytes_max);

/// Cuts everything behind `zxid` from logs and snapshots, durably. The log writer must be closed.
/// Interrupted at any point it leaves a shorter history without a gap, and can be repeated.
[[nodiscard]] Status cut_history(FileSystem& fs, const Directories& directories, Zxid zxid);

/// Removes all logs, for a snapshot that is newer than they are; newest first, so that what a crash
/// leaves has no gap.
[[nodiscard]] Status drop_logs(FileSystem& fs, const Directories& directories);

}  // namespace quorate::storage
