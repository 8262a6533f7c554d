// Pending state: what the tree will look like when every proposed but not yet applied txn is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "server/base/ids.h"
#include "server/base/ring.h"
#include "server/tree/tree.h"
#include "server/wire/acl.h"
#include "server/wire/stat.h"

namespace quorate::request {

/// A znode as the pending txns leave it.
struct PendingNode {
  Zxid zxid;             ///< Last pending txn that touched it.
  bool exists = false;   ///< False: a pending txn deletes it, and the rest is meaningless.
  bool by_path = false;  ///< Found by `path`, because a pending txn creates or deletes it.
  bool content_crc_known = false;  ///< False: nothing pending changed the data; the tree has it.
  bool has_own_acl = false;       ///< True: `acl_encoded` counts, a pending txn set it; else `acl`.
  bool counts_in_digest = false;  ///< Not so for paths below "/zookeeper/".
  tree::NodeId node;              ///< Where the tree has it; not when by_path.
  tree::AclId acl;
  uint32_t content_crc = 0;  ///< CRC-32 of path and data: the prefix of the node's digest.
  uint64_t digest_term = 0;  ///< What the node adds to the sum as it stands now.
  wire::StatPersisted stat;
  int32_t child_count = 0;
  int32_t data_bytes = 0;
  std::string path;  ///< Root is "".
  std::string acl_encoded;
};

/// The committed tree plus an overlay of pending nodes. A write is checked against this, so that a
/// pipelined create of a child sees its parent, and a compare-and-set its predecessor.
///
/// Invariants: a record exists exactly while some txn that touched its path is not applied. A
/// record of a node that the tree has, and that nothing pending deletes, is found by its NodeId,
/// which is cheap and stays valid since only pending txns can delete it; any other by its path.
class Pending {
 public:
  Pending(const tree::Tree& tree, bool digest_enabled);

  /// A node as the pending txns leave it, and where it was found. Borrows: valid until the record
  /// of the same path is touched, or rollback() or applied().
  struct View {
    bool exists = false;
    int32_t version = 0;
    int32_t child_count = 0;
    int32_t data_bytes = 0;
    wire::AclList acls;
    PendingNode* record = nullptr;
    tree::NodeId node;
  };
  [[nodiscard]] View view(std::string_view path) const;
  /// The whole stat of what `view` found.
  [[nodiscard]] wire::StatPersisted stat(const View& view) const;

  /// The record of `path`, which `view` was made for, for writing at `zxid`; copied from the tree
  /// if there is none yet.
  PendingNode& touch(const View& view, std::string_view path, Zxid zxid);
  /// The record was created or deleted: from now on it is found by its path.
  void key_by_path(PendingNode& record);

  /// Starts a txn; everything touched from here on can be undone by rollback().
  void begin();
  /// Restores all records and the digest to what they were at begin().
  void rollback();
  /// Ends the txn and keeps its changes.
  void commit();

  /// The txn `zxid` has been applied to the tree: records that nothing later touched are dropped.
  void applied(Zxid zxid);

  /// Sum of node digests when everything pending is applied.
  [[nodiscard]] uint64_t digest() const { return digest_; }
  /// The committed digest has changed by other means than pending txns (recovery, restore).
  void reset();
  /// Brings the sum up to date after the stat, data or existence of a touched record changed.
  void refresh_digest(PendingNode& record);
  /// Notes that the record's node now holds `data`.
  void set_data(PendingNode& record, wire::NullableBytes data);

  /// Paths of the session's ephemerals when everything pending is applied, sorted.
  [[nodiscard]] std::vector<std::string> ephemerals_of(SessionId session) const;
  [[nodiscard]] size_t size() const { return by_node_.size() + by_path_.size(); }

 private:
  struct Touch {
    Zxid zxid;
    PendingNode* record = nullptr;
  };
  struct Undo {
    PendingNode* record = nullptr;
    std::optional<PendingNode> before;  ///< Nothing: the record was made by this txn.
  };
  [[nodiscard]] PendingNode* find_record(std::string_view path, tree::NodeId node) const;
  PendingNode& make_record(const View& view, std::string_view path);
  void link(std::unique_ptr<PendingNode> record);
  std::unique_ptr<PendingNode> unlink(PendingNode& record);
  void drop(PendingNode& record);

  const tree::Tree& tree_;
  const bool digest_enabled_;
  absl::flat_hash_map<uint32_t, std::unique_ptr<PendingNode>> by_node_;  // By NodeId.
  // By PendingNode::path of the record itself.
  absl::flat_hash_map<std::string_view, std::unique_ptr<PendingNode>> by_path_;
  std::vector<std::unique_ptr<PendingNode>> spare_;
  Ring<Touch> touches_;
  std::vector<Undo> undo_;
  size_t touches_at_begin_ = 0;
  bool undo_enabled_ = false;
  uint64_t digest_ = 0;
  uint64_t digest_at_begin_ = 0;
};

}  // namespace quorate::request
