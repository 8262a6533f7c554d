// The replicated state: znodes, sessions and the last applied zxid. Everything that a snapshot holds.
#pragma once

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
};

/// Deterministic: the same txns in the same order give the same state, byte for byte in a snapshot.
/// Not thread-safe: owned by the core loop.
class Database {
 public:
  explicit Database(TreeOptions options);

  [[nodiscard]] Tree& tree() { return tree_; }
  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] Zxid last_zxid() const { return last_zxid_; }
  void set_last_zxid(Zxid zxid) { last_zxid_ = zxid; }

  /// Sessions in ascending order of their id.
  [[nodiscard]] std::vector<SessionRecord> sessions() const;
  [[nodiscard]] std::optional<int32_t> session_timeout_ms(SessionId session) const;
  [[nodiscard]] size_t session_count() const;
  void put_session(SessionId session, int32_t timeout_ms);
  /// After recovery: deletes ephemerals whose session is not in the table. Returns how many.
  size_t drop_orphaned_ephemerals();

  /// Applies `record` (live, replayed over a fuzzy snapshot, or a follower's) and fills `applied`.
  /// Replay rules of ZooKeeper hold: an existing path created again, a missing one deleted again are
  /// no errors. Updates last_zxid. Returns false if the txn contradicts the state in a way that no
  /// replay explains (a parent that is missing): the caller must treat the log as corrupt.
  [[nodiscard]] bool apply(const wire::TxnRecord& record, Applied& applied);

 private:
  struct Impl;
  Tree tree_;
  Zxid last_zxid_;
  SessionMap sessions_;
};

}  // namespace quorate::tree
