// Encoders of requests, for clients and tests.
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::wire {

namespace {

void put_paths(Writer& writer, const std::vector<std::string_view>& paths) {
  writer.put_int(static_cast<int32_t>(paths.size()));
  for (const std::string_view path : paths) {
    writer.put_string(path);
  }
}

void put_path_watch(std::string& to, std::string_view path, bool watch) {
  Writer writer(to);
  writer.put_string(path);
  writer.put_bool(watch);
}

void put_path_int(std::string& to, std::string_view path, int32_t number) {
  Writer writer(to);
  writer.put_string(path);
  writer.put_int(number);
}

// The opcode under which a request stands in a multi or multiRead.
OpCode multi_type_of(const CreateRequest& request) { return request.op; }
OpCode multi_type_of(const DeleteRequest&) { return OpCode::kDelete; }
OpCode multi_type_of(const DeleteContainerRequest&) { return OpCode::kDeleteContainer; }
OpCode multi_type_of(const SetDataRequest&) { return OpCode::kSetData; }
OpCode multi_type_of(const CheckRequest&) { return OpCode::kCheck; }
OpCode multi_type_of(const GetDataRequest&) { return OpCode::kGetData; }
OpCode multi_type_of(const GetChildrenRequest&) { return OpCode::kGetChildren; }

template <typename Op>
void put_multi(const std::vector<Op>& ops, std::string& to) {
  Writer writer(to);
  for (const Op& op : ops) {
    std::visit(
        [&](const auto& request) {
          write_multi_header(writer, multi_type_of(request), false, -1);
          encode(request, to);
        },
        op);
  }
  write_multi_header(writer, OpCode::kError, true, -1);
}

}  // namespace

void encode(const CreateRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_string(request.path);
  writer.put_buffer(request.data);
  write(writer, request.acls);
  writer.put_int(request.flags);
  if (request.op == OpCode::kCreateTtl) {
    writer.put_long(request.ttl_ms);
  }
}

void encode(const DeleteRequest& request, std::string& to) {
  put_path_int(to, request.path, request.version);
}

void encode(const DeleteContainerRequest& request, std::string& to) {
  Writer(to).put_string(request.path);
}

void encode(const SetDataRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_string(request.path);
  writer.put_buffer(request.data);
  writer.put_int(request.version);
}

void encode(const SetAclRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_string(request.path);
  write(writer, request.acls);
  writer.put_int(request.version);
}

void encode(const CheckRequest& request, std::string& to) {
  put_path_int(to, request.path, request.version);
}

void encode(const MultiRequest& request, std::string& to) { put_multi(request.ops, to); }

void encode(const MultiReadRequest& request, std::string& to) { put_multi(request.ops, to); }

void encode(const ReconfigRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_buffer(request.joining);
  writer.put_buffer(request.leaving);
  writer.put_buffer(request.new_members);
  writer.put_long(request.config_version);
}

void encode(const ExistsRequest& request, std::string& to) {
  put_path_watch(to, request.path, request.watch);
}

void encode(const GetDataRequest& request, std::string& to) {
  put_path_watch(to, request.path, request.watch);
}

void encode(const GetAclRequest& request, std::string& to) { Writer(to).put_string(request.path); }

void encode(const GetChildrenRequest& request, std::string& to) {
  put_path_watch(to, request.path, request.watch);
}

void encode(const SyncRequest& request, std::string& to) { Writer(to).put_string(request.path); }

void encode(const RemoveWatchesRequest& request, std::string& to) {
  put_path_int(to, request.path, request.type);
}

void encode(const AuthRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_int(request.type);
  writer.put_string(request.scheme);
  writer.put_buffer(request.auth);
}

void encode(const SetWatchesRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_long(request.relative_zxid.value);
  put_paths(writer, request.data);
  put_paths(writer, request.exist);
  put_paths(writer, request.child);
  if (request.op == OpCode::kSetWatches2) {
    put_paths(writer, request.persistent);
    put_paths(writer, request.persistent_recursive);
  }
}

void encode(const SaslRequest& request, std::string& to) { Writer(to).put_buffer(request.token); }

void encode(const GetEphemeralsRequest& request, std::string& to) {
  Writer(to).put_string(request.prefix);
}

void encode(const GetAllChildrenNumberRequest& request, std::string& to) {
  Writer(to).put_string(request.path);
}

void encode(const AddWatchRequest& request, std::string& to) {
  put_path_int(to, request.path, request.mode);
}

void encode(const RequestHeader& header, std::string& to) {
  Writer writer(to);
  writer.put_int(header.xid);
  writer.put_int(static_cast<int32_t>(header.op));
}

}  // namespace quorate::wire
