// Small arrays of children, and the choice between the kinds of sets.
#include "server/tree/child_sets.h"

#include <array>
#include <cstring>

#include "server/base/assert.h"
#include "server/tree/name_hash.h"

namespace quorate::tree {

namespace {

/// Capacities whose blocks leave no byte unused: 24, 32, 48, 72, 112 and 152 bytes.
constexpr std::array<uint32_t, 6> kCapacities = {4, 6, 9, 14, 22, 30};

uint32_t capacity_for(uint32_t count) {
  for (const uint32_t capacity : kCapacities) {
    if (count <= capacity) {
      return capacity;
    }
  }
  return kCapacities.back();
}

size_t array_bytes(uint32_t capacity) { return ((2 + capacity + 3) & ~size_t{3}) + 4 * capacity; }

}  // namespace

uint64_t ChildSets::hash(std::string_view name) const { return name_hash(seed_, name); }

uint8_t ChildSets::tag_of(uint64_t hash) {
  const auto tag = static_cast<uint8_t>(hash >> 56);
  return tag == 0 ? uint8_t{1} : tag;
}

uint32_t ChildSets::count(const NodeStore& store, const Node& parent) const {
  switch (static_cast<ChildKind>(parent.child_kind)) {
    case ChildKind::kNone:
      return 0;
    case ChildKind::kOne:
      return 1;
    case ChildKind::kArray:
      return array_of(store, parent).count();
    case ChildKind::kTable:
      return tables_[parent.children]->count;
  }
  return 0;
}

uint32_t ChildSets::bucket_count(const Node& parent) const {
  return parent.child_kind == static_cast<uint32_t>(ChildKind::kTable)
             ? tables_[parent.children]->bucket_count
             : 1;
}

NodeId ChildSets::find(const NodeStore& store, const Node& parent, std::string_view name) const {
  switch (static_cast<ChildKind>(parent.child_kind)) {
    case ChildKind::kNone:
      return NodeId{};
    case ChildKind::kOne: {
      const NodeId child{parent.children};
      return store.at(child).name() == name ? child : NodeId{};
    }
    case ChildKind::kArray: {
      const Array array = array_of(store, parent);
      const uint8_t tag = tag_of(hash(name));
      for (uint32_t i = 0; i < array.count(); ++i) {
        const NodeId child{array.children()[i]};
        if (array.tags()[i] == tag && store.at(child).name() == name) {
          return child;
        }
      }
      return NodeId{};
    }
    case ChildKind::kTable:
      return table_find(store, *tables_[parent.children], name);
  }
  return NodeId{};
}

void ChildSets::insert(NodeStore& store, Node& parent, NodeId child) {
  switch (static_cast<ChildKind>(parent.child_kind)) {
    case ChildKind::kNone:
      parent.children = child.index;
      parent.child_kind = static_cast<uint32_t>(ChildKind::kOne);
      return;
    case ChildKind::kOne: {
      const NodeId first{parent.children};
      make_array(store, parent, kCapacities.front());
      array_insert(store, parent, first);
      array_insert(store, parent, child);
      return;
    }
    case ChildKind::kArray: {
      const Array array = array_of(store, parent);
      if (array.count() == kArrayCountMax) {
        array_to_table(store, parent);
        table_insert(store, *tables_[parent.children], child);
        return;
      }
      if (array.count() == array.capacity()) {
        resize_array(store, parent, capacity_for(array.count() + 1U));
      }
      array_insert(store, parent, child);
      return;
    }
    case ChildKind::kTable:
      table_insert(store, *tables_[parent.children], child);
      return;
  }
}

void ChildSets::erase(NodeStore& store, Node& parent, NodeId child) {
  switch (static_cast<ChildKind>(parent.child_kind)) {
    case ChildKind::kNone:
      QR_ASSERT(false);
      return;
    case ChildKind::kOne:
      QR_ASSERT(parent.children == child.index);
      clear(store, parent);
      return;
    case ChildKind::kArray:
      array_erase(store, parent, child);
      return;
    case ChildKind::kTable: {
      Table& table = *tables_[parent.children];
      table_erase(store, table, child);
      if (table.count <= kArrayCountAfterTable && !pinned_) {
        table_to_array(store, parent);
      }
      return;
    }
  }
}

void ChildSets::clear(NodeStore& store, Node& parent) {
  if (parent.child_kind == static_cast<uint32_t>(ChildKind::kArray)) {
    store.blocks().release(parent.children);
  }
  if (parent.child_kind == static_cast<uint32_t>(ChildKind::kTable)) {
    Table& table = *tables_[parent.children];
    for (uint32_t i = 0; i < table.bucket_count; ++i) {
      moved_.clear();
      chain_take(store, table.bucket(i));
    }
    tables_[parent.children].reset();
    free_tables_.push_back(parent.children);
  }
  parent.children = 0;
  parent.child_kind = static_cast<uint32_t>(ChildKind::kNone);
}

void ChildSets::make_array(NodeStore& store, Node& parent, uint32_t capacity) {
  parent.children = store.blocks().allocate(array_bytes(capacity));
  parent.child_kind = static_cast<uint32_t>(ChildKind::kArray);
  char* block = store.blocks().at(parent.children);
  block[0] = 0;
  block[1] = static_cast<char>(capacity);
}

void ChildSets::resize_array(NodeStore& store, Node& parent, uint32_t capacity) {
  const BlockPool::Handle old = parent.children;
  const Array from = array_of(store, parent);
  make_array(store, parent, capacity);
  Array to = array_of(store, parent);
  QR_ASSERT(from.count() <= capacity);
  std::memcpy(to.tags(), from.tags(), from.count());
  std::memcpy(to.children(), from.children(), size_t{from.count()} * sizeof(uint32_t));
  to.set_count(from.count());
  store.blocks().release(old);
}

void ChildSets::array_insert(NodeStore& store, Node& parent, NodeId child) {
  Array array = array_of(store, parent);
  const uint32_t at = array.count();
  QR_ASSERT(at < array.capacity());
  array.tags()[at] = tag_of(hash(store.at(child).name()));
  array.children()[at] = child.index;
  array.set_count(at + 1);
}

void ChildSets::array_erase(NodeStore& store, Node& parent, NodeId child) {
  Array array = array_of(store, parent);
  uint32_t at = 0;
  while (at < array.count() && array.children()[at] != child.index) {
    ++at;
  }
  QR_ASSERT(at < array.count());
  const uint32_t last = array.count() - 1U;
  array.tags()[at] = array.tags()[last];
  array.children()[at] = array.children()[last];
  array.set_count(last);
  if (last == 1) {
    const uint32_t only = array.children()[0];
    clear(store, parent);
    parent.children = only;
    parent.child_kind = static_cast<uint32_t>(ChildKind::kOne);
    return;
  }
  // Two sizes too large before it shrinks by one, so that a boundary is not crossed back and forth.
  const uint32_t next = capacity_for(last + 1);
  if (capacity_for(next + 1) < array.capacity()) {
    resize_array(store, parent, capacity_for(next + 1));
  }
}

}  // namespace quorate::tree
