// Decoder of client requests. Each read_* yields the record; whether it was whole is asked once, at
// the end, from the reader.
#include <algorithm>
#include <utility>

#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::wire {

namespace {

// A multi that claims nothing gets room for this many operations at once.
constexpr size_t kMultiOpsReserved = 8;
// Header and the smallest body, a path.
constexpr size_t kMultiOpBytesMin = kMultiHeaderBytes + 4;

CreateRequest read_create(OpCode op, Reader& reader) {
  CreateRequest request;
  request.op = op;
  request.path = reader.get_string();
  request.data = reader.get_buffer();
  request.acls = read_acl_list(reader);
  request.flags = reader.get_int();
  if (op == OpCode::kCreateTtl) {
    request.ttl_ms = reader.get_long();
  }
  return request;
}

// {path, version}: delete and check.
template <typename T>
T read_path_version(Reader& reader) {
  T request;
  request.path = reader.get_string();
  request.version = reader.get_int();
  return request;
}

// A path that must not be null.
std::string_view read_present_path(Reader& reader) {
  const NullableBytes path = reader.get_buffer();
  if (!path) {
    reader.fail();
  }
  return path.value_or(std::string_view("", 0));
}

// {path, watch}: exists, getData and getChildren.
template <typename T>
T read_path_watch(Reader& reader) {
  T request;
  request.path = read_present_path(reader);
  request.watch = reader.get_bool();
  return request;
}

// {path}: getACL, sync, deleteContainer, getAllChildrenNumber.
template <typename T>
T read_path(Reader& reader) {
  return T{read_present_path(reader)};
}

SetDataRequest read_set_data(Reader& reader) {
  SetDataRequest request;
  request.path = reader.get_string();
  request.data = reader.get_buffer();
  request.version = reader.get_int();
  return request;
}

SetAclRequest read_set_acl(Reader& reader) {
  SetAclRequest request;
  request.path = reader.get_string();
  request.acls = read_acl_list(reader);
  request.version = reader.get_int();
  return request;
}

GetChildrenRequest read_get_children2(Reader& reader) {
  auto request = read_path_watch<GetChildrenRequest>(reader);
  request.with_stat = true;
  return request;
}

ReconfigRequest read_reconfig(Reader& reader) {
  ReconfigRequest request;
  request.joining = reader.get_buffer();
  request.leaving = reader.get_buffer();
  request.new_members = reader.get_buffer();
  request.config_version = reader.get_long();
  return request;
}

RemoveWatchesRequest read_remove_watches(OpCode op, Reader& reader) {
  RemoveWatchesRequest request;
  request.op = op;
  request.path = reader.get_string();
  request.type = reader.get_int();
  return request;
}

AddWatchRequest read_add_watch(Reader& reader) {
  AddWatchRequest request;
  request.path = reader.get_string();
  request.mode = reader.get_int();
  return request;
}

AuthRequest read_auth(Reader& reader) {
  AuthRequest request;
  request.type = reader.get_int();
  request.scheme = reader.get_string();
  request.auth = reader.get_buffer();
  return request;
}

std::vector<std::string_view> read_paths(Reader& reader) {
  const int32_t count = reader.get_count(4);
  std::vector<std::string_view> paths;
  paths.reserve(static_cast<size_t>(count));
  for (int32_t index = 0; index < count && reader.ok(); ++index) {
    paths.push_back(read_present_path(reader));
  }
  return paths;
}

SetWatchesRequest read_set_watches(OpCode op, Reader& reader) {
  SetWatchesRequest request;
  request.op = op;
  request.relative_zxid.value = reader.get_long();
  request.data = read_paths(reader);
  request.exist = read_paths(reader);
  request.child = read_paths(reader);
  if (op == OpCode::kSetWatches2) {
    request.persistent = read_paths(reader);
    request.persistent_recursive = read_paths(reader);
  }
  return request;
}

// Adds the operation of a multi; an operation that is not allowed there fails the reader.
void add_multi_op(OpCode type, Reader& reader, std::vector<MultiOp>& ops) {
  switch (type) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      ops.emplace_back(read_create(type, reader));
      return;
    case OpCode::kDelete:
      ops.emplace_back(read_path_version<DeleteRequest>(reader));
      return;
    case OpCode::kDeleteContainer:
      ops.emplace_back(read_path<DeleteContainerRequest>(reader));
      return;
    case OpCode::kSetData:
      ops.emplace_back(read_set_data(reader));
      return;
    case OpCode::kCheck:
      ops.emplace_back(read_path_version<CheckRequest>(reader));
      return;
    default:
      reader.fail();
  }
}

void add_multi_op(OpCode type, Reader& reader, std::vector<MultiReadOp>& ops) {
  if (type == OpCode::kGetData) {
    ops.emplace_back(read_path_watch<GetDataRequest>(reader));
  } else if (type == OpCode::kGetChildren) {
    ops.emplace_back(read_path_watch<GetChildrenRequest>(reader));
  } else {
    reader.fail();
  }
}

// Each round takes at least a header from the reader, so the list stays proportional to the input.
template <typename T>
T read_multi(Reader& reader) {
  T request;
  request.ops.reserve(std::min(reader.remaining() / kMultiOpBytesMin, kMultiOpsReserved));
  for (;;) {
    const MultiHeader header = read_multi_header(reader);
    if (!reader.ok() || header.done) {
      return request;
    }
    add_multi_op(header.type, reader, request.ops);
  }
}

// `Kind` is one of the three variants of Request.
template <typename Kind, typename T>
DecodedRequest finish(const Reader& reader, T&& request) {
  DecodedRequest decoded;
  if (reader.ok()) [[likely]] {
    decoded.request.emplace(std::in_place_type<Kind>, std::forward<T>(request));
  } else {
    decoded.error = ErrorCode::kMarshallingError;
  }
  return decoded;
}

template <typename T>
DecodedRequest writing(const Reader& reader, T&& request) {
  return finish<WriteRequest>(reader, std::forward<T>(request));
}
template <typename T>
DecodedRequest reading(const Reader& reader, T&& request) {
  return finish<ReadRequest>(reader, std::forward<T>(request));
}
template <typename T>
DecodedRequest connecting(const Reader& reader, T&& request) {
  return finish<ConnectionRequest>(reader, std::forward<T>(request));
}

DecodedRequest unimplemented() { return {std::nullopt, ErrorCode::kUnimplemented}; }

DecodedRequest decode_write(OpCode op, Reader& in) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return writing(in, read_create(op, in));
    case OpCode::kDelete:
      return writing(in, read_path_version<DeleteRequest>(in));
    case OpCode::kDeleteContainer:
      return writing(in, read_path<DeleteContainerRequest>(in));
    case OpCode::kSetData:
      return writing(in, read_set_data(in));
    case OpCode::kSetAcl:
      return writing(in, read_set_acl(in));
    case OpCode::kCheck:
      return writing(in, read_path_version<CheckRequest>(in));
    case OpCode::kMulti:
      return writing(in, read_multi<MultiRequest>(in));
    case OpCode::kReconfig:
      return writing(in, read_reconfig(in));
    case OpCode::kCloseSession:
      return writing(in, CloseSessionRequest{});
    default:
      return unimplemented();
  }
}

DecodedRequest decode_read(OpCode op, Reader& in) {
  switch (op) {
    case OpCode::kExists:
      return reading(in, read_path_watch<ExistsRequest>(in));
    case OpCode::kGetData:
      return reading(in, read_path_watch<GetDataRequest>(in));
    case OpCode::kGetAcl:
      return reading(in, read_path<GetAclRequest>(in));
    case OpCode::kGetChildren:
      return reading(in, read_path_watch<GetChildrenRequest>(in));
    case OpCode::kGetChildren2:
      return reading(in, read_get_children2(in));
    case OpCode::kMultiRead:
      return reading(in, read_multi<MultiReadRequest>(in));
    case OpCode::kSync:
      return reading(in, read_path<SyncRequest>(in));
    case OpCode::kCheckWatches:
    case OpCode::kRemoveWatches:
      return reading(in, read_remove_watches(op, in));
    case OpCode::kSetWatches:
    case OpCode::kSetWatches2:
      return reading(in, read_set_watches(op, in));
    case OpCode::kGetEphemerals:
      return reading(in, read_path<GetEphemeralsRequest>(in));
    case OpCode::kGetAllChildrenNumber:
      return reading(in, read_path<GetAllChildrenNumberRequest>(in));
    case OpCode::kAddWatch:
      return reading(in, read_add_watch(in));
    case OpCode::kWhoAmI:
      return reading(in, WhoAmIRequest{});
    default:
      return unimplemented();
  }
}

}  // namespace

bool is_write(OpCode op) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
    case OpCode::kSetData:
    case OpCode::kSetAcl:
    case OpCode::kCheck:
    case OpCode::kMulti:
    case OpCode::kReconfig:
    case OpCode::kCloseSession:
      return true;
    default:
      return false;
  }
}

std::optional<RequestHeader> decode_request_header(std::string_view payload) {
  if (payload.size() < kRequestHeaderBytes) {
    return std::nullopt;
  }
  return RequestHeader{.xid = load_big_endian<int32_t>(payload.data()),
                       .op = static_cast<OpCode>(load_big_endian<int32_t>(payload.data() + 4))};
}

DecodedRequest decode_request(OpCode op, std::string_view body) {
  Reader in(body);
  if (is_write(op)) {
    return decode_write(op, in);
  }
  switch (op) {
    case OpCode::kPing:
      return connecting(in, PingRequest{});
    case OpCode::kAuth:
      return connecting(in, read_auth(in));
    case OpCode::kSasl:
      return connecting(in, SaslRequest{in.get_buffer()});
    default:
      return decode_read(op, in);
  }
}

}  // namespace quorate::wire
