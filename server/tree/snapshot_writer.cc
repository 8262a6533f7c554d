// Writer of snapshots: header, the walk's nodes, seals.
#include "server/base/checksum.h"
#include "server/tree/snapshot.h"
#include "server/tree/snapshot_format.h"
#include "server/tree/snapshot_walk.h"

namespace quorate::tree {

namespace {

/// Everything before the nodes.
std::string encode_header(const Database& database, SnapshotForm form) {
  std::string header;
  wire::Writer to(header);
  if (form == SnapshotForm::kFile) {
    to.put_int(kSnapshotMagic);
    to.put_int(kSnapshotVersion);
    to.put_long(kSnapshotDbid);
  }
  const std::vector<SessionRecord> sessions = database.sessions();
  to.put_int(static_cast<int32_t>(sessions.size()));
  for (const SessionRecord& session : sessions) {
    to.put_long(session.session.value);
    to.put_int(session.timeout_ms);
  }
  int32_t count = 0;
  std::string lists;
  wire::Writer to_lists(lists);
  database.tree().acls().for_each([&](AclId id, wire::AclList list) {
    ++count;
    to_lists.put_long(id.value);
    to_lists.put_raw(list.encoded);
  });
  to.put_int(count);
  to.put_raw(lists);
  return header;
}

}  // namespace

struct SnapshotWriter::Impl {
  Impl(Database& database, SnapshotForm form_in)
      : form(form_in),
        zxid(database.last_zxid()),
        digest(database.tree().digest()),
        digest_enabled(database.tree().options().digest_enabled),
        header(encode_header(database, form)),
        walk(database.tree()) {}

  /// Appends a seal over all bytes so far; `unsummed` is where those begin that adler lacks.
  void seal(std::string& to, size_t& unsummed) {
    sum(to, unsummed);
    wire::Writer writer(to);
    writer.put_long(adler);
    writer.put_string(kSnapshotEnd);
  }
  void sum(const std::string& to, size_t& unsummed) {
    adler = adler32(adler, std::string_view(to).substr(unsummed));
    unsummed = to.size();
  }
  void finish(std::string& to, size_t& unsummed) {
    wire::Writer writer(to);
    writer.put_string(kSnapshotEnd);
    if (form == SnapshotForm::kStream) {
      writer.put_string(kStreamSignature);
      return;
    }
    seal(to, unsummed);
    if (digest_enabled) {
      writer.put_long(zxid.value);
      writer.put_int(wire::kDigestVersion);
      // Apache records none before the first txn.
      writer.put_long(zxid.value == 0 ? 0 : static_cast<int64_t>(digest));
      seal(to, unsummed);
    }
    writer.put_long(zxid.value);
    seal(to, unsummed);
  }

  const SnapshotForm form;
  const Zxid zxid;
  const uint64_t digest;
  const bool digest_enabled;
  std::string header;
  size_t header_position = 0;
  SnapshotWalk walk;
  uint32_t adler = kAdlerSeed;
};

SnapshotWriter::SnapshotWriter(Database& database, SnapshotForm form)
    : impl_(std::make_unique<Impl>(database, form)) {}

SnapshotWriter::~SnapshotWriter() = default;

Zxid SnapshotWriter::zxid() const { return impl_->zxid; }

bool SnapshotWriter::next(std::string& to, size_t bytes_max) {
  Impl& impl = *impl_;
  size_t unsummed = to.size();
  const size_t size_max = to.size() + bytes_max;
  const size_t header_size = std::min(bytes_max, impl.header.size() - impl.header_position);
  to.append(impl.header, impl.header_position, header_size);
  impl.header_position += header_size;
  const bool header_is_out = impl.header_position == impl.header.size();
  if (!header_is_out || impl.walk.next(to, size_max)) {
    impl.sum(to, unsummed);
    return true;
  }
  impl.finish(to, unsummed);
  return false;
}

}  // namespace quorate::tree
