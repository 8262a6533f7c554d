// Removes snapshots and logs that no recovery needs any more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

/// Fewer would leave no second chance when the newest snapshot rots.
inline constexpr int kRetainedSnapshotsMin = 3;

struct PurgeReport {
  std::vector<std::string> removed;  ///< Paths.
};

/// Keeps the `retain` newest complete snapshots (at least 3), whatever is newer than the oldest of
/// them, and every log that may hold a txn after it or after `needed` (a learner is being sent what
/// follows), the one that may only begin before it included. With fewer complete snapshots nothing
/// is removed. Runs beside a writing log and snapshot thread: it never touches the newest log or a
/// temporary file. After a crash in the
/// middle everything that is left is still of use, and the next run goes on. Source: ZooKeeper
/// PurgeTxnLog.
[[nodiscard]] Result<PurgeReport> purge(FileSystem& fs, const Directories& directories, int retain,
                                        std::optional<Zxid> needed = std::nullopt);

}  // namespace quorate::storage
