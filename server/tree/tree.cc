// Lookup and reading of the znode tree.
#include "server/tree/tree.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/tree/digest.h"

namespace quorate::tree {

namespace {

/// How far ahead of a scan over owned nodes their memory is asked for.
constexpr size_t kReapAhead = 16;

/// Wraps, as in Java, if a foreign log holds an absurd time.
int64_t elapsed_ms(int64_t since, WallMillis now) {
  return static_cast<int64_t>(static_cast<uint64_t>(now.value) - static_cast<uint64_t>(since));
}

/// wire: vector<ACL> of one entry, world:anyone:r, the ACL of /zookeeper/config.
std::string read_only_acl() { return wire::encode_acls({{wire::kPermRead, {"world", "anyone"}}}); }

}  // namespace

Tree::Tree(TreeOptions options, Bare)
    : options_(options),
      store_(options.memory_hint),
      children_(options.hash_seed, options.memory_hint),
      acls_(options.hash_seed),
      owned_(OwnerRules{options.extended_types_enabled, options.emulate_353_ttl}) {
  root_ = make_node("", "", std::string_view(), AclTable::kOpen, {});
  link_node(root_, NodeId{}, 0, 0);
  data_bytes_ += 1;  // Apache's map of nodes holds the root under "" and "/".
}

Tree Tree::bare(TreeOptions options) { return Tree(options, Bare{}); }

Tree::Tree(TreeOptions options) : Tree(options, Bare{}) {
  const std::string read_only = read_only_acl();
  const auto add = [this](NodeId parent, std::string_view path, AclId acl, int32_t aversion) {
    return load({.parent = parent,
                 .name = path.substr(path.rfind('/') + 1),
                 .path = path,
                 .data = std::string_view(),
                 .acl = acl,
                 .stat = {.aversion = aversion}});
  };
  const NodeId system = add(root_, "/zookeeper", AclTable::kOpen, 0);
  add(system, kQuotaRoot, AclTable::kOpen, 0);
  add(system, "/zookeeper/config", acls_.acquire(wire::AclList{read_only}), -1);
}

NodeId Tree::find(std::string_view path) const {
  if (path.empty() || path == "/") {
    return root_;
  }
  if (path.front() != '/') {
    return NodeId{};
  }
  NodeId node = root_;
  size_t start = 1;
  while (true) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (end == start) {
      return NodeId{};
    }
    node = children_.find(store_, store_.at(node), path.substr(start, end - start));
    if (!node || end == path.size()) {
      return node;
    }
    start = end + 1;
  }
}

void Tree::prefetch(std::string_view path, Ahead what) const {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return;
  }
  const NodeId parent = find(path.substr(0, slash));
  if (!parent) {
    return;
  }
  const std::string_view name = path.substr(slash + 1);
  if (what == Ahead::kEntry) {
    children_.prefetch(store_.at(parent), name);
  } else {
    children_.prefetch_child(store_, store_.at(parent), name);
  }
}

bool Tree::is_applicable(std::string_view path) {
  if (path.size() < 2 || path.front() != '/') {
    return false;
  }
  const size_t slash = path.rfind('/');
  const size_t name_size = path.size() - slash - 1;
  const bool parent_ends_with_slash = slash > 0 && path[slash - 1] == '/';
  return name_size > 0 && name_size <= kNameBytesMax && !parent_ends_with_slash;
}

int64_t Tree::owner_of(NodeId id, const Node& node) const {
  return node.has_owner != 0 ? owned_.owner(id) : 0;
}

wire::StatPersisted Tree::persisted(NodeId id) const {
  const Node& node = store_.at(id);
  return {.czxid = Zxid{node.czxid},
          .mzxid = Zxid{node.mzxid},
          .ctime = WallMillis{node.ctime},
          .mtime = WallMillis{node.mtime},
          .version = node.version,
          .cversion = node.cversion,
          .aversion = node.aversion,
          .ephemeral_owner = owner_of(id, node),
          .pzxid = Zxid{node.pzxid}};
}

int32_t Tree::version(NodeId id) const { return store_.at(id).version; }

wire::Stat Tree::stat(NodeId id) const {
  const Node& node = store_.at(id);
  const int32_t child_count = static_cast<int32_t>(children_.count(store_, node));
  // The persisted cversion counts creates; for every create there is a delete, but for the children
  // that are still there. Unsigned, so that it wraps as in Java.
  const uint32_t changes =
      static_cast<uint32_t>(node.cversion) * 2 - static_cast<uint32_t>(child_count);
  return {.czxid = Zxid{node.czxid},
          .mzxid = Zxid{node.mzxid},
          .ctime = WallMillis{node.ctime},
          .mtime = WallMillis{node.mtime},
          .version = node.version,
          .cversion = static_cast<int32_t>(changes),
          .aversion = node.aversion,
          .ephemeral_owner = ephemeral_owner(id),
          .data_length = std::max(node.data_size, 0),
          .num_children = child_count,
          .pzxid = Zxid{node.pzxid}};
}

std::string Tree::path(NodeId id) const {
  if (id == root_) {
    return "/";
  }
  size_t size = 0;
  for (NodeId at = id; at != root_; at = parent(at)) {
    size += 1 + name(at).size();
  }
  std::string path(size, '/');
  for (NodeId at = id; at != root_; at = parent(at)) {
    size -= name(at).size();
    path.replace(size, name(at).size(), name(at));
    --size;
  }
  return path;
}

int32_t Tree::child_count(NodeId node) const {
  return static_cast<int32_t>(children_.count(store_, store_.at(node)));
}

int64_t Tree::ephemeral_owner(NodeId id) const {
  const int64_t owner = owner_of(id, store_.at(id));
  return owner != 0 && owned_.kind(owner) == OwnerKind::kEphemeral ? owner : 0;
}

void Tree::append_children(NodeId node, wire::Writer& to) const {
  const Node& parent = store_.at(node);
  to.put_int(static_cast<int32_t>(children_.count(store_, parent)));
  children_.for_each(store_, parent,
                     [this, &to](NodeId child) { to.put_string(store_.at(child).name()); });
}

std::vector<NodeId> Tree::children(NodeId node) const {
  std::vector<NodeId> all;
  all.reserve(children_.count(store_, store_.at(node)));
  children_.for_each(store_, store_.at(node), [&all](NodeId child) { all.push_back(child); });
  return all;
}

int64_t Tree::descendant_count(NodeId node) const {
  if (node == root_) {
    return node_count_ - 1;
  }
  int64_t count = 0;
  std::vector<NodeId> pending = {node};
  while (!pending.empty()) {
    const Node& at = store_.at(pending.back());
    pending.pop_back();
    count += children_.count(store_, at);
    children_.for_each(store_, at, [this, &pending](NodeId child) {
      if (store_.at(child).child_kind != static_cast<uint32_t>(ChildKind::kNone)) {
        pending.push_back(child);
      }
    });
  }
  return count;
}

std::vector<std::string> Tree::ephemerals_of(SessionId session) const {
  std::vector<std::string> paths;
  for (const NodeId node : owned_.of_session(session)) {
    paths.push_back(path(node));
  }
  std::ranges::sort(paths);
  return paths;
}

std::vector<std::string> Tree::reapable(WallMillis now, int64_t never_used_ms_max,
                                        size_t count_max) const {
  std::vector<std::string> paths;
  const auto is_childless = [this](const Node& node) { return children_.count(store_, node) == 0; };
  const auto prefetch = [this](const std::vector<NodeId>& nodes, size_t i) {
    if (i + kReapAhead < nodes.size()) {
      store_.prefetch(nodes[i + kReapAhead]);
      owned_.prefetch(nodes[i + kReapAhead]);
    }
  };
  const std::vector<NodeId>& containers = owned_.containers();
  for (size_t i = 0; i < containers.size() && paths.size() < count_max; ++i) {
    prefetch(containers, i);
    const Node& node = store_.at(containers[i]);
    const bool never_used_too_long =
        never_used_ms_max != 0 && elapsed_ms(node.mtime, now) > never_used_ms_max;
    if (is_childless(node) && (node.cversion > 0 || never_used_too_long)) {
      paths.push_back(path(containers[i]));
    }
  }
  const std::vector<NodeId>& ttls = owned_.ttls();
  for (size_t i = 0; i < ttls.size() && paths.size() < count_max; ++i) {
    prefetch(ttls, i);
    const Node& node = store_.at(ttls[i]);
    const int64_t ttl_ms = ttl_ms_of(owned_.owner(ttls[i]));
    if (ttl_ms != 0 && elapsed_ms(node.mtime, now) > ttl_ms && is_childless(node)) {
      paths.push_back(path(ttls[i]));
    }
  }
  std::ranges::sort(paths);
  return paths;
}

uint64_t Tree::node_digest(std::string_view path, wire::NullableBytes data,
                           const wire::StatPersisted& stat) {
  return is_below_system(path) ? 0 : node_crc(path, data, digest_stat(stat));
}

}  // namespace quorate::tree
