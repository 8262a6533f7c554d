// Reads snapshot files, packed or not, into memory.
#pragma once

#include <string>

#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/tree/snapshot.h"

namespace quorate::storage {

/// Reads and unpacks the file. Errors: unreadable; packed data that is damaged (kCorrupt).
[[nodiscard]] Result<FileContent> read_snapshot(FileSystem& fs, const std::string& path,
                                                Compression compression);

/// The cheap check that decides which snapshots count for purging and which are tried at all: an
/// unpacked file ends with its seal, a packed one begins with its magic. A snapshot that a killed
/// Java server left half written fails it. Source: ZooKeeper SnapStream.isValidSnapshot.
[[nodiscard]] Result<bool> looks_complete(FileSystem& fs, const std::string& path,
                                          Compression compression);

/// Reads, unpacks, decodes and verifies the file at `path`, and sets the zxid that its name says.
/// For inspection and recovery. The error names the file and, where known, the offset.
[[nodiscard]] Result<tree::LoadedSnapshot> load_snapshot_file(FileSystem& fs,
                                                              const std::string& directory,
                                                              const SnapshotName& name,
                                                              const tree::TreeOptions& options);

}  // namespace quorate::storage
