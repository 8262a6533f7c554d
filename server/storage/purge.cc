// Purging of old snapshots and logs.
#include "server/storage/purge.h"

#include <algorithm>
#include <optional>

#include "server/storage/snapshot_reader.h"

namespace quorate::storage {
namespace {

/// Zxid of the oldest snapshot to keep; nothing if there are fewer than `retain` complete ones.
Result<std::optional<Zxid>> oldest_kept(FileSystem& fs, const std::string& directory,
                                        const std::vector<SnapshotName>& snapshots, int retain) {
  int complete_count = 0;
  std::optional<Zxid> oldest;
  for (const SnapshotName& snapshot : snapshots) {
    Result<bool> complete =
        looks_complete(fs, join_path(directory, snapshot.name), snapshot.compression);
    if (!complete) {
      return complete.error();
    }
    // Two packings of one snapshot are one.
    if (!*complete || (oldest && *oldest == snapshot.zxid)) {
      continue;
    }
    oldest = snapshot.zxid;
    if (++complete_count == retain) {
      return oldest;
    }
  }
  return std::optional<Zxid>();
}

Status remove(FileSystem& fs, const std::string& path, PurgeReport& report) {
  const Status removed = fs.unlink(path);
  if (!removed && removed.error().kind != ErrorKind::kNotFound) {
    return removed;
  }
  report.removed.push_back(path);
  return {};
}

}  // namespace

Result<PurgeReport> purge(FileSystem& fs, const Directories& directories, int retain,
                          std::optional<Zxid> needed) {
  // Logs first: one that appears after this list was made is newer than any snapshot below.
  Result<std::vector<LogFile>> logs = list_logs(fs, directories.logs);
  if (!logs) {
    return logs.error();
  }
  Result<std::vector<SnapshotName>> snapshots = list_snapshots(fs, directories.snapshots);
  if (!snapshots) {
    return snapshots.error();
  }
  Result<std::optional<Zxid>> oldest =
      oldest_kept(fs, directories.snapshots, *snapshots, std::max(retain, kRetainedSnapshotsMin));
  if (!oldest) {
    return oldest.error();
  }
  PurgeReport report;
  if (!*oldest) {
    return report;
  }
  for (const SnapshotName& snapshot : *snapshots) {
    if (snapshot.zxid < **oldest) {
      if (Status gone = remove(fs, join_path(directories.snapshots, snapshot.name), report);
          !gone) {
        return gone.error();
      }
    }
  }
  // A snapshot must not come back without its logs.
  if (!report.removed.empty()) {
    if (Status synced = fs.sync_directory(directories.snapshots); !synced) {
      return synced.error();
    }
  }
  const size_t removed_snapshots = report.removed.size();
  const Zxid kept = std::min(**oldest, needed.value_or(**oldest));
  for (size_t index = 0; index + 1 < logs->size(); ++index) {
    // The successor begins at or before what is kept: this one holds nothing later.
    if ((*logs)[index + 1].first_zxid <= kept) {
      if (Status gone = remove(fs, join_path(directories.logs, (*logs)[index].name), report);
          !gone) {
        return gone.error();
      }
    }
  }
  if (report.removed.size() > removed_snapshots) {
    if (Status synced = fs.sync_directory(directories.logs); !synced) {
      return synced.error();
    }
  }
  return report;
}

}  // namespace quorate::storage
