// The overlay of pending nodes over the committed tree.
#include "server/request/pending.h"

#include <utility>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/base/checksum.h"

namespace quorate::request {
namespace {

constexpr std::string_view kSystemPrefix = "/zookeeper/";
constexpr size_t kSpareMax = 4096;

/// The stat in the order in which the digest takes it, which is not the snapshot's order.
uint32_t continue_with_stat(uint32_t crc, const wire::StatPersisted& stat) {
  char raw[60];
  store_big_endian(raw, stat.czxid.value);
  store_big_endian(raw + 8, stat.mzxid.value);
  store_big_endian(raw + 16, stat.pzxid.value);
  store_big_endian(raw + 24, stat.ctime.value);
  store_big_endian(raw + 32, stat.mtime.value);
  store_big_endian(raw + 40, stat.version);
  store_big_endian(raw + 44, stat.cversion);
  store_big_endian(raw + 48, stat.aversion);
  store_big_endian(raw + 52, stat.ephemeral_owner);
  return crc32(crc, std::string_view(raw, sizeof raw));
}

std::string_view digest_path(std::string_view path) {
  return path == "/" ? std::string_view() : path;
}

uint32_t content_crc(std::string_view path, wire::NullableBytes data) {
  const uint32_t crc = crc32(0, digest_path(path));
  return data ? crc32(crc, *data) : crc;
}

}  // namespace

Pending::Pending(const tree::Tree& tree, bool digest_enabled)
    : tree_(tree), digest_enabled_(digest_enabled), digest_(tree.digest()) {}

Pending::View Pending::view(std::string_view path) const {
  if (path == "/") {
    path = "";
  }
  const auto found = records_.find(path);
  if (found != records_.end()) {
    const PendingNode& node = *found->second;
    return View{.exists = node.exists,
                .stat = node.stat,
                .child_count = node.child_count,
                .data_bytes = node.data_bytes,
                .acls = node.has_own_acl ? wire::AclList{node.acl_encoded}
                                         : tree_.acls().get(node.acl)};
  }
  const tree::NodeId id = tree_.find(path);
  if (!id) {
    return View{};
  }
  const wire::NullableBytes data = tree_.data(id);
  return View{.exists = true,
              .stat = tree_.persisted(id),
              .child_count = tree_.child_count(id),
              .data_bytes = data ? static_cast<int32_t>(data->size()) : 0,
              .acls = tree_.acls().get(tree_.acl(id))};
}

PendingNode& Pending::touch(std::string_view path, Zxid zxid) {
  if (path == "/") {
    path = "";
  }
  const auto found = records_.find(path);
  PendingNode* node = found == records_.end() ? nullptr : found->second.get();
  if (undo_enabled_ && (node == nullptr || node->zxid != zxid)) {
    undo_.push_back(
        Undo{std::string(path), node == nullptr ? std::nullopt : std::optional(*node)});
  }
  if (node == nullptr) {
    node = &make_record(path);
  }
  if (node->zxid != zxid) {
    node->zxid = zxid;
    touches_.push(Touch{zxid, node});
  }
  return *node;
}

PendingNode& Pending::make_record(std::string_view path) {
  std::unique_ptr<PendingNode> node;
  if (spare_.empty()) {
    node = std::make_unique<PendingNode>();
  } else {
    node = std::move(spare_.back());
    spare_.pop_back();
  }
  node->path.assign(path);
  node->zxid = Zxid{};
  node->content_crc_known = false;
  node->has_own_acl = false;
  node->digest_term = 0;
  const tree::NodeId id = tree_.find(path);
  node->exists = static_cast<bool>(id);
  if (id) {
    const wire::NullableBytes data = tree_.data(id);
    node->stat = tree_.persisted(id);
    node->child_count = tree_.child_count(id);
    node->data_bytes = data ? static_cast<int32_t>(data->size()) : 0;
    node->acl = tree_.acl(id);
    node->digest_term = digest_enabled_ ? tree_.node_digest(id) : 0;
  }
  PendingNode& made = *node;
  records_.emplace(std::string_view(made.path), std::move(node));
  return made;
}

void Pending::drop(PendingNode& node) {
  const auto found = records_.find(node.path);
  QR_ASSERT(found != records_.end());
  std::unique_ptr<PendingNode> owned = std::move(found->second);
  records_.erase(found);
  if (spare_.size() < kSpareMax) {
    spare_.push_back(std::move(owned));
  }
}

void Pending::begin() {
  undo_enabled_ = true;
  undo_.clear();
  touches_at_begin_ = touches_.size();
  digest_at_begin_ = digest_;
}

void Pending::commit() {
  undo_enabled_ = false;
  undo_.clear();
}

void Pending::rollback() {
  while (touches_.size() > touches_at_begin_) {
    touches_.pop_back();
  }
  // Newest first, so that a path that was touched more than once ends as it began.
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
    const auto found = records_.find(undo->path);
    QR_ASSERT(found != records_.end());
    if (undo->before) {
      // The key is a view of the record's path: equal text, so keep the string that backs it.
      std::string key = std::move(found->second->path);
      *found->second = std::move(*undo->before);
      found->second->path = std::move(key);
    } else {
      drop(*found->second);
    }
  }
  digest_ = digest_at_begin_;
  commit();
}

void Pending::applied(Zxid zxid) {
  while (!touches_.empty() && touches_.front().zxid <= zxid) {
    const Touch touch = touches_.pop();
    if (touch.node->zxid == touch.zxid) {
      drop(*touch.node);
    }
  }
}

void Pending::reset() {
  QR_ASSERT(records_.empty());
  digest_ = tree_.digest();
}

void Pending::set_data(PendingNode& node, wire::NullableBytes data) {
  node.data_bytes = data ? static_cast<int32_t>(data->size()) : 0;
  if (digest_enabled_) {
    node.content_crc = content_crc(node.path, data);
    node.content_crc_known = true;
  }
}

void Pending::refresh_digest(PendingNode& node) {
  if (!digest_enabled_ || node.path.starts_with(kSystemPrefix)) {
    return;
  }
  uint64_t term = 0;
  if (node.exists) {
    if (!node.content_crc_known) {
      const tree::NodeId id = tree_.find(node.path);
      QR_ASSERT(id);
      node.content_crc = content_crc(node.path, tree_.data(id));
      node.content_crc_known = true;
    }
    term = continue_with_stat(node.content_crc, node.stat);
  }
  digest_ += term - node.digest_term;
  node.digest_term = term;
}

Pending::SessionPaths Pending::ephemerals_of(SessionId session) const {
  SessionPaths paths;
  for (const auto& [path, node] : records_) {
    if (!node->exists) {
      paths.deleted.push_back(path);
    } else if (node->stat.ephemeral_owner == session.value) {
      paths.kept.push_back(path);
    }
  }
  return paths;
}

}  // namespace quorate::request
