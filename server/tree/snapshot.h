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

/// Where the bytes go.
enum class SnapshotForm : uint8_t {
  kFile,    ///< With a header, seals and the digest.
  kStream,  ///< As a leader sends it to a learner: the content, then the string "BenWasHere".
};

/// Produces the bytes of a snapshot of the database as it was when the writer was made, although
/// txns are applied between the slices: nodes that change before their turn are saved as they were
/// (the database knows its writer and tells it before it changes a node). At most one writer at a
/// time for a database; must not outlive it. Making one costs O(sessions + ACLs), a slice O(bytes).
///
/// A writer may be destroyed before it is complete. After seven such in a row, making the next one
/// visits every node once.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(Database& database, SnapshotForm form = SnapshotForm::kFile);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// The zxid whose state this is; names the file.
  [[nodiscard]] Zxid zxid() const;
  /// Appends about `bytes_max` bytes (a single node may exceed it). Returns false when the snapshot
  /// is complete, after the last bytes (seals, digest, lastProcessedZxid) were appended; not to be
  /// called again then.
  [[nodiscard]] bool next(std::string& to, size_t bytes_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a snapshot says besides its content.
struct SnapshotInfo {
  std::optional<Zxid> last_processed_zxid;  ///< 3.9 and later. When the writing ended, in Java's.
  /// As recorded when the writing ended, for `digest_zxid`. So it says something about the content
  /// only if that is the zxid in the file's name (snapshots of ours, and those of Java that no txn
  /// met): see digest_contradicts(). Absent if empty.
  std::optional<wire::TxnDigest> digest;
  std::optional<Zxid> digest_zxid;
  /// Nodes whose ACL is not in the snapshot (fuzzy ones of Java). Until a replayed txn gives them
  /// another they have an ACL that lets nobody in.
  size_t missing_acl_count = 0;
};

struct LoadedSnapshot {
  Database database;
  SnapshotInfo info;
};

/// Reads a whole, uncompressed snapshot. Checks magic, every length, and every seal present.
/// Fuzzy snapshots of Java servers are accepted; a node without its parent, a bad checksum or a
/// truncated file is an Error that names the offset. The caller sets the zxid from the file's name.
[[nodiscard]] Result<LoadedSnapshot> load_snapshot(std::string_view bytes, TreeOptions options);

/// Finds the end of a snapshot's stream (SnapshotForm::kStream) while it arrives, and keeps it.
class SnapshotStream {
 public:
  /// Takes what belongs to the snapshot and returns how many bytes that is.
  size_t take(std::string_view bytes);
  [[nodiscard]] bool is_whole() const { return part_ == Part::kWhole; }
  /// No snapshot begins like this.
  [[nodiscard]] bool is_malformed() const { return part_ == Part::kMalformed; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string take_bytes() { return std::move(bytes_); }

 private:
  enum class Part : uint8_t { kSessions, kAcls, kNodes, kSignature, kWhole, kMalformed };

  /// Passes over one element if all of it is there.
  bool pass_element();
  bool pass_sessions();
  bool pass_acl();
  bool pass_node();
  bool pass_signature();
  /// Passes over an int and as many bytes at `offset`; -1 counts as 0. False if more is needed or
  /// it is malformed.
  bool pass_buffer(size_t& offset);
  bool pass_int(size_t& offset, int32_t& value) const;

  std::string bytes_;
  size_t passed_ = 0;
  Part part_ = Part::kSessions;
  int32_t acls_left_ = -1;  ///< -1: their count was not read yet.
};

/// Reads the bytes of a whole SnapshotStream. The caller sets the zxid that the leader named.
[[nodiscard]] Result<Database> load_snapshot_stream(std::string_view bytes, TreeOptions options);

/// True if the snapshot, whose file name says `zxid`, records another digest for that very zxid
/// than its content has. Call it before any txn is replayed.
[[nodiscard]] bool digest_contradicts(const LoadedSnapshot& snapshot, Zxid zxid);

}  // namespace quorate::tree
