// Hash tables of children that grow and shrink by one bucket at a time (linear hashing).
#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "server/base/assert.h"
#include "server/tree/child_sets.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace quorate::tree {

namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr uint32_t kSlotsMask = (1U << 12) - 1;

/// One bit for each of the 12 tags at `tags` that equals `tag`. Reads 16 bytes.
uint32_t matches(const uint8_t* tags, uint8_t tag) {
#ifdef __SSE2__
  const __m128i line = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags));
  const __m128i equal = _mm_cmpeq_epi8(line, _mm_set1_epi8(static_cast<char>(tag)));
  return static_cast<uint32_t>(_mm_movemask_epi8(equal)) & kSlotsMask;
#else
  uint32_t bits = 0;
  for (uint32_t i = 0; i < 12; ++i) {
    bits |= (tags[i] == tag ? 1U : 0U) << i;
  }
  return bits & kSlotsMask;
#endif
}

}  // namespace

void ChildSets::FreeAligned::operator()(Bucket* buckets) const { std::free(buckets); }

uint32_t ChildSets::Table::address(uint64_t hash) const {
  const uint32_t index = static_cast<uint32_t>(hash) & (2 * mask + 1);
  return index < bucket_count ? index : index & mask;
}

ChildSets::Bucket& ChildSets::Table::bucket(uint32_t index) const {
  const auto segment = static_cast<uint32_t>(std::bit_width(index / kFirstBuckets));
  const uint32_t base = segment == 0 ? 0 : kFirstBuckets << (segment - 1);
  return segments[segment][index - base];
}

void ChildSets::Table::add_bucket(MemoryHint hint) {
  const uint32_t index = bucket_count++;
  const auto segment = static_cast<uint32_t>(std::bit_width(index / kFirstBuckets));
  if (segment == segments.size()) {
    // Large segments are mapped, not touched: they cost memory as their buckets come into use.
    const size_t bytes =
        sizeof(Bucket) * (segment == 0 ? kFirstBuckets : kFirstBuckets << (segment - 1));
    void* memory = std::aligned_alloc(std::min(bytes, kHugePageBytes), bytes);
    QR_ASSERT(memory != nullptr);
    if (hint != nullptr && bytes >= kHugePageBytes) {
      hint(memory, bytes);
    }
    segments.emplace_back(static_cast<Bucket*>(memory));
  }
  std::memset(&bucket(index), 0, sizeof(Bucket));
  if (bucket_count == 2 * (mask + 1)) {
    mask = 2 * mask + 1;
  }
}

void ChildSets::Table::drop_bucket() {
  if (bucket_count == mask + 1) {
    mask /= 2;
  }
  --bucket_count;
  const auto last = static_cast<uint32_t>(std::bit_width((bucket_count - 1) / kFirstBuckets));
  segments.resize(last + 1);
}

NodeId ChildSets::table_find(const NodeStore& store, const Table& table,
                             std::string_view name) const {
  const uint64_t name_hash = hash(name);
  const uint8_t tag = tag_of(name_hash);
  const Bucket* at = &table.bucket(table.address(name_hash));
  while (true) {
    for (uint32_t bits = matches(at->tags, tag); bits != 0; bits &= bits - 1) {
      const NodeId child{at->children[std::countr_zero(bits)]};
      const Node& node = store.at(child);
      __builtin_prefetch(&node);  // The name lies in its second line; callers want the first, too.
      if (node.name() == name) {
        return child;
      }
    }
    if (at->overflow == 0) {
      return NodeId{};
    }
    at = reinterpret_cast<const Bucket*>(store.blocks().at(at->overflow));
  }
}

void ChildSets::prefetch(const Node& parent, std::string_view name) const {
  if (parent.child_kind == static_cast<uint32_t>(ChildKind::kTable)) {
    const Table& table = *tables_[parent.children];
    __builtin_prefetch(&table.bucket(table.address(hash(name))));
  }
}

void ChildSets::prefetch_child(const NodeStore& store, const Node& parent,
                               std::string_view name) const {
  if (parent.child_kind != static_cast<uint32_t>(ChildKind::kTable)) {
    return;
  }
  const Table& table = *tables_[parent.children];
  const uint64_t name_hash = hash(name);
  const Bucket& at = table.bucket(table.address(name_hash));
  for (uint32_t bits = matches(at.tags, tag_of(name_hash)); bits != 0; bits &= bits - 1) {
    const NodeId child{at.children[std::countr_zero(bits)]};
    __builtin_prefetch(&store.at(child));
    store.prefetch(child);
  }
}

void ChildSets::table_insert(NodeStore& store, Table& table, NodeId child) {
  const uint64_t name_hash = hash(store.at(child).name());
  chain_add(store, table.bucket(table.address(name_hash)), tag_of(name_hash), child);
  ++table.count;
  if (table.count > table.bucket_count * kSplitLoad) {
    split(store, table);
  }
}

void ChildSets::table_erase(NodeStore& store, Table& table, NodeId child) {
  const uint64_t name_hash = hash(store.at(child).name());
  Bucket* found = nullptr;
  uint32_t slot = 0;
  Bucket* before_last = nullptr;
  Bucket* last = &table.bucket(table.address(name_hash));
  while (true) {
    for (uint32_t i = 0; found == nullptr && i < kBucketSlots; ++i) {
      if (last->tags[i] != 0 && last->children[i] == child.index) {
        found = last;
        slot = i;
      }
    }
    if (last->overflow == 0) {
      break;
    }
    before_last = last;
    last = reinterpret_cast<Bucket*>(store.blocks().at(last->overflow));
  }
  QR_ASSERT(found != nullptr);
  // The chain's last child fills the hole.
  uint32_t end = kBucketSlots;
  while (last->tags[end - 1] == 0) {
    --end;
  }
  found->tags[slot] = last->tags[end - 1];
  found->children[slot] = last->children[end - 1];
  last->tags[end - 1] = 0;
  if (end == 1 && before_last != nullptr) {
    store.blocks().release(before_last->overflow);
    before_last->overflow = 0;
  }
  --table.count;
  if (!pinned_ && table.bucket_count > kFirstBuckets &&
      table.count < table.bucket_count * kMergeLoad) {
    merge(store, table);
  }
}

void ChildSets::chain_add(NodeStore& store, Bucket& head, uint8_t tag, NodeId child) {
  Bucket* at = &head;
  while (at->overflow != 0) {
    at = reinterpret_cast<Bucket*>(store.blocks().at(at->overflow));
  }
  uint32_t free = matches(at->tags, 0);
  if (free == 0) {
    at->overflow = store.blocks().allocate(sizeof(Bucket));
    at = reinterpret_cast<Bucket*>(store.blocks().at(at->overflow));
    std::memset(at, 0, sizeof(Bucket));
    free = 1;
  }
  const auto slot = static_cast<uint32_t>(std::countr_zero(free));
  at->tags[slot] = tag;
  at->children[slot] = child.index;
}

void ChildSets::chain_take(NodeStore& store, Bucket& head) {
  const Bucket* at = &head;
  BlockPool::Handle handle = 0;
  while (true) {
    for (uint32_t i = 0; i < kBucketSlots && at->tags[i] != 0; ++i) {
      moved_.push_back(NodeId{at->children[i]});
      store.prefetch(moved_.back());
    }
    const BlockPool::Handle next = at->overflow;
    if (handle != 0) {
      store.blocks().release(handle);
    }
    if (next == 0) {
      break;
    }
    handle = next;
    at = reinterpret_cast<const Bucket*>(store.blocks().at(handle));
  }
  std::memset(&head, 0, sizeof head);
}

void ChildSets::put_moved(NodeStore& store, Table& table) {
  for (const NodeId child : moved_) {
    const uint64_t name_hash = hash(store.at(child).name());
    chain_add(store, table.bucket(table.address(name_hash)), tag_of(name_hash), child);
  }
}

void ChildSets::split(NodeStore& store, Table& table) {
  moved_.clear();
  chain_take(store, table.bucket(table.bucket_count - (table.mask + 1)));
  table.add_bucket(hint_);
  put_moved(store, table);
  // The next one to be split.
  __builtin_prefetch(&table.bucket(table.bucket_count - (table.mask + 1)));
}

void ChildSets::merge(NodeStore& store, Table& table) {
  moved_.clear();
  chain_take(store, table.bucket(table.bucket_count - 1));
  table.drop_bucket();
  put_moved(store, table);
}

void ChildSets::prefetch_bucket(const NodeStore& store, const Node& parent, uint32_t bucket) const {
  if (bucket >= bucket_count(parent)) {
    return;
  }
  for_each_in_bucket(store, parent, bucket, [&store](NodeId child) {
    store.prefetch(child);
    return true;
  });
}

void ChildSets::array_to_table(NodeStore& store, Node& parent) {
  const BlockPool::Handle block = parent.children;
  const Array array = array_of(store, parent);
  uint32_t index = static_cast<uint32_t>(tables_.size());
  if (!free_tables_.empty()) {
    index = free_tables_.back();
    free_tables_.pop_back();
  } else {
    tables_.emplace_back();
  }
  tables_[index] = std::make_unique<Table>();
  Table& table = *tables_[index];
  for (uint32_t i = 0; i < kFirstBuckets; ++i) {
    table.add_bucket(hint_);
  }
  for (uint32_t i = 0; i < array.count(); ++i) {
    table_insert(store, table, NodeId{array.children()[i]});
  }
  store.blocks().release(block);
  parent.children = index;
  parent.child_kind = static_cast<uint32_t>(ChildKind::kTable);
}

void ChildSets::table_to_array(NodeStore& store, Node& parent) {
  std::vector<NodeId> children;
  for_each(store, parent, [&children](NodeId child) { children.push_back(child); });
  clear(store, parent);
  make_array(store, parent, kArrayCapacityAfterTable);
  for (const NodeId child : children) {
    array_insert(store, parent, child);
  }
}

}  // namespace quorate::tree
