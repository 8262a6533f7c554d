// A znode as it lies in memory, and the store of all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/tree/applied.h"
#include "server/tree/block_pool.h"
#include "server/wire/stat.h"

namespace quorate::tree {

/// Position of a znode in the node store. 0 is "none"; a slot is reused after its node is deleted.
struct NodeId {
  uint32_t index = 0;
  explicit operator bool() const { return index != 0; }
  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
};

/// Longest name of a znode (one component of its path), in bytes.
inline constexpr size_t kNameBytesMax = (size_t{1} << 22) - 1;

/// How `Node::children` is to be read; see child_sets.h.
enum class ChildKind : uint8_t { kNone, kOne, kArray, kTable };

/// 80 bytes and, right behind them, the name. Data is a block of its own, so that a node never
/// moves and finding a child by its name touches the node only.
struct Node {
  int64_t czxid;
  int64_t mzxid;
  int64_t pzxid;
  int64_t ctime;
  int64_t mtime;
  int32_t version;
  int32_t cversion;  ///< As persisted: counts creates only.
  int32_t aversion;
  uint32_t digest;  ///< Term of the tree's digest; 0 below /zookeeper or when digests are off.
  uint32_t parent;  ///< 0 for the root.
  uint32_t acl;
  uint32_t children;       ///< A child, or a block or table of children.
  BlockPool::Handle data;  ///< 0 when there are no bytes.
  int32_t data_size;       ///< -1 is null.
  uint32_t name_size : 22;
  uint32_t child_kind : 2;
  uint32_t has_owner : 1;       ///< Ephemeral, container or TTL: OwnedNodes knows more.
  uint32_t below_system : 1;    ///< Path starts with "/zookeeper/": not part of the digest.
  uint32_t snapshot_state : 4;  ///< See SnapshotMarks.
  uint32_t open : 1;            ///< The snapshot's walk stands inside this directory.
  uint32_t unused : 1;

  [[nodiscard]] std::string_view name() const {
    return {reinterpret_cast<const char*>(this + 1), name_size};
  }
};
static_assert(sizeof(Node) == 80);

/// Owns the memory of nodes and of their data.
class NodeStore {
 public:
  explicit NodeStore(MemoryHint hint = nullptr) : nodes_(hint), blocks_(hint) {}

  /// A zeroed node with this name, which is at most kNameBytesMax long.
  [[nodiscard]] NodeId add(std::string_view name);
  /// Frees the node and its data.
  void remove(NodeId id);

  [[nodiscard]] Node& at(NodeId id) { return *reinterpret_cast<Node*>(nodes_.at(id.index)); }
  [[nodiscard]] const Node& at(NodeId id) const {
    return *reinterpret_cast<const Node*>(nodes_.at(id.index));
  }

  [[nodiscard]] wire::NullableBytes data(const Node& node) const {
    if (node.data_size <= 0) {
      return node.data_size < 0 ? wire::NullableBytes() : std::string_view();
    }
    return std::string_view(blocks_.at(node.data), static_cast<size_t>(node.data_size));
  }
  void set_data(Node& node, wire::NullableBytes data);

  /// Starts loading the node's memory into the cache.
  void prefetch(NodeId id) const { __builtin_prefetch(nodes_.at(id.index) + 72); }
  void prefetch_data(const Node& node) const {
    if (node.data != 0) {
      __builtin_prefetch(blocks_.at(node.data));
    }
  }

  /// The pool of data blocks, which also holds the small sets of children.
  [[nodiscard]] BlockPool& blocks() { return blocks_; }
  [[nodiscard]] const BlockPool& blocks() const { return blocks_; }
  [[nodiscard]] size_t reserved_bytes() const {
    return nodes_.reserved_bytes() + blocks_.reserved_bytes();
  }

 private:
  BlockPool nodes_;
  BlockPool blocks_;
};

}  // namespace quorate::tree
