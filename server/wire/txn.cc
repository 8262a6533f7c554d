// Encoding and decoding of transactions:
//   long clientId, int cxid, long zxid, long time, int type, body, [int digestVersion, long digest]
// where a body is
//   -10 createSession      int timeout
//   -11 closeSession       vector<string> paths, or nothing
//   1, 15 create, create2  string path, buffer data, vector<ACL> acl, bool ephemeral,
//                          int parentCVersion (type 1 of old servers: without this one)
//   19 createContainer     string path, buffer data, vector<ACL> acl, int parentCVersion
//   21 createTTL           as 19, then long ttl
//   2, 20 delete           string path
//   5, 16 setData          string path, buffer data, int version
//   7 setACL               string path, vector<ACL> acl, int version
//   13 check               string path, int version (in a multi only)
//   14 multi               vector<int type, buffer body>
//   -1 error               int err
#include "server/wire/txn.h"

namespace quorate::wire {

namespace {

constexpr size_t kDigestBytes = 12;
// int type, int size, and the smallest body, an int.
constexpr size_t kSubTxnBytesMin = 12;

bool has_ephemeral_flag(OpCode type) { return type == OpCode::kCreate || type == OpCode::kCreate2; }

CreateTxn read_create_txn(OpCode type, Reader& reader) {
  CreateTxn txn;
  txn.type = type;
  txn.path = reader.get_string();
  txn.data = reader.get_buffer();
  txn.acls = read_acl_list(reader);
  if (has_ephemeral_flag(type)) {
    txn.ephemeral = reader.get_bool();
  }
  if (type == OpCode::kCreate && reader.ok() && reader.at_end()) {
    return txn;
  }
  txn.parent_cversion = reader.get_int();
  if (type == OpCode::kCreateTtl) {
    txn.ttl_ms = reader.get_long();
  }
  return txn;
}

SetDataTxn read_set_data(OpCode type, Reader& reader) {
  SetDataTxn txn;
  txn.type = type;
  txn.path = reader.get_string();
  txn.data = reader.get_buffer();
  txn.version = reader.get_int();
  return txn;
}

SetAclTxn read_set_acl_txn(Reader& reader) {
  SetAclTxn txn;
  txn.path = reader.get_string();
  txn.acls = read_acl_list(reader);
  txn.version = reader.get_int();
  return txn;
}

CheckVersionTxn read_check(Reader& reader) {
  CheckVersionTxn txn;
  txn.path = reader.get_string();
  txn.version = reader.get_int();
  return txn;
}

ErrorTxn read_error(Reader& reader) { return {static_cast<ErrorCode>(reader.get_int())}; }

// Without a body the digest, if there is one, stands where the paths would. Twelve bytes that begin
// with 2 are a digest: as paths they would be two empty ones.
CloseSessionTxn read_close_session(Reader& reader) {
  const bool only_digest = reader.remaining() == kDigestBytes &&
                           load_big_endian<int32_t>(reader.rest().data()) == kDigestVersion;
  if (reader.at_end() || only_digest) {
    return {};
  }
  const int32_t count = reader.get_count(4);
  std::vector<std::string_view> paths;
  paths.reserve(static_cast<size_t>(count));
  for (int32_t index = 0; index < count && reader.ok(); ++index) {
    paths.push_back(reader.get_string());
  }
  return {std::move(paths)};
}

// A type that no multi may hold fails the reader.
SubTxn read_sub_txn(OpCode type, Reader& reader) {
  switch (type) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return read_create_txn(type, reader);
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      return DeleteTxn{type, reader.get_string()};
    case OpCode::kSetData:
      return read_set_data(type, reader);
    case OpCode::kCheck:
      return read_check(reader);
    case OpCode::kError:
      return read_error(reader);
    default:
      reader.fail();
      return ErrorTxn{};
  }
}

MultiTxn read_multi(Reader& reader) {
  MultiTxn txn;
  const int32_t count = reader.get_count(kSubTxnBytesMin);
  txn.ops.reserve(static_cast<size_t>(count));
  for (int32_t index = 0; index < count && reader.ok(); ++index) {
    const auto type = static_cast<OpCode>(reader.get_int());
    Reader body(reader.get_string());
    txn.ops.push_back(read_sub_txn(type, body));
    if (!body.ok()) {
      reader.fail();
    }
  }
  return txn;
}

// Decodes the body into `txn`; a type that no log may hold fails the reader.
void read_body(OpCode type, Reader& reader, Txn& txn) {
  switch (type) {
    case OpCode::kCreateSession:
      txn = CreateSessionTxn{reader.get_int()};
      return;
    case OpCode::kCloseSession:
      txn = read_close_session(reader);
      return;
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      txn = read_create_txn(type, reader);
      return;
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      txn = DeleteTxn{type, reader.get_string()};
      return;
    case OpCode::kSetData:
    case OpCode::kReconfig:
      txn = read_set_data(type, reader);
      return;
    case OpCode::kSetAcl:
      txn = read_set_acl_txn(reader);
      return;
    case OpCode::kMulti:
      txn = read_multi(reader);
      return;
    case OpCode::kError:
      txn = read_error(reader);
      return;
    default:
      reader.fail();
  }
}

}  // namespace

OpCode type_of(const SubTxn& txn) {
  struct TypeOf {
    OpCode operator()(const CreateTxn& create) const { return create.type; }
    OpCode operator()(const DeleteTxn& remove) const { return remove.type; }
    OpCode operator()(const SetDataTxn& set) const { return set.type; }
    OpCode operator()(const CheckVersionTxn&) const { return OpCode::kCheck; }
    OpCode operator()(const ErrorTxn&) const { return OpCode::kError; }
  };
  return std::visit(TypeOf{}, txn);
}

void write(Writer& writer, const TxnHeader& header) {
  Pen pen(writer.extend(kTxnHeaderBytes));
  pen.put(header.session.value);
  pen.put(header.cxid);
  pen.put(header.zxid.value);
  pen.put(header.time.value);
  pen.put(static_cast<int32_t>(header.type));
}

TxnHeader read_txn_header(Reader& reader) {
  TxnHeader header;
  header.session.value = reader.get_long();
  header.cxid = reader.get_int();
  header.zxid.value = reader.get_long();
  header.time.value = reader.get_long();
  header.type = static_cast<OpCode>(reader.get_int());
  return header;
}

void write(Writer& writer, const CreateSessionTxn& txn) { writer.put_int(txn.timeout_ms); }

void write(Writer& writer, const CloseSessionTxn& txn) {
  if (!txn.paths) {
    return;
  }
  writer.put_int(static_cast<int32_t>(txn.paths->size()));
  for (const std::string_view path : *txn.paths) {
    writer.put_string(path);
  }
}

void write(Writer& writer, const CreateTxn& txn) {
  writer.put_string(txn.path);
  writer.put_buffer(txn.data);
  write(writer, txn.acls);
  if (has_ephemeral_flag(txn.type)) {
    writer.put_bool(txn.ephemeral);
  }
  writer.put_int(txn.parent_cversion);
  if (txn.type == OpCode::kCreateTtl) {
    writer.put_long(txn.ttl_ms);
  }
}

void write(Writer& writer, const DeleteTxn& txn) { writer.put_string(txn.path); }

void write(Writer& writer, const SetDataTxn& txn) {
  Pen pen(writer.extend(encoded_size(txn.path) + encoded_size(txn.data) + 4));
  pen.put_string(txn.path);
  pen.put_buffer(txn.data);
  pen.put(txn.version);
}

void write(Writer& writer, const SetAclTxn& txn) {
  writer.put_string(txn.path);
  write(writer, txn.acls);
  writer.put_int(txn.version);
}

void write(Writer& writer, const CheckVersionTxn& txn) {
  writer.put_string(txn.path);
  writer.put_int(txn.version);
}

void write(Writer& writer, const ErrorTxn& txn) { writer.put_int(static_cast<int32_t>(txn.error)); }

void write(Writer& writer, const MultiTxn& txn) {
  writer.put_int(static_cast<int32_t>(txn.ops.size()));
  for (const SubTxn& op : txn.ops) {
    writer.put_int(static_cast<int32_t>(type_of(op)));
    const size_t body = writer.begin_buffer();
    std::visit([&writer](const auto& sub) { write(writer, sub); }, op);
    writer.end_buffer(body);
  }
}

void write(Writer& writer, const Txn& txn) {
  std::visit([&writer](const auto& body) { write(writer, body); }, txn);
}

void write(Writer& writer, const TxnDigest& digest) {
  Pen pen(writer.extend(kDigestBytes));
  pen.put(digest.version);
  pen.put(digest.tree_digest);
}

std::optional<TxnRecord> decode_txn(std::string_view bytes) {
  Reader reader(bytes);
  std::optional<TxnRecord> record(std::in_place);
  record->header = read_txn_header(reader);
  if (reader.ok()) {
    read_body(record->header.type, reader, record->txn);
  }
  if (reader.ok() && !reader.at_end()) {
    record->digest.emplace();
    record->digest->version = reader.get_int();
    record->digest->tree_digest = reader.get_long();
  }
  if (!reader.ok()) {
    record.reset();
  }
  return record;
}

void encode_txn(const TxnHeader& header, const Txn& txn, const std::optional<TxnDigest>& digest,
                std::string& to) {
  Writer writer(to);
  write(writer, header);
  write(writer, txn);
  if (digest) {
    write(writer, *digest);
  }
}

}  // namespace quorate::wire
