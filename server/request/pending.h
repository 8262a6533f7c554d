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
  std::string path;
  Zxid zxid;            ///< Last pending txn that touched it.
  bool exists = false;  ///< False: a pending txn deletes it, and the rest is meaningless.
  wire::StatPersisted stat;
  int32_t child_count = 0;
  int32_t data_bytes = 0;
  bool content_crc_known = false;  ///< False: nothing pending changed the data; the tree has it.
  uint32_t content_crc = 0;        ///< CRC-32 of path and data: the prefix of the node's digest.
  uint64_t digest_term = 0;        ///< What the node adds to the sum as it stands now.
  bool has_own_acl = false;  ///< True: `acl_encoded` counts, a pending txn set it; else `acl`.
  tree::AclId acl;
  std::string acl_encoded;
};

/// The committed tree plus an overlay of pending nodes. A write is checked against this, so that a
/// pipelined create of a child sees its parent, and a compare-and-set its predecessor.
/// Invariant: a record exists exactly while some txn that touched its path is not applied.
class Pending {
 public:
  Pending(const tree::Tree& tree, bool digest_enabled);

  /// A node as the pending txns leave it. Borrows: valid until the next touch(), rollback() or
  /// applied().
  struct View {
    bool exists = false;
    wire::StatPersisted stat;
    int32_t child_count = 0;
    int32_t data_bytes = 0;
    wire::AclList acls;  ///< Borrowed from the record or the tree.
  };
  [[nodiscard]] View view(std::string_view path) const;

  /// The record of `path` for writing at `zxid`, copied from the tree if there is none yet.
  PendingNode& touch(std::string_view path, Zxid zxid);

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
  void refresh_digest(PendingNode& node);
  /// Records that `node` now holds `data`.
  void set_data(PendingNode& node, wire::NullableBytes data);

  /// Paths that pending txns create as, or leave as, ephemerals of `session`; and those that they
  /// delete. Both unsorted.
  struct SessionPaths {
    std::vector<std::string_view> kept;
    std::vector<std::string_view> deleted;
  };
  [[nodiscard]] SessionPaths ephemerals_of(SessionId session) const;
  [[nodiscard]] size_t size() const { return records_.size(); }

 private:
  struct Touch {
    Zxid zxid;
    PendingNode* node = nullptr;
  };
  struct Undo {
    std::string path;
    std::optional<PendingNode> before;  ///< Nothing: the record was made by this txn.
  };
  PendingNode& make_record(std::string_view path);
  void drop(PendingNode& node);

  const tree::Tree& tree_;
  const bool digest_enabled_;
  // Keyed by PendingNode::path of the record itself.
  absl::flat_hash_map<std::string_view, std::unique_ptr<PendingNode>> records_;
  std::vector<std::unique_ptr<PendingNode>> spare_;
  Ring<Touch> touches_;
  std::vector<Undo> undo_;
  size_t touches_at_begin_ = 0;
  bool undo_enabled_ = false;
  uint64_t digest_ = 0;
  uint64_t digest_at_begin_ = 0;
};

}  // namespace quorate::request
