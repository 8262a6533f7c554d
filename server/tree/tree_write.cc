// Mutation of the znode tree: what transactions do to nodes.
#include "server/base/assert.h"
#include "server/tree/digest.h"
#include "server/tree/snapshot_walk.h"
#include "server/tree/tree.h"

namespace quorate::tree {

namespace {

struct SplitPath {
  std::string_view parent;  ///< "" for the root.
  std::string_view name;
};

SplitPath split(std::string_view path) {
  const size_t slash = path.rfind('/');
  return {.parent = path.substr(0, slash), .name = path.substr(slash + 1)};
}

int64_t size_of(wire::NullableBytes data) { return data ? static_cast<int64_t>(data->size()) : 0; }

}  // namespace

void Tree::before_change(NodeId node) {
  if (walk_ != nullptr && !marks_.is_saved(store_.at(node))) [[unlikely]] {
    walk_->save(node);
  }
}

NodeId Tree::make_node(std::string_view name, std::string_view path, wire::NullableBytes data,
                       AclId acl, const wire::StatPersisted& stat) {
  const NodeId id = store_.add(name);
  Node& node = store_.at(id);
  node.czxid = stat.czxid.value;
  node.mzxid = stat.mzxid.value;
  node.pzxid = stat.pzxid.value;
  node.ctime = stat.ctime.value;
  node.mtime = stat.mtime.value;
  node.version = stat.version;
  node.cversion = stat.cversion;
  node.aversion = stat.aversion;
  node.acl = acl.value;
  node.below_system = is_below_system(path) ? 1 : 0;
  marks_.mark_passed(node);
  store_.set_data(node, data);
  if (options_.digest_enabled && node.below_system == 0) {
    node.digest = node_crc(path, data, digest_stat(stat));
  }
  return id;
}

void Tree::link_node(NodeId id, NodeId parent, size_t path_size, int64_t owner) {
  Node& node = store_.at(id);
  node.parent = parent.index;
  if (parent) {
    children_.insert(store_, store_.at(parent), id);
  }
  if (owner != 0) {
    node.has_owner = 1;
    owned_.add(id, owner);
  }
  digest_sum_ += node.digest;
  ++node_count_;
  data_bytes_ += static_cast<int64_t>(path_size) + size_of(store_.data(node));
}

void Tree::set_digest(Node& node, std::string_view path, const wire::StatPersisted& stat) {
  if (!options_.digest_enabled || node.below_system != 0) {
    return;
  }
  const uint32_t digest = node_crc(path, store_.data(node), digest_stat(stat));
  digest_sum_ += uint64_t{digest} - uint64_t{node.digest};
  node.digest = digest;
}

void Tree::set_parent_counters(NodeId id, int32_t cversion, Zxid pzxid) {
  before_change(id);
  Node& node = store_.at(id);
  if (!options_.digest_enabled || node.below_system != 0) {
    node.cversion = cversion;
    node.pzxid = pzxid.value;
    return;
  }
  wire::StatPersisted stat = persisted(id);
  const DigestStat before = digest_stat(stat);
  stat.cversion = node.cversion = cversion;
  stat.pzxid = pzxid;
  node.pzxid = pzxid.value;
  const uint32_t digest = crc_with_new_stat(node.digest, before, digest_stat(stat));
  digest_sum_ += uint64_t{digest} - uint64_t{node.digest};
  node.digest = digest;
}

WriteResult Tree::create(const NewNode& node) {
  const auto [parent_path, name] = split(node.path);
  const NodeId parent = find(parent_path);
  if (!parent) {
    return {.error = wire::ErrorCode::kNoNode};
  }
  // The node is made while the memory comes in which tells whether it exists, as it never does but
  // in a replay.
  children_.prefetch(store_.at(parent), name);
  const AclId acl = acls_.acquire(node.acls);
  const wire::StatPersisted persisted = {.czxid = node.zxid,
                                         .mzxid = node.zxid,
                                         .ctime = node.time,
                                         .mtime = node.time,
                                         .ephemeral_owner = node.owner,
                                         .pzxid = node.zxid};
  const NodeId id = make_node(name, node.path, node.data, acl, persisted);
  const NodeId existing = children_.find(store_, store_.at(parent), name);
  if (existing) {
    store_.remove(id);
    before_change(existing);
    acls_.release(AclId{store_.at(existing).acl});
    store_.at(existing).acl = acl.value;
    return {.error = wire::ErrorCode::kNodeExists};
  }
  const int32_t old_cversion = store_.at(parent).cversion;
  const int32_t cversion = node.parent_cversion == -1
                               ? static_cast<int32_t>(static_cast<uint32_t>(old_cversion) + 1)
                               : node.parent_cversion;
  if (cversion > old_cversion) {
    set_parent_counters(parent, cversion, node.zxid);
  }
  link_node(id, parent, node.path.size(), node.owner);
  const WriteResult result = {
      .acl = acl, .parent_acl = AclId{store_.at(parent).acl}, .stat = stat(id)};
  note_created(node.path, size_of(node.data));
  return result;
}

WriteResult Tree::remove(std::string_view path, Zxid zxid) {
  const auto [parent_path, name] = split(path);
  const NodeId parent = find(parent_path);
  if (!parent) {
    return {.error = wire::ErrorCode::kNoNode};
  }
  const Node& directory = store_.at(parent);
  if (zxid.value > directory.pzxid) {
    set_parent_counters(parent, directory.cversion, zxid);
  }
  const NodeId id = children_.find(store_, directory, name);
  if (!id) {
    return {.error = wire::ErrorCode::kNoNode};
  }
  const AclId acl{store_.at(id).acl};
  drop_subtree(id, path);
  return {.acl = acl, .parent_acl = AclId{store_.at(parent).acl}};
}

void Tree::drop_subtree(NodeId top, std::string_view path) {
  if (store_.at(top).child_kind == static_cast<uint32_t>(ChildKind::kNone)) [[likely]] {
    const int64_t bytes = size_of(data(top));
    drop_leaf(top, path.size());
    note_deleted(path, 1, bytes);
    return;
  }
  // Parents before children; dropped from the back, so that each is a leaf when its turn comes.
  std::vector<NodeId> order = {top};
  for (size_t i = 0; i < order.size(); ++i) {
    children_.for_each(store_, store_.at(order[i]),
                       [&order](NodeId child) { order.push_back(child); });
  }
  for (size_t i = order.size(); i > 0; --i) {
    const std::string node_path = this->path(order[i - 1]);
    const int64_t bytes = size_of(data(order[i - 1]));
    drop_leaf(order[i - 1], node_path.size());
    note_deleted(node_path, 1, bytes);
  }
}

void Tree::drop_leaf(NodeId id, size_t path_size) {
  before_change(id);
  Node& node = store_.at(id);
  if (node.open != 0) {
    walk_->leave(id);
  }
  children_.erase(store_, store_.at(NodeId{node.parent}), id);
  children_.clear(store_, node);  // A pinned table may stay behind when its last child goes.
  if (node.has_owner != 0) {
    owned_.remove(id);
  }
  acls_.release(AclId{node.acl});
  digest_sum_ -= node.digest;
  --node_count_;
  data_bytes_ -= static_cast<int64_t>(path_size) + size_of(store_.data(node));
  store_.remove(id);
}

WriteResult Tree::set_data(std::string_view path, wire::NullableBytes data, int32_t version,
                           Zxid zxid, WallMillis time) {
  const NodeId id = find(path);
  if (!id) {
    return {.error = wire::ErrorCode::kNoNode};
  }
  before_change(id);
  Node& node = store_.at(id);
  const int64_t difference = size_of(data) - size_of(store_.data(node));
  store_.set_data(node, data);
  node.mtime = time.value;
  node.mzxid = zxid.value;
  node.version = version;
  data_bytes_ += difference;
  if (options_.digest_enabled && node.below_system == 0) {
    set_digest(node, path, persisted(id));
  }
  const WriteResult result = {.acl = AclId{node.acl}, .stat = stat(id)};
  if (!quotas_.empty()) {
    add_to_stats(path, 0, difference);
  }
  return result;
}

WriteResult Tree::set_acl(std::string_view path, wire::AclList acls, int32_t aversion) {
  const NodeId id = find(path);
  if (!id) {
    return {.error = wire::ErrorCode::kNoNode};
  }
  before_change(id);
  Node& node = store_.at(id);
  const DigestStat before = digest_stat(persisted(id));
  acls_.release(AclId{node.acl});
  node.acl = acls_.acquire(acls).value;
  node.aversion = aversion;
  if (options_.digest_enabled && node.below_system == 0) {
    const uint32_t digest = crc_with_new_stat(node.digest, before, digest_stat(persisted(id)));
    digest_sum_ += uint64_t{digest} - uint64_t{node.digest};
    node.digest = digest;
  }
  return {.acl = AclId{node.acl}, .stat = stat(id)};
}

void Tree::raise_parent_cversion(std::string_view path, int32_t cversion, Zxid zxid) {
  const NodeId parent = find(split(path).parent);
  if (!parent) {
    return;
  }
  const int32_t old_cversion = store_.at(parent).cversion;
  if (cversion == -1) {
    cversion = static_cast<int32_t>(static_cast<uint32_t>(old_cversion) + 1);
  }
  if (cversion > old_cversion) {
    set_parent_counters(parent, cversion, zxid);
  }
}

NodeId Tree::load(const LoadedNode& node) {
  if (children_.find(store_, store_.at(node.parent), node.name)) {
    return NodeId{};
  }
  const NodeId id = make_node(node.name, node.path, node.data, node.acl, node.stat);
  link_node(id, node.parent, node.path.size(), node.stat.ephemeral_owner);
  return id;
}

void Tree::load_root(wire::NullableBytes data, AclId acl, const wire::StatPersisted& stat) {
  Node& node = store_.at(root_);
  data_bytes_ += size_of(data) - size_of(store_.data(node));
  store_.set_data(node, data);
  node.czxid = stat.czxid.value;
  node.mzxid = stat.mzxid.value;
  node.pzxid = stat.pzxid.value;
  node.ctime = stat.ctime.value;
  node.mtime = stat.mtime.value;
  node.version = stat.version;
  node.cversion = stat.cversion;
  node.aversion = stat.aversion;
  acls_.release(AclId{node.acl});
  node.acl = acl.value;
  set_digest(node, "", persisted(root_));
}

}  // namespace quorate::tree
