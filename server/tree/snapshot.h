// Snapshots of the database in Apache's format: an exact image written slice by slice while writes
// go on, and the reader of all formats since 3.4.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/tree/database.h"

namespace quorate::tree {

/// Produces the bytes of a snapshot of the database as it was when the writer was made, although
/// txns are applied between the slices: nodes that change before their turn are saved as they were
/// (the database knows its writer and tells it before it changes a node). At most one writer at a
/// time for a database; must not outlive it. Making one costs O(sessions + ACLs), a slice O(bytes).
class SnapshotWriter {
 public:
  explicit SnapshotWriter(Database& database);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// The zxid whose state this is; names the file.
  [[nodiscard]] Zxid zxid() const;
  /// Appends about `bytes_max` bytes (a single node may exceed it). Returns false when the snapshot
  /// is complete, after the last bytes (seals, digest, lastProcessedZxid) were appended.
  [[nodiscard]] bool next(std::string& to, size_t bytes_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a snapshot says besides its content.
struct SnapshotInfo {
  std::optional<Zxid> last_processed_zxid;  ///< 3.9 and later.
  std::optional<wire::TxnDigest> digest;    ///< As recorded; checked against the content if version 2.
  std::optional<Zxid> digest_zxid;
};

struct LoadedSnapshot {
  Database database;
  SnapshotInfo info;
};

/// Reads a whole, uncompressed snapshot. Checks magic, every length, and every seal present.
/// Fuzzy snapshots of Java servers are accepted; a node without its parent, a bad checksum or a
/// truncated file is an Error that names the offset. The caller sets the zxid from the file's name.
[[nodiscard]] Result<LoadedSnapshot> load_snapshot(std::string_view bytes, TreeOptions options);

}  // namespace quorate::tree
