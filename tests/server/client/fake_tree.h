// FakeTree: just enough of a znode tree, in maps, to answer a client under test.
#pragma once

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/acl.h"
#include "server/wire/error_code.h"
#include "server/wire/path.h"
#include "server/wire/request.h"
#include "server/wire/stat.h"

namespace quorate::client::test {

/// A node. Simplifications: versions and counts are kept, times are fixed.
struct FakeNode {
  std::optional<std::string> data;
  wire::Stat stat;
  std::string acls;
  int32_t created_children = 0;
};

class FakeTree {
 public:
  FakeTree() {
    nodes_["/"].acls = std::string(wire::open_acl().encoded);
    for (const char* path : {"/zookeeper", "/zookeeper/quota", "/zookeeper/config"}) {
      nodes_[path].acls = nodes_["/"].acls;
    }
  }

  FakeNode* find(std::string_view path) {
    const auto found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> children(std::string_view path) const {
    std::vector<std::string> names;
    for (const auto& [node, ignored] : nodes_) {
      if (node != "/" && wire::parent_of(node) == path) {
        names.emplace_back(wire::name_of_path(node));
      }
    }
    return names;
  }
  std::vector<std::string> ephemerals(int64_t session) const {
    std::vector<std::string> paths;
    for (const auto& [path, node] : nodes_) {
      if (node.stat.ephemeral_owner == session) {
        paths.push_back(path);
      }
    }
    return paths;
  }
  int32_t descendants(std::string_view path) const {
    int32_t count = 0;
    for (const auto& [node, ignored] : nodes_) {
      count += node != path && wire::is_within(node, path) ? 1 : 0;
    }
    return count;
  }
  wire::Stat stat(const std::string& path) {
    FakeNode& node = nodes_.at(path);
    node.stat.data_length = node.data ? static_cast<int32_t>(node.data->size()) : 0;
    node.stat.num_children = static_cast<int32_t>(children(path).size());
    return node.stat;
  }

  wire::ErrorCode create(const wire::CreateRequest& request, int64_t session, Zxid zxid,
                         std::string& path) {
    path = request.path;
    FakeNode* parent = find(wire::parent_of(path));
    if (parent == nullptr) {
      return wire::ErrorCode::kNoNode;
    }
    if (parent->stat.ephemeral_owner != 0) {
      return wire::ErrorCode::kNoChildrenForEphemerals;
    }
    if (request.flags == 2 || request.flags == 3 || request.flags == 6) {
      char suffix[16];
      std::snprintf(suffix, sizeof suffix, "%010d", parent->created_children);
      path += suffix;
    }
    if (find(path) != nullptr) {
      return wire::ErrorCode::kNodeExists;
    }
    ++parent->created_children;
    ++parent->stat.cversion;
    FakeNode& node = nodes_[path];
    node.data = request.data ? std::optional<std::string>(*request.data) : std::nullopt;
    node.acls = request.acls.encoded;
    node.stat.czxid = node.stat.mzxid = node.stat.pzxid = zxid;
    node.stat.ctime = node.stat.mtime = WallMillis{1'700'000'000'000};
    const bool ephemeral = request.flags == 1 || request.flags == 3;
    node.stat.ephemeral_owner = ephemeral ? session : 0;
    return wire::ErrorCode::kOk;
  }
  wire::ErrorCode remove(std::string_view path, int32_t version) {
    const FakeNode* node = find(path);
    if (node == nullptr) {
      return wire::ErrorCode::kNoNode;
    }
    if (version != -1 && version != node->stat.version) {
      return wire::ErrorCode::kBadVersion;
    }
    if (!children(path).empty()) {
      return wire::ErrorCode::kNotEmpty;
    }
    nodes_.erase(std::string(path));
    return wire::ErrorCode::kOk;
  }
  wire::ErrorCode set(const wire::SetDataRequest& request, Zxid zxid) {
    FakeNode* node = find(request.path);
    if (node == nullptr) {
      return wire::ErrorCode::kNoNode;
    }
    if (request.version != -1 && request.version != node->stat.version) {
      return wire::ErrorCode::kBadVersion;
    }
    node->data = request.data ? std::optional<std::string>(*request.data) : std::nullopt;
    node->stat.mzxid = zxid;
    ++node->stat.version;
    return wire::ErrorCode::kOk;
  }

 private:
  std::map<std::string, FakeNode, std::less<>> nodes_;
};

}  // namespace quorate::client::test
