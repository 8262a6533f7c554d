// The two version-2 directories: names of files in them, creation, sanity, locks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

/// Where everything is. `snapshots` and `logs` may be the same directory.
struct Directories {
  std::string data;       ///< dataDir itself: myid, initialize.
  std::string snapshots;  ///< dataDir/version-2: snapshots, epochs.
  std::string logs;       ///< dataLogDir/version-2: logs.
};

/// Paths for `data_dir` and `log_dir` (empty: the same); touches no file.
[[nodiscard]] Directories directories_of(const std::string& data_dir, const std::string& log_dir);

/// Both locks of a running server; released with the object.
struct DirectoryLocks {
  std::unique_ptr<FileLock> snapshots;
  std::unique_ptr<FileLock> logs;  ///< Null when the directories are the same.
};

/// Creates missing directories if `autocreate` (datadir.autocreate), else refuses; refuses
/// snapshots in the log directory and logs in the snapshot directory when they differ; takes the
/// locks `version-2/.lock`, so that no second server writes there. Source: ZooKeeper
/// FileTxnSnapLog.
[[nodiscard]] Result<DirectoryLocks> open_directories(FileSystem& fs,
                                                      const Directories& directories,
                                                      bool autocreate);

/// How the bytes of a snapshot file are packed; told by its name.
enum class Compression : uint8_t { kNone, kGzip, kSnappy };

struct LogFile {
  Zxid first_zxid;
  std::string name;
};
struct SnapshotName {
  Zxid zxid;
  Compression compression = Compression::kNone;
  std::string name;
};

/// "log.<hex>".
[[nodiscard]] std::string log_name(Zxid first_zxid);
/// "snapshot.<hex>", with ".gz" or ".snappy".
[[nodiscard]] std::string snapshot_name(Zxid zxid, Compression compression);
[[nodiscard]] std::optional<Zxid> parse_log_name(std::string_view name);
[[nodiscard]] std::optional<SnapshotName> parse_snapshot_name(std::string_view name);

/// Logs in ascending order of their zxid; other files are passed over.
[[nodiscard]] Result<std::vector<LogFile>> list_logs(FileSystem& fs, const std::string& directory);
/// Snapshots, newest first. Of two with the same zxid the uncompressed one comes first.
[[nodiscard]] Result<std::vector<SnapshotName>> list_snapshots(FileSystem& fs,
                                                               const std::string& directory);

/// Temporary files are named so that no ZooKeeper takes them for a log or a snapshot.
inline constexpr std::string_view kTemporaryPrefix = ".tmp.";
/// Removes what a crash left of unfinished snapshots. Errors are not reported: they do no harm.
void remove_temporary_files(FileSystem& fs, const Directories& directories);

}  // namespace quorate::storage
