// Arming, removing and replaying watches.
#include "server/request/read_watches.h"

#include "server/wire/stat.h"

namespace quorate::request {
namespace {

using tree::NodeId;
using wire::ErrorCode;
using wire::EventType;

/// Collects the events that one watcher missed.
class Missed {
 public:
  Missed(tree::WatcherId watcher, const tree::Tree& tree, std::vector<tree::Notification>& to)
      : watcher_(watcher), tree_(tree), to_(to) {}

  void add(EventType type, std::string_view path, NodeId node) {
    to_.push_back({.watcher = watcher_,
                   .type = type,
                   .path = path,
                   .acl = node ? tree_.acl(node) : tree::AclId{}});
  }

 private:
  tree::WatcherId watcher_;
  const tree::Tree& tree_;
  std::vector<tree::Notification>& to_;
};

}  // namespace

ErrorCode add_watch(const wire::AddWatchRequest& request, tree::WatcherId watcher,
                    tree::Watches& watches) {
  if (request.mode != 0 && request.mode != 1) {
    return ErrorCode::kMarshallingError;
  }
  watches.add(
      request.path, watcher,
      request.mode == 0 ? tree::WatchMode::kPersistent : tree::WatchMode::kPersistentRecursive);
  return ErrorCode::kOk;
}

ErrorCode remove_or_check(const wire::RemoveWatchesRequest& request, tree::WatcherId watcher,
                          tree::Watches& watches) {
  if (request.type < static_cast<int32_t>(tree::WatcherType::kChildren) ||
      request.type > static_cast<int32_t>(tree::WatcherType::kPersistentRecursive)) {
    return ErrorCode::kMarshallingError;
  }
  const auto type = static_cast<tree::WatcherType>(request.type);
  const bool found = request.op == wire::OpCode::kRemoveWatches
                         ? watches.remove(request.path, watcher, type)
                         : watches.contains(request.path, watcher, type);
  return found ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

void set_watches(const wire::SetWatchesRequest& request, tree::WatcherId watcher,
                 const tree::Tree& tree, tree::Watches& watches,
                 std::vector<tree::Notification>& missed) {
  Missed events(watcher, tree, missed);
  for (const std::string_view path : request.data) {
    const NodeId node = tree.find(path);
    if (!node) {
      events.add(EventType::kNodeDeleted, path, node);
    } else if (tree.persisted(node).mzxid > request.relative_zxid) {
      events.add(EventType::kNodeDataChanged, path, node);
    } else {
      watches.add_data(path, watcher);
    }
  }
  for (const std::string_view path : request.exist) {
    const NodeId node = tree.find(path);
    if (node) {
      events.add(EventType::kNodeCreated, path, node);
    } else {
      watches.add_data(path, watcher);
    }
  }
  for (const std::string_view path : request.child) {
    const NodeId node = tree.find(path);
    if (!node) {
      events.add(EventType::kNodeDeleted, path, node);
    } else if (tree.persisted(node).pzxid > request.relative_zxid) {
      events.add(EventType::kNodeChildrenChanged, path, node);
    } else {
      watches.add_child(path, watcher);
    }
  }
  for (const std::string_view path : request.persistent) {
    watches.add(path, watcher, tree::WatchMode::kPersistent);
  }
  for (const std::string_view path : request.persistent_recursive) {
    watches.add(path, watcher, tree::WatchMode::kPersistentRecursive);
  }
}

}  // namespace quorate::request
