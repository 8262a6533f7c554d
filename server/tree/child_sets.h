// The children of every directory: found by name, a few bytes a child, no pauses for growth.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "server/tree/node.h"

namespace quorate::tree {

/// A set of children is, by its size,
///   nothing          Node::children is 0;
///   one child        Node::children is it;
///   a small array    Node::children is a block: u8 count, u8 capacity, u8 tag[capacity], padding
///   to
///                    4, u32 child[capacity];
///   a hash table     Node::children numbers a Table, which grows by linear hashing: one bucket of
///                    one cache line is split at a time, so that no insertion ever pays for all.
/// A tag is 8 bits of the name's hash: a lookup reads one line of the set and, nearly always, only
/// the one node that it is after.
///
/// Iteration order depends on the names, the order of calls and the seed only.
class ChildSets {
 public:
  explicit ChildSets(uint64_t seed, MemoryHint hint = nullptr) : seed_(seed), hint_(hint) {}

  [[nodiscard]] uint32_t count(const NodeStore& store, const Node& parent) const;
  [[nodiscard]] NodeId find(const NodeStore& store, const Node& parent,
                            std::string_view name) const;
  /// Starts loading into the cache where a child of this name is noted, or would be.
  void prefetch(const Node& parent, std::string_view name) const;
  /// Starts loading the child, once what prefetch() asked for has come. Nothing in small sets.
  void prefetch_child(const NodeStore& store, const Node& parent, std::string_view name) const;
  /// Adds a child whose name is not in the set.
  void insert(NodeStore& store, Node& parent, NodeId child);
  /// Removes a child that is in the set.
  void erase(NodeStore& store, Node& parent, NodeId child);
  /// Frees the set of a directory that goes away.
  void clear(NodeStore& store, Node& parent);

  /// Calls visit(NodeId) for each child. The set must not change meanwhile. Nodes of large sets are
  /// on their way into the cache when they are visited.
  template <typename Visit>
  void for_each(const NodeStore& store, const Node& parent, Visit visit) const {
    const uint32_t buckets = bucket_count(parent);
    for (uint32_t bucket = 0; bucket < buckets; ++bucket) {
      prefetch_bucket(store, parent, bucket + 1);
      for_each_in_bucket(store, parent, bucket, [&visit](NodeId child) {
        visit(child);
        return true;
      });
    }
  }

  // ---- Walks that go on while children come and go
  // ------------------------------------------------
  /// Number of parts in which the set can be read. While sets are pinned, a child that stays in its
  /// set only ever moves to a later part (or, when an array becomes a table, anywhere).
  [[nodiscard]] uint32_t bucket_count(const Node& parent) const;
  /// Calls visit(NodeId) for the children in part `bucket`, until it returns false.
  template <typename Visit>
  void for_each_in_bucket(const NodeStore& store, const Node& parent, uint32_t bucket,
                          Visit visit) const;
  /// Loads the nodes of part `bucket` into the cache, if there is such a part.
  void prefetch_bucket(const NodeStore& store, const Node& parent, uint32_t bucket) const;
  /// Between pin() and unpin() tables do not shrink.
  void pin() { pinned_ = true; }
  void unpin() { pinned_ = false; }

 private:
  static constexpr uint32_t kBucketSlots = 12;
  static constexpr uint32_t kSplitLoad = 8;  ///< Children a bucket, above which one is split.
  static constexpr uint32_t kMergeLoad = 4;  ///< Below which one is merged.
  static constexpr uint32_t kFirstBuckets = 4;
  static constexpr uint32_t kArrayCountMax = 30;
  static constexpr uint32_t kArrayCountAfterTable = 14;
  static constexpr uint32_t kArrayCapacityAfterTable = 22;

  /// Free slots have tag 0 and lie behind the used ones, over the whole chain.
  struct Bucket {
    uint8_t tags[kBucketSlots];
    BlockPool::Handle overflow;  ///< The next bucket of the chain, or 0.
    uint32_t children[kBucketSlots];
  };
  static_assert(sizeof(Bucket) == 64);

  struct FreeAligned {
    void operator()(Bucket* buckets) const;
  };
  using Segment = std::unique_ptr<Bucket[], FreeAligned>;

  /// Buckets 0..3 lie in the first segment, 2^k..2^(k+1)-1 in segment k-1.
  struct Table {
    uint32_t count = 0;
    uint32_t bucket_count = 0;
    uint32_t mask = 0;  ///< 2^k - 1 with 2^k <= bucket_count < 2^(k+1).
    std::vector<Segment> segments;

    [[nodiscard]] uint32_t address(uint64_t hash) const;
    [[nodiscard]] Bucket& bucket(uint32_t index) const;
    void add_bucket(MemoryHint hint);
    void drop_bucket();
  };

  /// View of an array's block.
  struct Array {
    char* block;
    [[nodiscard]] uint8_t count() const { return static_cast<uint8_t>(block[0]); }
    [[nodiscard]] uint8_t capacity() const { return static_cast<uint8_t>(block[1]); }
    void set_count(uint32_t count) { block[0] = static_cast<char>(count); }
    [[nodiscard]] uint8_t* tags() const { return reinterpret_cast<uint8_t*>(block + 2); }
    [[nodiscard]] uint32_t* children() const {
      return reinterpret_cast<uint32_t*>(block + ((2U + capacity() + 3U) & ~3U));
    }
  };

  [[nodiscard]] uint64_t hash(std::string_view name) const;
  static uint8_t tag_of(uint64_t hash);
  static Array array_of(const NodeStore& store, const Node& parent) {
    return {store.blocks().at(parent.children)};
  }
  static void make_array(NodeStore& store, Node& parent, uint32_t capacity);
  void resize_array(NodeStore& store, Node& parent, uint32_t capacity);
  void array_insert(NodeStore& store, Node& parent, NodeId child);
  void array_erase(NodeStore& store, Node& parent, NodeId child);
  void array_to_table(NodeStore& store, Node& parent);
  void table_to_array(NodeStore& store, Node& parent);

  [[nodiscard]] NodeId table_find(const NodeStore& store, const Table& table,
                                  std::string_view name) const;
  void table_insert(NodeStore& store, Table& table, NodeId child);
  void table_erase(NodeStore& store, Table& table, NodeId child);
  static void chain_add(NodeStore& store, Bucket& head, uint8_t tag, NodeId child);
  /// Appends the chain's children to `moved_` and leaves it empty.
  void chain_take(NodeStore& store, Bucket& head);
  void put_moved(NodeStore& store, Table& table);
  void split(NodeStore& store, Table& table);
  void merge(NodeStore& store, Table& table);

  uint64_t seed_;
  MemoryHint hint_;
  bool pinned_ = false;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<uint32_t> free_tables_;
  std::vector<NodeId> moved_;  ///< Scratch of split and merge.
};

template <typename Visit>
void ChildSets::for_each_in_bucket(const NodeStore& store, const Node& parent, uint32_t bucket,
                                   Visit visit) const {
  switch (static_cast<ChildKind>(parent.child_kind)) {
    case ChildKind::kNone:
      return;
    case ChildKind::kOne:
      visit(NodeId{parent.children});
      return;
    case ChildKind::kArray: {
      const Array array = array_of(store, parent);
      for (uint32_t i = 0; i < array.count(); ++i) {
        if (!visit(NodeId{array.children()[i]})) {
          return;
        }
      }
      return;
    }
    case ChildKind::kTable: {
      const Bucket* at = &tables_[parent.children]->bucket(bucket);
      while (true) {
        for (uint32_t i = 0; i < kBucketSlots && at->tags[i] != 0; ++i) {
          if (!visit(NodeId{at->children[i]})) {
            return;
          }
        }
        if (at->overflow == 0) {
          return;
        }
        at = reinterpret_cast<const Bucket*>(store.blocks().at(at->overflow));
      }
    }
  }
}

}  // namespace quorate::tree
