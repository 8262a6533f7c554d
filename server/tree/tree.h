// The znode tree: compact nodes found by path, with stats, ACL ids, ephemerals, quotas, digest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/tree/acl_table.h"
#include "server/tree/applied.h"
#include "server/wire/jute.h"
#include "server/wire/stat.h"
#include "server/wire/txn.h"

namespace quorate::tree {

struct TreeOptions {
  bool digest_enabled = true;
  bool extended_types_enabled = false;  ///< TTL nodes, zookeeper.extendedTypesEnabled.
  bool emulate_353_ttl = false;         ///< Owner encoding of 3.5.3.
};

/// Position of a znode in the node arena. 0 is "none"; a slot is reused after its node is deleted.
struct NodeId {
  uint32_t index = 0;
  explicit operator bool() const { return index != 0; }
  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
};

/// Hard limit that a write would exceed, or soft limit that it did.
enum class QuotaVerdict : uint8_t { kWithin, kSoftExceeded, kHardExceeded };

class Tree {
 public:
  // ---- Lookup (never allocates) -----------------------------------------------------------------
  /// The node at `path`; "" and "/" are the root. None if there is none.
  [[nodiscard]] NodeId find(std::string_view path) const;
  [[nodiscard]] NodeId parent(NodeId node) const;
  [[nodiscard]] wire::Stat stat(NodeId node) const;
  [[nodiscard]] wire::StatPersisted persisted(NodeId node) const;
  /// Borrowed until the next apply.
  [[nodiscard]] wire::NullableBytes data(NodeId node) const;
  [[nodiscard]] std::string_view name(NodeId node) const;
  [[nodiscard]] std::string path(NodeId node) const;
  [[nodiscard]] AclId acl(NodeId node) const;
  [[nodiscard]] int32_t child_count(NodeId node) const;
  [[nodiscard]] int64_t ephemeral_owner(NodeId node) const;
  /// Appends vector<string> of the child names, as getChildren's reply has it (count, then names).
  void append_children(NodeId node, wire::Writer& to) const;
  /// Child nodes, in no particular but deterministic order.
  [[nodiscard]] std::vector<NodeId> children(NodeId node) const;
  /// Number of strict descendants.
  [[nodiscard]] int64_t descendant_count(NodeId node) const;

  [[nodiscard]] const AclTable& acls() const;

  // ---- Indices ----------------------------------------------------------------------------------
  /// Paths of the session's ephemerals, sorted.
  [[nodiscard]] std::vector<std::string> ephemerals_of(SessionId session) const;
  [[nodiscard]] size_t ephemeral_count() const;
  /// Sessions that own ephemerals, sorted.
  [[nodiscard]] std::vector<SessionId> sessions_with_ephemerals() const;
  [[nodiscard]] int64_t node_count() const;              ///< As Apache counts: root twice.
  [[nodiscard]] int64_t approximate_data_bytes() const;  ///< Paths and data, as Apache sums them.

  /// Containers and TTL nodes that may be deleted at `now`: childless, used (or older than
  /// `never_used_ms_max` when that is not 0), TTL passed. At most `count_max`, sorted by path.
  [[nodiscard]] std::vector<std::string> reapable(WallMillis now, int64_t never_used_ms_max,
                                                  size_t count_max) const;

  // ---- Quota ------------------------------------------------------------------------------------
  /// Whether adding `count` nodes and `bytes` of data at `path` would exceed the quota of the longest
  /// registered prefix. Committed state only, as ZooKeeper.
  [[nodiscard]] QuotaVerdict check_quota(std::string_view path, int64_t count, int64_t bytes) const;

  // ---- Digest -----------------------------------------------------------------------------------
  /// Sum of all node digests; 0 when digests are off.
  [[nodiscard]] uint64_t digest() const;
  /// Digest of one node, the term that `path` with this state adds to the sum. 0 for paths below
  /// "/zookeeper/".
  [[nodiscard]] static uint64_t node_digest(std::string_view path, wire::NullableBytes data,
                                            const wire::StatPersisted& stat);
  /// The cached term of an existing node, so that a writer need not compute it again.
  [[nodiscard]] uint64_t node_digest(NodeId node) const;
};

}  // namespace quorate::tree
