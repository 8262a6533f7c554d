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
#include "server/tree/child_sets.h"
#include "server/tree/node.h"
#include "server/tree/owned_nodes.h"
#include "server/tree/quota_index.h"
#include "server/tree/snapshot_marks.h"
#include "server/wire/jute.h"
#include "server/wire/stat.h"
#include "server/wire/txn.h"

namespace quorate::tree {

class SnapshotWalk;

struct TreeOptions {
  bool digest_enabled = true;
  bool extended_types_enabled = false;  ///< TTL nodes, zookeeper.extendedTypesEnabled.
  bool emulate_353_ttl = false;         ///< Owner encoding of 3.5.3.
  /// Key of the hashes of names. A server passes a random one, so that no client can aim at
  /// collisions; tests and simulations a fixed one. Decides the order of children, nothing else.
  uint64_t hash_seed = 0;
  /// Told of large memory before its use. A server passes a function that asks for huge pages: in a
  /// tree of a million nodes they make lookups faster by a third, since most of their time is
  /// waiting for memory and its page tables.
  MemoryHint memory_hint = nullptr;
};

/// Hard limit that a write would exceed, or soft limit that it did.
enum class QuotaVerdict : uint8_t { kWithin, kSoftExceeded, kHardExceeded };

/// Outcome of a mutation. All else is valid where the error is kOk. ACL ids stay resolvable until
/// the next purge of the ACL table.
struct WriteResult {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  AclId acl;         ///< Of the node, for a deletion as it was.
  AclId parent_acl;  ///< After create and remove.
  wire::Stat stat;   ///< Not after remove. Before a quota's statistics change in place.
};

/// A znode to create.
struct NewNode {
  std::string_view path;
  wire::NullableBytes data;
  wire::AclList acls;
  int64_t owner = 0;             ///< As persisted; see owner.h.
  int32_t parent_cversion = -1;  ///< As in wire::CreateTxn.
  Zxid zxid;
  WallMillis time;
};

class Tree {
 public:
  /// The tree of a fresh database: root, /zookeeper, /zookeeper/quota, /zookeeper/config.
  explicit Tree(TreeOptions options);
  /// A tree with nothing but a root, for the loader.
  [[nodiscard]] static Tree bare(TreeOptions options);
  Tree(Tree&&) noexcept = default;
  Tree& operator=(Tree&&) noexcept = default;

  [[nodiscard]] const TreeOptions& options() const { return options_; }

  // ---- Lookup (never allocates) -----------------------------------------------------------------
  /// The node at `path`; "" and "/" are the root. None if there is none.
  [[nodiscard]] NodeId find(std::string_view path) const;
  /// Starts loading into the cache what find(path) reads last. For a caller with several paths:
  /// first all of them with kEntry, then all with kNode; their waits for memory overlap.
  enum class Ahead { kEntry, kNode };
  void prefetch(std::string_view path, Ahead what) const;
  [[nodiscard]] NodeId parent(NodeId node) const { return NodeId{store_.at(node).parent}; }
  [[nodiscard]] NodeId root() const { return root_; }
  [[nodiscard]] wire::Stat stat(NodeId node) const;
  [[nodiscard]] wire::StatPersisted persisted(NodeId node) const;
  [[nodiscard]] int32_t version(NodeId node) const;
  /// Borrowed until the next apply.
  [[nodiscard]] wire::NullableBytes data(NodeId node) const { return store_.data(store_.at(node)); }
  [[nodiscard]] std::string_view name(NodeId node) const { return store_.at(node).name(); }
  /// Path of the node, "/" for the root. (Allocates.)
  [[nodiscard]] std::string path(NodeId node) const;
  [[nodiscard]] AclId acl(NodeId node) const { return AclId{store_.at(node).acl}; }
  [[nodiscard]] int32_t child_count(NodeId node) const;
  /// Session of an ephemeral; 0 for all other kinds, also containers and TTL nodes.
  [[nodiscard]] int64_t ephemeral_owner(NodeId node) const;
  /// Appends vector<string> of the child names, as getChildren's reply has it (count, then names).
  void append_children(NodeId node, wire::Writer& to) const;
  /// Child nodes, in no particular but deterministic order.
  [[nodiscard]] std::vector<NodeId> children(NodeId node) const;
  /// Number of strict descendants. O(1) for the root, O(descendants) for others.
  [[nodiscard]] int64_t descendant_count(NodeId node) const;

  [[nodiscard]] const AclTable& acls() const { return acls_; }

  // ---- Indices ----------------------------------------------------------------------------------
  /// Paths of the session's ephemerals, sorted.
  [[nodiscard]] std::vector<std::string> ephemerals_of(SessionId session) const;
  [[nodiscard]] size_t ephemeral_count() const { return owned_.ephemeral_count(); }
  /// Sessions that own ephemerals, sorted.
  [[nodiscard]] std::vector<SessionId> sessions_with_ephemerals() const {
    return owned_.sessions();
  }
  /// As Apache counts: root twice.
  [[nodiscard]] int64_t node_count() const { return node_count_ + 1; }
  /// Paths and data, as Apache sums them.
  [[nodiscard]] int64_t approximate_data_bytes() const { return data_bytes_; }
  /// Memory held for nodes and data. Part of it may never have been touched.
  [[nodiscard]] size_t reserved_bytes() const { return store_.reserved_bytes(); }

  /// Containers and TTL nodes that may be deleted at `now`: childless, used (or older than
  /// `never_used_ms_max` when that is not 0), TTL passed. At most `count_max`, sorted by path.
  [[nodiscard]] std::vector<std::string> reapable(WallMillis now, int64_t never_used_ms_max,
                                                  size_t count_max) const;

  // ---- Quota ------------------------------------------------------------------------------------
  /// Whether adding `count` nodes and `bytes` of data at `path` would exceed the quota of the
  /// longest registered prefix. Committed state only, as ZooKeeper.
  [[nodiscard]] QuotaVerdict check_quota(std::string_view path, int64_t count, int64_t bytes) const;

  // ---- Digest -----------------------------------------------------------------------------------
  /// Sum of all node digests; 0 when digests are off.
  [[nodiscard]] uint64_t digest() const { return digest_sum_; }
  /// Digest of one node, the term that `path` with this state adds to the sum. 0 for paths below
  /// "/zookeeper/".
  [[nodiscard]] static uint64_t node_digest(std::string_view path, wire::NullableBytes data,
                                            const wire::StatPersisted& stat);
  /// The cached term of an existing node, so that a writer need not compute it again.
  [[nodiscard]] uint64_t node_digest(NodeId node) const { return store_.at(node).digest; }

  // ---- Mutation: for Database::apply and the loader
  // ----------------------------------------------
  /// Whether a txn may create or delete at this path: starts with '/', has a last component, not
  /// too long a one.
  [[nodiscard]] static bool is_applicable(std::string_view path);

  /// Creates a node at an applicable path. kNoNode if its parent is missing; kNodeExists if it is
  /// there, which then only takes over the ACL. Source: ZooKeeper 3.9 DataTree.createNode.
  WriteResult create(const NewNode& node);
  /// Deletes at an applicable path, with all descendants (none, but in a replay). kNoNode if it is
  /// missing; the parent's pzxid is raised in any case.
  WriteResult remove(std::string_view path, Zxid zxid);
  WriteResult set_data(std::string_view path, wire::NullableBytes data, int32_t version, Zxid zxid,
                       WallMillis time);
  WriteResult set_acl(std::string_view path, wire::AclList acls, int32_t aversion);
  /// Raises the persisted cversion of the parent of `path` to `cversion` (-1: by one), and its
  /// pzxid with it, if that is more than it has. Part of the replay of a create over an existing
  /// node.
  void raise_parent_cversion(std::string_view path, int32_t cversion, Zxid zxid);
  /// Forgets ACLs that the last apply dropped.
  void purge_acls() { acls_.purge(); }

  /// A node as a snapshot holds it. The reference to `acl` passes to the tree.
  struct LoadedNode {
    NodeId parent;
    std::string_view name;
    std::string_view path;
    wire::NullableBytes data;
    AclId acl;
    wire::StatPersisted stat;
  };
  /// Adds a node as it is. None if the parent has a child of that name.
  NodeId load(const LoadedNode& node);
  /// Gives the root of a bare tree its content.
  void load_root(wire::NullableBytes data, AclId acl, const wire::StatPersisted& stat);
  [[nodiscard]] AclTable& acls() { return acls_; }
  /// Finds the quotas in the tree and counts their statistics afresh, as a load does.
  void rebuild_quotas();

 private:
  friend class SnapshotWalk;

  struct Bare {};
  Tree(TreeOptions options, Bare);

  void before_change(NodeId node);
  [[nodiscard]] int64_t owner_of(NodeId id, const Node& node) const;
  /// A node that is not yet part of the tree: link_node() follows, or the store takes it back.
  NodeId make_node(std::string_view name, std::string_view path, wire::NullableBytes data,
                   AclId acl, const wire::StatPersisted& stat);
  void link_node(NodeId id, NodeId parent, size_t path_size, int64_t owner);
  void set_parent_counters(NodeId parent, int32_t cversion, Zxid pzxid);
  void set_digest(Node& node, std::string_view path, const wire::StatPersisted& stat);
  void drop_subtree(NodeId node, std::string_view path);
  void drop_leaf(NodeId node, size_t path_size);

  [[nodiscard]] QuotaVerdict check_limit(int64_t sum, int64_t soft, int64_t hard) const;
  [[nodiscard]] std::string_view text(NodeId node) const;
  void note_created(std::string_view path, int64_t bytes);
  void note_deleted(std::string_view path, int64_t count, int64_t bytes);
  void add_to_stats(std::string_view path, int64_t count, int64_t bytes);
  void count_stats(std::string_view path);
  void set_stats_text(NodeId node, std::string_view text);

  TreeOptions options_;
  NodeStore store_;
  ChildSets children_;
  AclTable acls_;
  OwnedNodes owned_;
  QuotaIndex quotas_;
  SnapshotMarks marks_;
  SnapshotWalk* walk_ = nullptr;  ///< Of the snapshot that is being written; sees nodes first.
  NodeId root_;
  int64_t node_count_ = 0;  ///< Nodes that exist.
  int64_t data_bytes_ = 0;
  uint64_t digest_sum_ = 0;
};

}  // namespace quorate::tree
