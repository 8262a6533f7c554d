// The replicated state: znodes, sessions and the last applied zxid. Everything that a snapshot
// holds.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/tree/applied.h"
#include "server/tree/tree.h"
#include "server/wire/txn.h"

namespace quorate::tree {

/// A session that exists as far as the log says.
struct SessionRecord {
  SessionId session;
  int32_t timeout_ms = 0;
  friend bool operator==(const SessionRecord&, const SessionRecord&) = default;
};

/// Deterministic: the same txns in the same order give the same state, byte for byte in a snapshot
/// (with the same TreeOptions). Not thread-safe: owned by the core loop. May be moved, but not
/// while a SnapshotWriter works on it.
class Database {
 public:
  explicit Database(TreeOptions options) : tree_(options) {}
  /// With a given tree, for the loader.
  explicit Database(Tree tree) : tree_(std::move(tree)) {}

  [[nodiscard]] Tree& tree() { return tree_; }
  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] Zxid last_zxid() const { return last_zxid_; }
  void set_last_zxid(Zxid zxid) { last_zxid_ = zxid; }

  /// Sessions in ascending order of their id.
  [[nodiscard]] std::vector<SessionRecord> sessions() const;
  [[nodiscard]] std::optional<int32_t> session_timeout_ms(SessionId session) const;
  [[nodiscard]] size_t session_count() const { return sessions_.size(); }
  void put_session(SessionId session, int32_t timeout_ms);
  /// After recovery: deletes ephemerals whose session is not in the table, as a close of the
  /// session at the last zxid would. Returns how many. Source: ZooKeeper 3.9
  /// ZooKeeperServer.loadData.
  size_t drop_orphaned_ephemerals();

  /// Applies `record` (live, replayed over a fuzzy snapshot, or a follower's) and fills `applied`.
  /// Replay rules of ZooKeeper hold: an existing path created again, a missing one deleted again
  /// are no errors; nor is a missing parent, whose deletion a fuzzy snapshot may hold already. See
  /// OpResult::error, and ignored_count(). Raises last_zxid. Returns false if no server can have
  /// written such a txn (no path to create or delete at, an impossible TTL): the caller must treat
  /// the log as corrupt and throw this database away.
  [[nodiscard]] bool apply(const wire::TxnRecord& record, Applied& applied);

  /// Operations so far that changed nothing because their node or its parent was missing, or was
  /// there already. More than 0 only after replay over a fuzzy snapshot, or with a damaged log.
  [[nodiscard]] uint64_t ignored_count() const { return ignored_count_; }

 private:
  friend class TxnApplier;

  Tree tree_;
  Zxid last_zxid_;
  absl::flat_hash_map<SessionId, int32_t> sessions_;  ///< Timeout in ms.
  uint64_t ignored_count_ = 0;
};

}  // namespace quorate::tree
