// What a tree of znodes is, written down a second time.
#include "tests/sim/model.h"

#include <algorithm>
#include <cstdio>

namespace quorate::sim {

using wire::ErrorCode;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

Model::Model() {
  NodeVersion root;
  root.exists = true;
  root.children.insert("zookeeper");
  nodes_["/"].push_back(root);
}

const NodeVersion* Model::now(const std::string& path) const {
  const auto node = nodes_.find(path);
  const bool exists = node != nodes_.end() && node->second.back().exists;
  return exists ? &node->second.back() : nullptr;
}

const NodeVersion* Model::at(const std::string& path, Zxid zxid) const {
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    return nullptr;
  }
  const auto behind = std::ranges::upper_bound(node->second, zxid, {}, &NodeVersion::zxid);
  if (behind == node->second.begin()) {
    return nullptr;
  }
  const NodeVersion& version = *std::prev(behind);
  return version.exists ? &version : nullptr;
}

std::optional<Zxid> Model::first_change(const std::string& path, bool of_children,
                                        Zxid after) const {
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    return std::nullopt;
  }
  for (auto each = std::ranges::upper_bound(node->second, after, {}, &NodeVersion::zxid);
       each != node->second.end(); ++each) {
    if (of_children ? each->is_child_change : each->is_data_change) {
      return each->zxid;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Model::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, history] : nodes_) {
    paths.push_back(path);
  }
  return paths;
}

/// The version of this transaction, a copy of the one before at first.
NodeVersion& Model::change(const std::string& path, Zxid zxid) {
  History& history = nodes_[path];
  if (history.empty()) {
    history.emplace_back();
  }
  if (history.back().zxid == zxid) {
    return history.back();
  }
  changed_.push_back(path);
  NodeVersion next = history.back();
  next.zxid = zxid;
  next.is_data_change = false;
  next.is_child_change = false;
  history.push_back(std::move(next));
  return history.back();
}

void Model::undo(Zxid zxid) {
  for (const std::string& path : changed_) {
    History& history = nodes_[path];
    if (!history.empty() && history.back().zxid == zxid) {
      history.pop_back();
    }
  }
}

StepResult Model::create(const OpStep& step, SessionId session, Zxid zxid) {
  const std::string parent = parent_of(step.path);
  const NodeVersion* const above = now(parent);
  if (above == nullptr) {
    return {.error = ErrorCode::kNoNode, .path = {}};
  }
  std::string path = step.path;
  if ((step.flags & kSequentialFlag) != 0) {
    char number[16];
    std::snprintf(number, sizeof number, "%010d", above->created_children);
    path += number;
  }
  if (now(path) != nullptr) {
    return {.error = ErrorCode::kNodeExists, .path = {}};
  }
  if (above->owner != SessionId{}) {
    return {.error = ErrorCode::kNoChildrenForEphemerals, .path = {}};
  }
  NodeVersion& holder = change(parent, zxid);
  holder.children.insert(path.substr(path.rfind('/') + 1));
  ++holder.created_children;
  holder.pzxid = zxid;
  holder.is_child_change = true;
  NodeVersion& node = change(path, zxid);
  const bool was_child_change = node.is_child_change;
  node = NodeVersion{.zxid = zxid,
                     .exists = true,
                     .is_data_change = true,
                     .is_child_change = was_child_change,
                     .czxid = zxid,
                     .mzxid = zxid,
                     .pzxid = zxid,
                     .owner = (step.flags & kEphemeralFlag) != 0 ? session : SessionId{},
                     .data = step.data,
                     .children = {}};
  return {.path = path};
}

StepResult Model::remove(const OpStep& step, Zxid zxid) {
  const NodeVersion* const node = now(step.path);
  if (node == nullptr) {
    return {.error = ErrorCode::kNoNode, .path = {}};
  }
  if (step.version != -1 && step.version != node->version) {
    return {.error = ErrorCode::kBadVersion, .path = {}};
  }
  if (!node->children.empty()) {
    return {.error = ErrorCode::kNotEmpty, .path = {}};
  }
  NodeVersion& gone = change(step.path, zxid);
  gone = NodeVersion{.zxid = zxid,
                     .exists = false,
                     .is_data_change = true,
                     .is_child_change = true,
                     .data = {},
                     .children = {}};
  NodeVersion& holder = change(parent_of(step.path), zxid);
  holder.children.erase(step.path.substr(step.path.rfind('/') + 1));
  holder.pzxid = zxid;
  holder.is_child_change = true;
  return {};
}

StepResult Model::apply_step(const OpStep& step, SessionId session, Zxid zxid) {
  if (step.kind == OpKind::kCreate) {
    return create(step, session, zxid);
  }
  if (step.kind == OpKind::kDelete) {
    return remove(step, zxid);
  }
  const NodeVersion* const node = now(step.path);
  if (node == nullptr) {
    return {.error = ErrorCode::kNoNode, .path = {}};
  }
  if (step.version != -1 && step.version != node->version) {
    return {.error = ErrorCode::kBadVersion, .path = {}};
  }
  if (step.kind == OpKind::kCheck) {
    return {};
  }
  NodeVersion& next = change(step.path, zxid);
  next.data = step.data;
  ++next.version;
  next.mzxid = zxid;
  next.is_data_change = true;
  return {.path = {}, .version = next.version};
}

std::vector<StepResult> Model::apply(const Operation& operation, Zxid zxid) {
  changed_.clear();
  std::vector<StepResult> results;
  bool failed = false;
  for (const OpStep& step : operation.steps) {
    if (failed) {
      results.push_back({.error = ErrorCode::kRuntimeInconsistency, .path = {}});
      continue;
    }
    results.push_back(apply_step(step, operation.session, zxid));
    failed = results.back().error != ErrorCode::kOk;
  }
  if (failed) {
    undo(zxid);
  }
  return results;
}

void Model::close_session(SessionId session, Zxid zxid) {
  sessions_.erase(session);
  changed_.clear();
  std::vector<std::string> gone;
  for (const auto& [path, history] : nodes_) {
    if (history.back().exists && history.back().owner == session) {
      gone.push_back(path);
    }
  }
  for (const std::string& path : gone) {
    remove({.kind = OpKind::kDelete, .path = path, .data = {}}, zxid);
  }
}

}  // namespace quorate::sim
