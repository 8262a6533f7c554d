// Names, creation and locks of the data directories.
#include "server/storage/directories.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "server/base/text.h"

namespace quorate::storage {
namespace {

constexpr std::string_view kVersionFolder = "version-2";
constexpr std::string_view kLockName = ".lock";
constexpr std::string_view kLogPrefix = "log.";
constexpr std::string_view kSnapshotPrefix = "snapshot.";

std::string hex_of(Zxid zxid) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(zxid.value));
  return text;
}

/// As ZooKeeper writes them.
std::optional<Zxid> parse_zxid(std::string_view text) {
  const std::optional<uint64_t> value = parse_hex(text);
  return value ? std::optional(Zxid{static_cast<int64_t>(*value)}) : std::nullopt;
}

Status require_directory(FileSystem& fs, const std::string& directory, const char* key,
                         bool autocreate) {
  if (fs.is_directory(directory)) {
    return {};
  }
  if (autocreate) {
    return fs.make_directories(directory);
  }
  return Error{ErrorKind::kNotFound,
               std::string("directory of ") + key + " " + directory +
                   " does not exist and zookeeper.datadir.autocreate is false: create it"};
}

/// The two directories must not be mixed up: a server with swapped settings would start empty.
Status refuse_mixed(FileSystem& fs, const Directories& directories) {
  Result<std::vector<SnapshotName>> snapshots = list_snapshots(fs, directories.logs);
  if (!snapshots) {
    return snapshots.error();
  }
  if (!snapshots->empty()) {
    return Error{ErrorKind::kConflict, "log directory " + directories.logs +
                                           " has snapshot files (" + snapshots->front().name +
                                           "): check that dataLogDir and dataDir are right"};
  }
  Result<std::vector<LogFile>> logs = list_logs(fs, directories.snapshots);
  if (!logs) {
    return logs.error();
  }
  if (!logs->empty()) {
    return Error{ErrorKind::kConflict, "snapshot directory " + directories.snapshots +
                                           " has log files (" + logs->front().name +
                                           "): check that dataLogDir and dataDir are right"};
  }
  return {};
}

}  // namespace

Directories directories_of(const std::string& data_dir, const std::string& log_dir) {
  return {.data = data_dir,
          .snapshots = join_path(data_dir, kVersionFolder),
          .logs = join_path(log_dir.empty() ? data_dir : log_dir, kVersionFolder)};
}

Result<DirectoryLocks> open_directories(FileSystem& fs, const Directories& directories,
                                        bool autocreate) {
  const bool separate = directories.logs != directories.snapshots;
  if (Status made = require_directory(fs, directories.snapshots, "dataDir", autocreate); !made) {
    return made.error();
  }
  if (Status made = require_directory(fs, directories.logs, "dataLogDir", autocreate); !made) {
    return made.error();
  }
  DirectoryLocks locks;
  Result<std::unique_ptr<FileLock>> first = fs.lock(join_path(directories.snapshots, kLockName));
  if (!first) {
    return first.error();
  }
  locks.snapshots = std::move(*first);
  if (!separate) {
    return locks;
  }
  Result<std::unique_ptr<FileLock>> second = fs.lock(join_path(directories.logs, kLockName));
  if (!second) {
    return second.error();
  }
  locks.logs = std::move(*second);
  if (Status fine = refuse_mixed(fs, directories); !fine) {
    return fine.error();
  }
  return locks;
}

std::string log_name(Zxid first_zxid) { return std::string(kLogPrefix) + hex_of(first_zxid); }

std::string snapshot_name(Zxid zxid, Compression compression) {
  const char* suffix = "";
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      suffix = ".gz";
      break;
    case Compression::kSnappy:
      suffix = ".snappy";
      break;
  }
  return std::string(kSnapshotPrefix) + hex_of(zxid) + suffix;
}

std::optional<Zxid> parse_log_name(std::string_view name) {
  if (!name.starts_with(kLogPrefix)) {
    return std::nullopt;
  }
  return parse_zxid(name.substr(kLogPrefix.size()));
}

std::optional<SnapshotName> parse_snapshot_name(std::string_view name) {
  if (!name.starts_with(kSnapshotPrefix)) {
    return std::nullopt;
  }
  std::string_view hex = name.substr(kSnapshotPrefix.size());
  Compression compression = Compression::kNone;
  if (hex.ends_with(".gz")) {
    compression = Compression::kGzip;
    hex.remove_suffix(3);
  } else if (hex.ends_with(".snappy")) {
    compression = Compression::kSnappy;
    hex.remove_suffix(7);
  }
  const std::optional<Zxid> zxid = parse_zxid(hex);
  if (!zxid) {
    return std::nullopt;
  }
  return SnapshotName{.zxid = *zxid, .compression = compression, .name = std::string(name)};
}

Result<std::vector<LogFile>> list_logs(FileSystem& fs, const std::string& directory) {
  Result<std::vector<std::string>> names = fs.list(directory);
  if (!names) {
    return names.error();
  }
  std::vector<LogFile> logs;
  for (std::string& name : *names) {
    if (const std::optional<Zxid> zxid = parse_log_name(name)) {
      logs.push_back({.first_zxid = *zxid, .name = std::move(name)});
    }
  }
  std::ranges::sort(logs, {}, &LogFile::first_zxid);
  return logs;
}

Result<std::vector<SnapshotName>> list_snapshots(FileSystem& fs, const std::string& directory) {
  Result<std::vector<std::string>> names = fs.list(directory);
  if (!names) {
    return names.error();
  }
  std::vector<SnapshotName> snapshots;
  for (const std::string& name : *names) {
    if (std::optional<SnapshotName> parsed = parse_snapshot_name(name)) {
      snapshots.push_back(std::move(*parsed));
    }
  }
  std::ranges::sort(snapshots, [](const SnapshotName& a, const SnapshotName& b) {
    return a.zxid != b.zxid ? a.zxid > b.zxid : a.compression < b.compression;
  });
  return snapshots;
}

void remove_temporary_files(FileSystem& fs, const Directories& directories) {
  for (const std::string& directory : {directories.snapshots, directories.logs}) {
    Result<std::vector<std::string>> names = fs.list(directory);
    if (!names) {
      continue;
    }
    for (const std::string& name : *names) {
      if (name.starts_with(kTemporaryPrefix)) {
        (void)fs.unlink(join_path(directory, name));
      }
    }
  }
}

}  // namespace quorate::storage
