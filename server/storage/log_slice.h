// Parts of the history on disk that members of an ensemble need: to feed a learner, to cut, to
// drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/log_writer.h"

namespace quorate::storage {

/// One logged txn.
struct LoggedTxn {
  Zxid zxid;
  std::string bytes;
};

/// The txns behind `after` up to `until`, in order, no more than `bytes_max` bytes of them but one
/// at least. Empty if the logs do not begin at or before the one that follows `after`.
[[nodiscard]] Result<std::vector<LoggedTxn>> read_log_slice(FileSystem& fs,
                                                            const std::string& directory,
                                                            Zxid after, Zxid until,
                                                            size_t bytes_max);

/// What the logs have around a zxid.
struct LogNeighbours {
  std::optional<Zxid> floor;   ///< The greatest logged zxid <= the one asked for.
  std::optional<Zxid> next;    ///< The smallest one greater.
  bool is_contiguous = false;  ///< From `floor` to `until` there is no gap.
  int64_t bytes = 0;           ///< Of the txns from `next` to `until`.
};
/// Reads every log from the one that may hold `zxid` on: O(bytes).
[[nodiscard]] Result<LogNeighbours> find_log_neighbours(FileSystem& fs,
                                                        const std::string& directory, Zxid zxid,
                                                        Zxid until);

/// Cuts everything behind `zxid` from logs and snapshots, durably. The log writer must be closed.
/// Interrupted at any point it leaves a shorter history without a gap, and can be repeated.
[[nodiscard]] Status cut_history(FileSystem& fs, const Directories& directories, Zxid zxid);

/// Removes all logs, for a snapshot that is newer than they are; newest first, so that what a crash
/// leaves has no gap.
[[nodiscard]] Status drop_logs(FileSystem& fs, const Directories& directories);

}  // namespace quorate::storage
