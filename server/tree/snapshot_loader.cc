// Reader of snapshots of ZooKeeper 3.4 and later, whole or damaged.
#include <absl/container/flat_hash_map.h>

#include "server/base/checksum.h"
#include "server/tree/snapshot.h"
#include "server/tree/snapshot_format.h"

namespace quorate::tree {

namespace {

constexpr size_t kSessionBytes = 12;
constexpr size_t kAclBytesMin = 12;
constexpr size_t kShownPathBytesMax = 120;

/// Loads in one pass. Each step returns a Status; the first failure ends it.
class Loader {
 public:
  Loader(std::string_view bytes, TreeOptions options)
      : bytes_(bytes),
        reader_(bytes),
        tree_(Tree::bare(options)),
        nobody_(wire::encode_acls({{0, {"world", "anyone"}}})) {}

  Result<LoadedSnapshot> load();
  Result<Database> load_stream();

 private:
  Status read_header();
  Status read_sessions();
  Status read_acls();
  Status read_nodes();
  Status read_node(std::string_view path);
  Status read_tail();
  Status read_signature();
  Status read_digest();
  Status read_seal(const char* name);
  Database finish();
  AclId resolve_acl(int64_t index);
  NodeId parent_of(std::string_view path);
  [[nodiscard]] Error corrupt(const std::string& what) const;
  [[nodiscard]] Status truncated(const char* where) const;

  std::string_view bytes_;
  wire::Reader reader_;
  Tree tree_;
  std::vector<SessionRecord> sessions_;
  SnapshotInfo info_;
  const std::string nobody_;
  absl::flat_hash_map<int64_t, wire::AclList> acls_;
  bool has_root_ = false;
  std::string_view last_parent_path_;  ///< Siblings follow each other: one lookup for all of them.
  NodeId last_parent_;
  uint32_t adler_ = kAdlerSeed;
  size_t summed_ = 0;
};

Error Loader::corrupt(const std::string& what) const {
  return {ErrorKind::kCorrupt,
          "snapshot: " + what + " at offset " + std::to_string(reader_.position())};
}

Status Loader::truncated(const char* where) const {
  return corrupt(std::string("truncated or impossible length in ") + where);
}

Status Loader::read_header() {
  const int32_t magic = reader_.get_int();
  const int32_t version = reader_.get_int();
  reader_.get_long();  // dbid: -1 as written, not checked by Apache either
  if (!reader_.ok()) {
    return truncated("the header");
  }
  if (magic != kSnapshotMagic) {
    return corrupt("no magic number ZKSN");
  }
  if (version != kSnapshotVersion) {
    return corrupt("unknown version " + std::to_string(version));
  }
  return {};
}

Status Loader::read_sessions() {
  const int32_t count = reader_.get_count(kSessionBytes);
  sessions_.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    const SessionId session{reader_.get_long()};
    sessions_.push_back({.session = session, .timeout_ms = reader_.get_int()});
  }
  return reader_.ok() ? Status() : truncated("the sessions");
}

Status Loader::read_acls() {
  const int32_t count = reader_.get_count(kAclBytesMin);
  for (int32_t i = 0; i < count && reader_.ok(); ++i) {
    const int64_t index = reader_.get_long();
    acls_[index] = wire::read_acl_list(reader_);
  }
  return reader_.ok() ? Status() : truncated("the ACLs");
}

Status Loader::read_nodes() {
  while (true) {
    const wire::NullableBytes path = reader_.get_buffer();
    if (!reader_.ok()) {
      return truncated("a path");
    }
    if (path == kSnapshotEnd) {
      break;
    }
    if (const Status status = read_node(path.value_or(std::string_view())); !status) {
      return status;
    }
  }
  return has_root_ ? Status() : Status(corrupt("no root node"));
}

Status Loader::read_node(std::string_view path) {
  const wire::NullableBytes data = reader_.get_buffer();
  const int64_t acl_index = reader_.get_long();
  const wire::StatPersisted stat = wire::read_stat_persisted(reader_);
  const std::string shown(path.substr(0, kShownPathBytesMax));
  if (!reader_.ok()) {
    return truncated("a node");
  }
  if (path.empty()) {
    if (has_root_) {
      return corrupt("second root node");
    }
    has_root_ = true;
    tree_.load_root(data, resolve_acl(acl_index), stat);
    return {};
  }
  if (!Tree::is_applicable(path)) {
    return corrupt("impossible path \"" + shown + "\"");
  }
  const NodeId parent = has_root_ ? parent_of(path) : NodeId{};
  if (!parent) {
    return corrupt("node \"" + shown + "\" without its parent");
  }
  const NodeId node = tree_.load({.parent = parent,
                                  .name = path.substr(path.rfind('/') + 1),
                                  .path = path,
                                  .data = data,
                                  .acl = resolve_acl(acl_index),
                                  .stat = stat});
  return node ? Status() : Status(corrupt("second node \"" + shown + "\""));
}

NodeId Loader::parent_of(std::string_view path) {
  const std::string_view parent_path = path.substr(0, path.rfind('/'));
  if (!last_parent_ || parent_path != last_parent_path_) {
    last_parent_ = tree_.find(parent_path);
    last_parent_path_ = parent_path;
  }
  return last_parent_;
}

AclId Loader::resolve_acl(int64_t index) {
  if (index == kOpenAclIndex) {
    return AclTable::kOpen;
  }
  const auto found = acls_.find(index);
  if (found == acls_.end()) {
    ++info_.missing_acl_count;
    return tree_.acls().acquire(wire::AclList{nobody_});
  }
  return tree_.acls().acquire(found->second);
}

Status Loader::read_seal(const char* name) {
  adler_ = adler32(adler_, bytes_.substr(summed_, reader_.position() - summed_));
  summed_ = reader_.position();
  const int64_t recorded = reader_.get_long();
  const std::string_view end = reader_.get_string();
  if (!reader_.ok() || end != kSnapshotEnd) {
    return truncated(name);
  }
  if (recorded != int64_t{adler_}) {
    return corrupt(std::string("checksum mismatch in ") + name);
  }
  return {};
}

Status Loader::read_digest() {
  const Zxid zxid{reader_.get_long()};
  wire::TxnDigest digest;
  digest.version = reader_.get_int();
  if (digest.version < wire::kDigestVersion) {
    reader_.get_string();
  } else {
    digest.tree_digest = reader_.get_long();
  }
  if (!reader_.ok()) {
    return truncated("the digest");
  }
  if (zxid.value > 0 && digest.version == wire::kDigestVersion) {
    info_.digest = digest;
    info_.digest_zxid = zxid;
  }
  return read_seal("the seal of the digest");
}

// Which sections follow depends on the writer's version and settings; their sizes tell them apart.
Status Loader::read_tail() {
  if (const Status status = read_seal("the seal of the nodes"); !status || reader_.at_end()) {
    return status;
  }
  if (reader_.remaining() != kLastZxidBytes + kSealBytes) {
    if (const Status status = read_digest(); !status || reader_.at_end()) {
      return status;
    }
  }
  const Zxid zxid{reader_.get_long()};
  if (!reader_.ok()) {
    return truncated("the last zxid");
  }
  info_.last_processed_zxid = zxid;
  return read_seal("the seal of the last zxid");
}

Status Loader::read_signature() {
  const std::string_view signature = reader_.get_string();
  if (!reader_.ok() || signature != kStreamSignature || !reader_.at_end()) {
    return truncated("the signature");
  }
  return {};
}

using Step = Status (Loader::*)();

Database Loader::finish() {
  tree_.rebuild_quotas();
  Database database(std::move(tree_));
  for (const SessionRecord& session : sessions_) {
    database.put_session(session.session, session.timeout_ms);
  }
  return database;
}

Result<LoadedSnapshot> Loader::load() {
  for (const Step step : {&Loader::read_header, &Loader::read_sessions, &Loader::read_acls,
                          &Loader::read_nodes, &Loader::read_tail}) {
    if (Status status = (this->*step)(); !status) {
      return status.error();
    }
  }
  return LoadedSnapshot{.database = finish(), .info = info_};
}

Result<Database> Loader::load_stream() {
  for (const Step step :
       {&Loader::read_sessions, &Loader::read_acls, &Loader::read_nodes, &Loader::read_signature}) {
    if (Status status = (this->*step)(); !status) {
      return status.error();
    }
  }
  return finish();
}

}  // namespace

Result<LoadedSnapshot> load_snapshot(std::string_view bytes, TreeOptions options) {
  return Loader(bytes, options).load();
}

Result<Database> load_snapshot_stream(std::string_view bytes, TreeOptions options) {
  return Loader(bytes, options).load_stream();
}

bool digest_contradicts(const LoadedSnapshot& snapshot, Zxid zxid) {
  const SnapshotInfo& info = snapshot.info;
  return snapshot.database.tree().options().digest_enabled && info.digest &&
         info.digest_zxid == zxid &&
         static_cast<uint64_t>(info.digest->tree_digest) != snapshot.database.tree().digest();
}

}  // namespace quorate::tree
