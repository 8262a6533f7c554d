// The naive tree.
#include "tests/server/tree/model.h"

#include <algorithm>
#include <sstream>

#include "server/base/checksum.h"
#include "server/tree/owner.h"
#include "server/tree/quota_text.h"

namespace quorate::tree {

namespace {

const std::string kOpenAcl(wire::open_acl().encoded);

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string acl_bytes(wire::AclList list) {
  return list.count() == 0 && list.encoded != std::string_view("\0\0\0\0", 4)
             ? kOpenAcl
             : std::string(list.encoded);
}

std::optional<std::string> owned(wire::NullableBytes bytes) {
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}

int64_t size_of(const std::optional<std::string>& data) {
  return data ? static_cast<int64_t>(data->size()) : 0;
}

bool is_ephemeral(const ModelNode& node) {
  return node.stat.ephemeral_owner != 0 && node.stat.ephemeral_owner != kContainerOwner &&
         static_cast<uint64_t>(node.stat.ephemeral_owner) >> 56 != 0xFF;
}

const char* const kQuota = "/zookeeper/quota";

/// "/a" for "/zookeeper/quota/a/<name>".
std::string quota_target(const std::string& path, const std::string& name) {
  const std::string suffix = "/" + name;
  if (!path.starts_with(std::string(kQuota) + "/") || !path.ends_with(suffix)) {
    return "";
  }
  return path.substr(16, path.size() - 16 - suffix.size());
}

}  // namespace

Model::Model() {
  const std::string read_only = wire::encode_acls({{wire::kPermRead, {"world", "anyone"}}});
  nodes_[""] = {.data = "", .acl = kOpenAcl};
  nodes_["/zookeeper"] = {.data = "", .acl = kOpenAcl};
  nodes_[kQuota] = {.data = "", .acl = kOpenAcl};
  nodes_["/zookeeper/config"] = {.data = "", .acl = read_only, .stat = {.aversion = -1}};
}

int32_t Model::child_count(const std::string& path) const {
  int32_t count = 0;
  for (auto at = nodes_.upper_bound(path + "/"); at != nodes_.end(); ++at) {
    if (!at->first.starts_with(path + "/")) {
      break;
    }
    count += parent_of(at->first) == path ? 1 : 0;
  }
  return count;
}

int64_t Model::descendant_count(const std::string& path) const {
  return std::ranges::count_if(
      nodes_, [&](const auto& entry) { return entry.first.starts_with(path + "/"); });
}

wire::Stat Model::stat(const std::string& path) const {
  const ModelNode& node = nodes_.at(path);
  const int32_t children = child_count(path);
  return {.czxid = node.stat.czxid,
          .mzxid = node.stat.mzxid,
          .ctime = node.stat.ctime,
          .mtime = node.stat.mtime,
          .version = node.stat.version,
          .cversion = static_cast<int32_t>(int64_t{node.stat.cversion} * 2 - children),
          .aversion = node.stat.aversion,
          .ephemeral_owner = is_ephemeral(node) ? node.stat.ephemeral_owner : 0,
          .data_length = static_cast<int32_t>(size_of(node.data)),
          .num_children = children,
          .pzxid = node.stat.pzxid};
}

uint64_t Model::digest() const {
  uint64_t sum = 0;
  for (const auto& [path, node] : nodes_) {
    if (path.starts_with("/zookeeper/")) {
      continue;
    }
    std::string input = path + node.data.value_or("");
    wire::Writer to(input);
    to.put_long(node.stat.czxid.value);
    to.put_long(node.stat.mzxid.value);
    to.put_long(node.stat.pzxid.value);
    to.put_long(node.stat.ctime.value);
    to.put_long(node.stat.mtime.value);
    to.put_int(node.stat.version);
    to.put_int(node.stat.cversion);
    to.put_int(node.stat.aversion);
    to.put_long(node.stat.ephemeral_owner);
    sum += crc32(0, input);
  }
  return sum;
}

std::vector<std::string> Model::ephemerals_of(int64_t session) const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : nodes_) {
    if (is_ephemeral(node) && node.stat.ephemeral_owner == session) {
      paths.push_back(path);
    }
  }
  return paths;
}

ModelApplied Model::apply(const wire::TxnRecord& record) {
  ModelApplied applied;
  apply_one(record.header, record.txn, applied);
  last_zxid_ = std::max(last_zxid_, record.header.zxid.value);
  return applied;
}

void Model::apply_one(const wire::TxnHeader& header, const wire::Txn& txn, ModelApplied& applied) {
  if (const auto* create_txn = std::get_if<wire::CreateTxn>(&txn)) {
    create(header, *create_txn, applied);
  } else if (const auto* delete_txn = std::get_if<wire::DeleteTxn>(&txn)) {
    const std::string path(delete_txn->path);
    applied.results.push_back({.type = delete_txn->type, .path = path});
    if (!remove(header, path, applied)) {
      applied.results.back().error = wire::ErrorCode::kNoNode;
    }
  } else if (const auto* set_data_txn = std::get_if<wire::SetDataTxn>(&txn)) {
    set_data(header, *set_data_txn, applied);
  } else if (const auto* set_acl_txn = std::get_if<wire::SetAclTxn>(&txn)) {
    set_acl(*set_acl_txn, applied);
  } else if (const auto* session = std::get_if<wire::CreateSessionTxn>(&txn)) {
    sessions_[header.session.value] = session->timeout_ms;
    applied.results.push_back({.type = wire::OpCode::kCreateSession});
  } else if (const auto* close = std::get_if<wire::CloseSessionTxn>(&txn)) {
    close_session(header, *close, applied);
  } else if (const auto* error = std::get_if<wire::ErrorTxn>(&txn)) {
    applied.results.push_back({.type = wire::OpCode::kError, .error = error->error});
  } else {
    multi(header, std::get<wire::MultiTxn>(txn), applied);
  }
}

void Model::create(const wire::TxnHeader& header, const wire::CreateTxn& txn,
                   ModelApplied& applied) {
  const std::string path(txn.path);
  applied.results.push_back({.type = txn.type, .path = path});
  const auto parent = nodes_.find(parent_of(path));
  if (parent == nodes_.end()) {
    applied.results.back().error = wire::ErrorCode::kNoNode;
    return;
  }
  wire::StatPersisted& parent_stat = parent->second.stat;
  const int32_t cversion =
      txn.parent_cversion == -1 ? parent_stat.cversion + 1 : txn.parent_cversion;
  const auto existing = nodes_.find(path);
  if (existing != nodes_.end()) {
    existing->second.acl = acl_bytes(txn.acls);
    applied.results.back().error = wire::ErrorCode::kNodeExists;
  }
  if (cversion > parent_stat.cversion &&
      (existing == nodes_.end() || txn.type == wire::OpCode::kCreate)) {
    parent_stat.cversion = cversion;
    parent_stat.pzxid = header.zxid;
  }
  if (existing != nodes_.end()) {
    return;
  }
  int64_t owner = txn.ephemeral ? header.session.value : 0;
  if (txn.type == wire::OpCode::kCreateContainer) {
    owner = INT64_MIN;
  }
  if (txn.type == wire::OpCode::kCreateTtl) {
    owner = static_cast<int64_t>(0xFF00000000000000ULL | static_cast<uint64_t>(txn.ttl_ms));
  }
  nodes_[path] = {.data = owned(txn.data),
                  .acl = acl_bytes(txn.acls),
                  .stat = {.czxid = header.zxid,
                           .mzxid = header.zxid,
                           .ctime = header.time,
                           .mtime = header.time,
                           .ephemeral_owner = owner,
                           .pzxid = header.zxid}};
  applied.results.back().stat = stat(path);
  applied.changes.push_back({.kind = ChangeKind::kCreated,
                             .path = path,
                             .acl = acl_bytes(txn.acls),
                             .parent_acl = parent->second.acl});
  if (const std::string target = quota_target(path, "zookeeper_stats"); !target.empty()) {
    count_stats(target);
  }
  add_to_stats(path, 1, size_of(nodes_[path].data));
}

bool Model::remove(const wire::TxnHeader& header, Path path, ModelApplied& applied) {
  const auto parent = nodes_.find(parent_of(path));
  if (parent == nodes_.end()) {
    return false;
  }
  parent->second.stat.pzxid = std::max(parent->second.stat.pzxid, header.zxid);
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    return false;
  }
  const std::string acl = node->second.acl;
  // The deepest first; only a replay over a fuzzy snapshot finds more than the node itself.
  std::vector<std::string> doomed = {path};
  for (const auto& [other, unused] : nodes_) {
    if (other.starts_with(path + "/")) {
      doomed.push_back(other);
    }
  }
  for (; !doomed.empty(); doomed.pop_back()) {
    const int64_t bytes = size_of(nodes_[doomed.back()].data);
    nodes_.erase(doomed.back());
    add_to_stats(doomed.back(), -1, -bytes);
  }
  applied.changes.push_back(
      {.kind = ChangeKind::kDeleted, .path = path, .acl = acl, .parent_acl = parent->second.acl});
  return true;
}

void Model::set_data(const wire::TxnHeader& header, const wire::SetDataTxn& txn,
                     ModelApplied& applied) {
  const std::string path(txn.path == "/" ? "" : txn.path);
  applied.results.push_back({.type = txn.type, .path = std::string(txn.path)});
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    applied.results.back().error = wire::ErrorCode::kNoNode;
    return;
  }
  const int64_t before = size_of(node->second.data);
  node->second.data = owned(txn.data);
  node->second.stat.version = txn.version;
  node->second.stat.mzxid = header.zxid;
  node->second.stat.mtime = header.time;
  applied.changes.push_back(
      {.kind = ChangeKind::kDataChanged, .path = std::string(txn.path), .acl = node->second.acl});
  applied.results.back().stat = stat(path);
  add_to_stats(path, 0, size_of(node->second.data) - before);
}

void Model::set_acl(const wire::SetAclTxn& txn, ModelApplied& applied) {
  const std::string path(txn.path == "/" ? "" : txn.path);
  applied.results.push_back({.type = wire::OpCode::kSetAcl, .path = std::string(txn.path)});
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    applied.results.back().error = wire::ErrorCode::kNoNode;
    return;
  }
  node->second.acl = acl_bytes(txn.acls);
  node->second.stat.aversion = txn.version;
  applied.results.back().stat = stat(path);
}

void Model::close_session(const wire::TxnHeader& header, const wire::CloseSessionTxn& txn,
                          ModelApplied& applied) {
  sessions_.erase(header.session.value);
  applied.results.push_back({.type = wire::OpCode::kCloseSession});
  if (txn.paths) {
    for (const std::string_view path : *txn.paths) {
      remove(header, std::string(path), applied);
    }
  }
  for (const std::string& path : ephemerals_of(header.session.value)) {
    remove(header, path, applied);
  }
}

void Model::multi(const wire::TxnHeader& header, const wire::MultiTxn& txn, ModelApplied& applied) {
  const auto first_error = std::ranges::find_if(
      txn.ops, [](const wire::SubTxn& op) { return std::holds_alternative<wire::ErrorTxn>(op); });
  for (auto op = txn.ops.begin(); op != txn.ops.end(); ++op) {
    if (first_error != txn.ops.end()) {
      const auto* error = std::get_if<wire::ErrorTxn>(&*op);
      const auto code = error != nullptr   ? error->error
                        : op < first_error ? wire::ErrorCode::kOk
                                           : wire::ErrorCode::kRuntimeInconsistency;
      applied.results.push_back({.type = wire::OpCode::kError, .error = code});
    } else if (const auto* check = std::get_if<wire::CheckVersionTxn>(&*op)) {
      applied.results.push_back({.type = wire::OpCode::kCheck, .path = std::string(check->path)});
    } else if (const auto* create_txn = std::get_if<wire::CreateTxn>(&*op)) {
      apply_one(header, *create_txn, applied);
    } else if (const auto* delete_txn = std::get_if<wire::DeleteTxn>(&*op)) {
      apply_one(header, *delete_txn, applied);
    } else {
      apply_one(header, std::get<wire::SetDataTxn>(*op), applied);
    }
  }
}

std::string Model::governing_quota(Path path) const {
  for (std::string at = path; !at.empty(); at = parent_of(at)) {
    if (nodes_.contains(kQuota + at + "/zookeeper_limits")) {
      return at;
    }
  }
  return "";
}

void Model::add_to_stats(Path path, int64_t count, int64_t bytes) {
  const std::string governed = governing_quota(path);
  const auto node = nodes_.find(kQuota + governed + "/zookeeper_stats");
  if (governed.empty() || node == nodes_.end()) {
    return;
  }
  QuotaText text(node->second.data.value_or(""));
  text.set_count(text.count() + count);
  text.set_bytes(text.bytes() + bytes);
  node->second.data = text.format();
}

void Model::count_stats(Path path) {
  int64_t count = 0;
  int64_t bytes = 0;
  for (const auto& [other, node] : nodes_) {
    if (other == path || other.starts_with(path + "/")) {
      ++count;
      bytes += size_of(node.data);
    }
  }
  nodes_[kQuota + path + "/zookeeper_stats"].data =
      "count=" + std::to_string(count) + ",bytes=" + std::to_string(bytes);
}

}  // namespace quorate::tree
