// Which nodes belong to a session, and which are containers or have a TTL.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "server/base/ids.h"
#include "server/tree/node.h"
#include "server/tree/owner.h"

namespace quorate::tree {

/// Keeps the owner of each node that has one, outside the node since most have none, and the nodes
/// of each owner. Every step is O(1).
class OwnedNodes {
 public:
  explicit OwnedNodes(OwnerRules rules) : rules_(rules) {}

  /// Adds a node that was not here. `owner` is not 0.
  void add(NodeId node, int64_t owner);
  /// Removes a node that is here.
  void remove(NodeId node);

  /// Persisted owner of a node that is here.
  [[nodiscard]] int64_t owner(NodeId node) const;
  /// Starts loading what owner(node) will read.
  void prefetch(NodeId node) const { entries_.prefetch(node.index); }
  [[nodiscard]] OwnerKind kind(int64_t owner) const { return owner_kind(owner, rules_); }

  /// The session's nodes, in no particular order.
  [[nodiscard]] const std::vector<NodeId>& of_session(SessionId session) const;
  /// Sessions with nodes, ascending.
  [[nodiscard]] std::vector<SessionId> sessions() const;
  [[nodiscard]] size_t ephemeral_count() const { return ephemeral_count_; }
  [[nodiscard]] const std::vector<NodeId>& containers() const { return containers_; }
  [[nodiscard]] const std::vector<NodeId>& ttls() const { return ttls_; }

 private:
  struct Entry {
    int64_t owner = 0;
    uint32_t position = 0;  ///< In the owner's list.
  };

  std::vector<NodeId>& list_of(int64_t owner);

  OwnerRules rules_;
  absl::flat_hash_map<uint32_t, Entry> entries_;  ///< By node.
  absl::flat_hash_map<SessionId, std::vector<NodeId>> by_session_;
  std::vector<NodeId> containers_;
  std::vector<NodeId> ttls_;
  size_t ephemeral_count_ = 0;
};

}  // namespace quorate::tree
