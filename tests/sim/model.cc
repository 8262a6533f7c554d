// What a tree of znodes is, written down a second time.
#include "tests/sim/model.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace quorate::sim {

using wire::ErrorCode;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// ---- Configurations ---------------------------------------------------------------------------

bool Members::is_voter(ServerId server) const {
  const auto found = specs.find(server.value);
  return found != specs.end() && found->second.find(":participant") != std::string::npos;
}

size_t Members::voter_count() const {
  size_t count = 0;
  for (const auto& [id, spec] : specs) {
    count += is_voter(ServerId{id}) ? 1 : 0;
  }
  return count;
}

std::string Members::text() const {
  std::string text;
  for (const auto& [id, spec] : specs) {
    text += "server." + std::to_string(id) + "=" + spec + "\n";
  }
  char version_text[24];
  std::snprintf(version_text, sizeof version_text, "%llx",
                static_cast<unsigned long long>(version));
  return text + "version=" + version_text;
}

namespace {

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::string part;
  std::istringstream stream(list);
  while (std::getline(stream, part, ',')) {
    parts.push_back(part);
  }
  return parts;
}

/// Of `server.N=spec` each.
void add_lines(const std::string& list, std::map<int64_t, std::string>& specs) {
  for (const std::string& line : parts_of(list)) {
    const size_t equals = line.find('=');
    specs[std::stoll(line.substr(7, equals - 7))] = line.substr(equals + 1);
  }
}

}  // namespace

const Members& Model::members_at(Zxid zxid) const {
  return std::prev(members_.upper_bound(zxid))->second;
}

Model::Plan Model::plan(const Reconfig& reconfig, Zxid zxid) const {
  const Members& before = members();
  // Before any the version is that of whoever was established first.
  const bool may_fit = before.version == 0 && Zxid{reconfig.version}.counter() == 0;
  if (reconfig.version != -1 && reconfig.version != before.version && !may_fit) {
    return {.error = ErrorCode::kBadVersion, .next = {}};
  }
  if (reconfig.wrong != ErrorCode::kOk) {
    return {.error = reconfig.wrong, .next = {}};
  }
  Members next = before;
  next.version = zxid.value;
  if (!reconfig.members.empty()) {
    next.specs.clear();
    add_lines(reconfig.members, next.specs);
  } else {
    for (const std::string& id : parts_of(reconfig.leaving)) {
      next.specs.erase(std::stoll(id));
    }
    add_lines(reconfig.joining, next.specs);
  }
  if (next.voter_count() == 0) {
    return {.error = ErrorCode::kBadArguments, .next = {}};
  }
  if (!reconfig.is_authorised) {
    return {.error = ErrorCode::kNoAuth, .next = {}};
  }
  return {.next = std::move(next)};
}

StepResult Model::reconfigure(const Reconfig& reconfig, Zxid zxid) {
  Plan plan = this->plan(reconfig, zxid);
  if (plan.error != ErrorCode::kOk) {
    return {.error = plan.error, .path = {}};
  }
  const std::string text = plan.next.text();
  NodeVersion& node = change(kConfigPath, zxid);
  node.data = text;
  node.mzxid = zxid;
  node.is_data_change = true;
  members_[zxid] = std::move(plan.next);
  return {.path = text};
}

// ---- Nodes ------------------------------------------------------------------------------------

Model::Model(Members members) {
  NodeVersion root;
  root.exists = true;
  root.children.insert("zookeeper");
  nodes_["/"].push_back(root);
  NodeVersion config;
  config.exists = true;
  nodes_[kConfigPath].push_back(config);
  members_[Zxid{0}] = std::move(members);
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
  if (operation.kind == OpKind::kReconfig) {
    return {reconfigure(operation.reconfig, zxid)};
  }
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
