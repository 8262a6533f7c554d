// Allocation of nodes and of their data.
#include "server/tree/node.h"

#include <cstring>
#include <new>

#include "server/base/assert.h"

namespace quorate::tree {

NodeId NodeStore::add(std::string_view name) {
  QR_ASSERT(name.size() <= kNameBytesMax);
  const NodeId id{nodes_.allocate(sizeof(Node) + name.size())};
  Node* node = new (nodes_.at(id.index)) Node{};
  node->name_size = static_cast<uint32_t>(name.size()) & kNameBytesMax;
  if (!name.empty()) {
    std::memcpy(node + 1, name.data(), name.size());
  }
  return id;
}

void NodeStore::remove(NodeId id) {
  const BlockPool::Handle data = at(id).data;
  if (data != 0) {
    blocks_.release(data);
  }
  nodes_.release(id.index);
}

void NodeStore::set_data(Node& node, wire::NullableBytes data) {
  const size_t size = data ? data->size() : 0;
  const size_t old_size = node.data_size > 0 ? static_cast<size_t>(node.data_size) : 0;
  node.data_size = data ? static_cast<int32_t>(size) : -1;
  if (size == 0 || old_size == 0 || !BlockPool::same_size(size, old_size)) {
    // The new block comes first: `data` may borrow from the old one.
    const BlockPool::Handle old = node.data;
    node.data = size == 0 ? 0 : blocks_.allocate(size);
    if (size != 0) {
      std::memcpy(blocks_.at(node.data), data->data(), size);
    }
    if (old != 0) {
      blocks_.release(old);
    }
    return;
  }
  std::memmove(blocks_.at(node.data), data->data(), size);
}

}  // namespace quorate::tree
