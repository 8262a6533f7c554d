// The overlay of pending nodes over the committed tree.
#include "server/request/pending.h"

#include <algorithm>
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

PendingNode* Pending::find_record(std::string_view path, tree::NodeId node) const {
  if (node && !by_node_.empty()) {
    const auto found = by_node_.find(node.index);
    if (found != by_node_.end()) {
      return found->second.get();
    }
  }
  if (by_path_.empty()) {
    return nullptr;
  }
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second.get();
}

Pending::View Pending::view(std::string_view path) const {
  if (path == "/") {
    path = "";
  }
  const tree::NodeId node = tree_.find(path);
  PendingNode* record = find_record(path, node);
  if (record != nullptr) {
    return View{.exists = record->exists,
                .version = record->stat.version,
                .child_count = record->child_count,
                .data_bytes = record->data_bytes,
                .acls = record->has_own_acl ? wire::AclList{record->acl_encoded}
                                            : tree_.acls().get(record->acl),
                .record = record,
                .node = node};
  }
  if (!node) {
    return View{};
  }
  const wire::NullableBytes data = tree_.data(node);
  return View{.exists = true,
              .version = tree_.version(node),
              .child_count = tree_.child_count(node),
              .data_bytes = data ? static_cast<int32_t>(data->size()) : 0,
              .acls = tree_.acls().get(tree_.acl(node)),
              .record = nullptr,
              .node = node};
}

wire::StatPersisted Pending::stat(const View& view) const {
  return view.record != nullptr ? view.record->stat : tree_.persisted(view.node);
}

PendingNode& Pending::touch(const View& view, std::string_view path, Zxid zxid) {
  PendingNode* record = view.record;
  if (record == nullptr) {
    record = &make_record(view, path == "/" ? std::string_view() : path);
    if (undo_enabled_) {
      undo_.push_back(Undo{record, std::nullopt});
    }
  } else if (undo_enabled_ && record->zxid != zxid) {
    undo_.push_back(Undo{record, *record});
  }
  if (record->zxid != zxid) {
    record->zxid = zxid;
    touches_.push(Touch{zxid, record});
  }
  return *record;
}

PendingNode& Pending::make_record(const View& view, std::string_view path) {
  std::unique_ptr<PendingNode> owned;
  if (spare_.empty()) {
    owned = std::make_unique<PendingNode>();
  } else {
    owned = std::move(spare_.back());
    spare_.pop_back();
  }
  PendingNode& record = *owned;
  record.path.assign(path);
  record.zxid = Zxid{};
  record.exists = view.exists;
  record.by_path = !view.exists;
  record.node = view.node;
  record.content_crc_known = false;
  record.has_own_acl = false;
  record.digest_term = 0;
  record.counts_in_digest = digest_enabled_ && !path.starts_with(kSystemPrefix);
  if (view.exists) {
    record.stat = tree_.persisted(view.node);
    record.child_count = view.child_count;
    record.data_bytes = view.data_bytes;
    record.acl = tree_.acl(view.node);
    record.digest_term = record.counts_in_digest ? tree_.node_digest(view.node) : 0;
  }
  link(std::move(owned));
  return record;
}

void Pending::link(std::unique_ptr<PendingNode> record) {
  PendingNode& linked = *record;
  if (linked.by_path) {
    by_path_.emplace(std::string_view(linked.path), std::move(record));
  } else {
    by_node_.emplace(linked.node.index, std::move(record));
  }
}

std::unique_ptr<PendingNode> Pending::unlink(PendingNode& record) {
  std::unique_ptr<PendingNode> owned;
  if (record.by_path) {
    const auto found = by_path_.find(record.path);
    QR_ASSERT(found != by_path_.end());
    owned = std::move(found->second);
    by_path_.erase(found);
  } else {
    const auto found = by_node_.find(record.node.index);
    QR_ASSERT(found != by_node_.end());
    owned = std::move(found->second);
    by_node_.erase(found);
  }
  QR_ASSERT(owned.get() == &record);
  return owned;
}

void Pending::key_by_path(PendingNode& record) {
  if (!record.by_path) {
    std::unique_ptr<PendingNode> owned = unlink(record);
    record.by_path = true;
    link(std::move(owned));
  }
}

void Pending::drop(PendingNode& record) {
  std::unique_ptr<PendingNode> owned = unlink(record);
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
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
    if (undo->before) {
      std::unique_ptr<PendingNode> owned = unlink(*undo->record);
      *owned = std::move(*undo->before);
      link(std::move(owned));
    } else {
      drop(*undo->record);
    }
  }
  digest_ = digest_at_begin_;
  commit();
}

void Pending::applied(Zxid zxid) {
  while (!touches_.empty() && touches_.front().zxid <= zxid) {
    const Touch touch = touches_.pop();
    if (touch.record->zxid == touch.zxid) {
      drop(*touch.record);
    }
  }
}

void Pending::reset() {
  by_node_.clear();
  by_path_.clear();
  touches_.clear();
  undo_.clear();
  digest_ = tree_.digest();
}

void Pending::set_data(PendingNode& record, wire::NullableBytes data) {
  record.data_bytes = data ? static_cast<int32_t>(data->size()) : 0;
  if (record.counts_in_digest) {
    record.content_crc = content_crc(record.path, data);
    record.content_crc_known = true;
  }
}

void Pending::refresh_digest(PendingNode& record) {
  if (!record.counts_in_digest) {
    return;
  }
  uint64_t term = 0;
  if (record.exists) {
    if (!record.content_crc_known) {
      // Nothing pending created it or changed its data: the tree has both.
      QR_ASSERT(!record.by_path);
      record.content_crc = content_crc(record.path, tree_.data(record.node));
      record.content_crc_known = true;
    }
    term = continue_with_stat(record.content_crc, record.stat);
  }
  digest_ += term - record.digest_term;
  record.digest_term = term;
}

std::vector<std::string> Pending::ephemerals_of(SessionId session) const {
  std::vector<std::string> paths = tree_.ephemerals_of(session);
  // What the tree says of a touched path does not count: it may be gone, or somebody else's by now.
  std::erase_if(paths, [this](const std::string& path) { return view(path).record != nullptr; });
  const auto look_at = [&](const PendingNode& record) {
    if (record.exists && record.stat.ephemeral_owner == session.value) {
      paths.push_back(record.path);
    }
  };
  for (const auto& [node, record] : by_node_) {
    look_at(*record);
  }
  for (const auto& [path, record] : by_path_) {
    look_at(*record);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace quorate::request
