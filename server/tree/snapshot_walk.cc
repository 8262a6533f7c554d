// Depth-first walk with early saves; see the header for why it is exact.
#include "server/tree/snapshot_walk.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/tree/snapshot_format.h"

namespace quorate::tree {

namespace {}  // namespace

SnapshotWalk::SnapshotWalk(Tree& tree) : tree_(tree) {
  QR_ASSERT(tree_.walk_ == nullptr);
  if (tree_.marks_.exhausted()) {
    reset_marks();
  }
  tree_.marks_.begin();
  tree_.children_.pin();
  tree_.walk_ = this;
}

SnapshotWalk::~SnapshotWalk() {
  while (!frames_.empty()) {
    pop();
  }
  tree_.children_.unpin();
  tree_.walk_ = nullptr;
}

void SnapshotWalk::reset_marks() {
  std::vector<NodeId> pending = {tree_.root_};
  while (!pending.empty()) {
    Node& node = tree_.store_.at(pending.back());
    pending.pop_back();
    tree_.marks_.mark_passed(node);
    tree_.children_.for_each(tree_.store_, node,
                             [&pending](NodeId child) { pending.push_back(child); });
  }
  tree_.marks_.all_passed();
}

bool SnapshotWalk::next(std::string& to, size_t size_max) {
  if (!drain_early(to, size_max)) {
    return true;
  }
  if (!started_) {
    started_ = true;
    const Node& root = tree_.store_.at(tree_.root_);
    if (!tree_.marks_.is_saved(root)) {
      encode(root, 0, "", to);
    }
    enter(tree_.root_);
  }
  while (!frames_.empty()) {
    if (to.size() >= size_max || !advance(to, size_max)) {
      return true;
    }
  }
  tree_.marks_.all_passed();
  return false;
}

bool SnapshotWalk::drain_early(std::string& to, size_t size_max) {
  if (early_.empty()) {
    return true;
  }
  const size_t room = size_max > to.size() ? size_max - to.size() : 1;
  const size_t size = std::min(room, early_.size() - early_position_);
  to.append(early_, early_position_, size);
  early_position_ += size;
  if (early_position_ < early_.size()) {
    if (early_position_ > early_.size() / 2) {  // Writes that outrun the slices must not keep both.
      early_.erase(0, early_position_);
      early_position_ = 0;
    }
    return false;
  }
  early_.clear();
  early_position_ = 0;
  return true;
}

bool SnapshotWalk::advance(std::string& to, size_t size_max) {
  Frame& frame = frames_.back();
  if (!frame.node) {
    pop();
    return true;
  }
  const Node& directory = tree_.store_.at(frame.node);
  if (frame.bucket >= tree_.children_.bucket_count(directory)) {
    pop();
    return true;
  }
  tree_.children_.prefetch_bucket(tree_.store_, directory, frame.bucket + 1);
  NodeId descend;
  bool full = false;
  const size_t directory_size = path_.size();
  tree_.children_.for_each_in_bucket(
      tree_.store_, directory, frame.bucket,
      [this, &to, size_max, directory_size, &descend, &full](NodeId id) {
        Node& child = tree_.store_.at(id);
        if (tree_.marks_.is_passed(child)) {
          return true;
        }
        if (to.size() >= size_max) {
          full = true;
          return false;
        }
        if (!tree_.marks_.is_saved(child)) {
          path_ += '/';
          path_ += child.name();
          encode(child, tree_.owner_of(id, child), path_, to);
          path_.resize(directory_size);
        }
        tree_.marks_.mark_passed(child);
        if (child.child_kind != static_cast<uint32_t>(ChildKind::kNone)) {
          descend = id;
          return false;
        }
        return true;
      });
  if (descend) {
    enter(descend);
    return true;
  }
  if (full) {
    return false;
  }
  ++frame.bucket;
  return true;
}

void SnapshotWalk::enter(NodeId id) {
  Node& node = tree_.store_.at(id);
  tree_.marks_.mark_passed(node);
  node.open = 1;
  frames_.push_back({.node = id, .path_size = path_.size()});
  if (id != tree_.root_) {
    path_ += '/';
    path_ += node.name();
  }
}

void SnapshotWalk::pop() {
  const Frame& frame = frames_.back();
  if (frame.node) {
    tree_.store_.at(frame.node).open = 0;
  }
  path_.resize(frame.path_size);
  frames_.pop_back();
}

void SnapshotWalk::leave(NodeId node) {
  const auto frame = std::ranges::find(frames_, node, &Frame::node);
  QR_ASSERT(frame != frames_.end());
  frame->node = NodeId{};
}

void SnapshotWalk::save(NodeId id) {
  std::vector<NodeId> chain;
  for (NodeId at = id; at && !tree_.marks_.is_saved(tree_.store_.at(at)); at = tree_.parent(at)) {
    chain.push_back(at);
  }
  for (size_t i = chain.size(); i > 0; --i) {
    Node& node = tree_.store_.at(chain[i - 1]);
    const std::string path = chain[i - 1] == tree_.root_ ? "" : tree_.path(chain[i - 1]);
    encode(node, tree_.owner_of(chain[i - 1], node), path, early_);
    tree_.marks_.mark_saved(node);
  }
}

void SnapshotWalk::encode(const Node& node, int64_t owner, std::string_view path,
                          std::string& to) const {
  wire::Writer writer(to);
  writer.put_string(path);
  writer.put_buffer(tree_.store_.data(node));
  char fixed[8 + wire::kStatPersistedBytes];
  store_big_endian(fixed, node.acl == 0 ? kOpenAclIndex : int64_t{node.acl});
  store_big_endian(fixed + 8, node.czxid);
  store_big_endian(fixed + 16, node.mzxid);
  store_big_endian(fixed + 24, node.ctime);
  store_big_endian(fixed + 32, node.mtime);
  store_big_endian(fixed + 40, node.version);
  store_big_endian(fixed + 44, node.cversion);
  store_big_endian(fixed + 48, node.aversion);
  store_big_endian(fixed + 52, owner);
  store_big_endian(fixed + 60, node.pzxid);
  writer.put_raw({fixed, sizeof fixed});
}

}  // namespace quorate::tree
