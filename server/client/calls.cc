// Requests of the typed operations, and the readers of their replies.
#include "server/client/calls.h"

#include <utility>

#include "server/wire/path.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::client {
namespace {

using Kind = WatchIntent::Kind;
constexpr std::string_view kConfigPath = "/zookeeper/config";

Nothing read_nothing(wire::Reader&, std::string_view) { return {}; }

wire::Stat read_only_stat(wire::Reader& reader, std::string_view) {
  return wire::read_stat(reader);
}

Created read_created(wire::Reader& reader, std::string_view chroot) {
  return Created{without_chroot(reader.get_string(), chroot), std::nullopt};
}

Created read_created_with_stat(wire::Reader& reader, std::string_view chroot) {
  Created created = read_created(reader, chroot);
  created.stat = wire::read_stat(reader);
  return created;
}

std::optional<std::string> read_data(wire::Reader& reader) {
  const wire::NullableBytes data = reader.get_buffer();
  return data ? std::optional<std::string>(*data) : std::nullopt;
}

NodeData read_node_data(wire::Reader& reader, std::string_view) {
  NodeData node;
  node.data = read_data(reader);
  node.stat = wire::read_stat(reader);
  return node;
}

NodeAcl read_node_acl(wire::Reader& reader, std::string_view) {
  NodeAcl node;
  const wire::AclList list = wire::read_acl_list(reader);
  if (reader.ok()) {
    node.acls = wire::decode_acls(list);
  }
  node.stat = wire::read_stat(reader);
  return node;
}

std::vector<std::string> read_names(wire::Reader& reader, std::string_view = {}) {
  const int32_t count = reader.get_count(4);
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    names.emplace_back(reader.get_string());
  }
  return names;
}

Children read_child_names(wire::Reader& reader, std::string_view) {
  return Children{read_names(reader), {}};
}

Children read_children(wire::Reader& reader, std::string_view chroot) {
  Children children = read_child_names(reader, chroot);
  children.stat = wire::read_stat(reader);
  return children;
}

std::vector<std::string> read_paths(wire::Reader& reader, std::string_view chroot) {
  std::vector<std::string> paths = read_names(reader);
  for (std::string& path : paths) {
    path = without_chroot(path, chroot);
  }
  return paths;
}

std::string read_path(wire::Reader& reader, std::string_view chroot) {
  return without_chroot(reader.get_string(), chroot);
}

int32_t read_number(wire::Reader& reader, std::string_view) { return reader.get_int(); }

std::vector<ClientInfo> read_infos(wire::Reader& reader, std::string_view) {
  const int32_t count = reader.get_count(8);
  std::vector<ClientInfo> infos;
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    const std::string scheme(reader.get_string());
    infos.push_back(ClientInfo{scheme, std::string(reader.get_string())});
  }
  return infos;
}

MultiOutcome read_one(wire::Reader& reader, const wire::MultiHeader& header,
                      std::string_view chroot) {
  MultiOutcome outcome;
  outcome.type = header.type;
  switch (header.type) {
    case wire::OpCode::kCreate:
      outcome.path = read_path(reader, chroot);
      break;
    case wire::OpCode::kCreate2:
      outcome.path = read_path(reader, chroot);
      outcome.stat = wire::read_stat(reader);
      break;
    case wire::OpCode::kSetData:
      outcome.stat = wire::read_stat(reader);
      break;
    case wire::OpCode::kDelete:
    case wire::OpCode::kCheck:
      break;
    case wire::OpCode::kGetData:
      outcome.data = read_data(reader);
      outcome.stat = wire::read_stat(reader);
      break;
    case wire::OpCode::kGetChildren:
      outcome.children = read_names(reader);
      break;
    case wire::OpCode::kError:
      outcome.error = static_cast<wire::ErrorCode>(reader.get_int());
      break;
    default:
      reader.fail();
  }
  return outcome;
}

std::vector<MultiOutcome> read_multi(wire::Reader& reader, std::string_view chroot) {
  std::vector<MultiOutcome> outcomes;
  while (true) {
    const wire::MultiHeader header = wire::read_multi_header(reader);
    if (!reader.ok() || header.done) {
      return outcomes;
    }
    outcomes.push_back(read_one(reader, header, chroot));
  }
}

wire::OpCode opcode_of(const NewNode& node) {
  switch (node.mode) {
    case CreateMode::kContainer:
      return wire::OpCode::kCreateContainer;
    case CreateMode::kPersistentWithTtl:
    case CreateMode::kPersistentSequentialWithTtl:
      return wire::OpCode::kCreateTtl;
    default:
      return node.with_stat ? wire::OpCode::kCreate2 : wire::OpCode::kCreate;
  }
}

wire::CreateRequest create_request(const std::string& path, const NewNode& node,
                                   const std::string& acls) {
  wire::CreateRequest request;
  request.op = opcode_of(node);
  request.path = path;
  request.data = node.data ? wire::NullableBytes(*node.data) : std::nullopt;
  request.acls = wire::AclList{acls};
  request.flags = static_cast<int32_t>(node.mode);
  request.ttl_ms = node.ttl_ms;
  return request;
}

template <typename T>
Call<T> watching(Call<T> call, bool watch, Kind kind, std::string path) {
  if (watch) {
    call.request.watch.kind = kind;
    call.request.watch.path = std::move(path);
  }
  return call;
}

}  // namespace

std::string without_chroot(std::string_view path, std::string_view chroot) {
  if (chroot.empty() || !wire::is_within(path, chroot)) {
    return std::string(path);
  }
  path.remove_prefix(chroot.size());
  return path.empty() ? "/" : std::string(path);
}

std::string Calls::full(std::string_view path) const {
  if (chroot_.empty()) {
    return std::string(path);
  }
  return path == "/" ? chroot_ : chroot_ + std::string(path);
}

template <typename T, typename R>
Call<T> Calls::make(wire::OpCode op, const R& request,
                    T (*read)(wire::Reader&, std::string_view)) const {
  Call<T> call;
  call.request.op = op;
  wire::encode(request, call.request.body);
  call.read = read;
  call.chroot = chroot_;
  return call;
}

Call<Created> Calls::create(std::string_view path, const NewNode& node) const {
  const std::string target = full(path);
  const std::string acls = wire::encode_acls(node.acls);
  const wire::OpCode op = opcode_of(node);
  return make(op, create_request(target, node, acls),
              op == wire::OpCode::kCreate ? read_created : read_created_with_stat);
}

Call<Nothing> Calls::remove(std::string_view path, int32_t version) const {
  return make(wire::OpCode::kDelete, wire::DeleteRequest{full(path), version}, read_nothing);
}

Call<wire::Stat> Calls::exists(std::string_view path, bool watch) const {
  const std::string target = full(path);
  return watching(make(wire::OpCode::kExists, wire::ExistsRequest{target, watch}, read_only_stat),
                  watch, Kind::kExist, target);
}

Call<NodeData> Calls::get(std::string_view path, bool watch) const {
  const std::string target = full(path);
  return watching(make(wire::OpCode::kGetData, wire::GetDataRequest{target, watch}, read_node_data),
                  watch, Kind::kData, target);
}

Call<wire::Stat> Calls::set(std::string_view path, std::optional<std::string_view> data,
                            int32_t version) const {
  return make(wire::OpCode::kSetData, wire::SetDataRequest{full(path), data, version},
              read_only_stat);
}

Call<NodeAcl> Calls::get_acl(std::string_view path) const {
  return make(wire::OpCode::kGetAcl, wire::GetAclRequest{full(path)}, read_node_acl);
}

Call<wire::Stat> Calls::set_acl(std::string_view path, const std::vector<wire::Acl>& acls,
                                int32_t version) const {
  const std::string encoded = wire::encode_acls(acls);
  return make(wire::OpCode::kSetAcl,
              wire::SetAclRequest{full(path), wire::AclList{encoded}, version}, read_only_stat);
}

Call<Children> Calls::children(std::string_view path, bool watch) const {
  const std::string target = full(path);
  return watching(make(wire::OpCode::kGetChildren2, wire::GetChildrenRequest{target, watch, true},
                       read_children),
                  watch, Kind::kChild, target);
}

Call<Children> Calls::child_names(std::string_view path, bool watch) const {
  const std::string target = full(path);
  return watching(make(wire::OpCode::kGetChildren, wire::GetChildrenRequest{target, watch, false},
                       read_child_names),
                  watch, Kind::kChild, target);
}

Call<std::string> Calls::sync(std::string_view path) const {
  return make(wire::OpCode::kSync, wire::SyncRequest{full(path)}, read_path);
}

Call<std::vector<MultiOutcome>> Calls::multi(const std::vector<MultiOp>& ops) const {
  wire::MultiRequest request;
  std::vector<std::string> paths;
  std::vector<std::string> acls;
  // The request borrows: nothing may move while it is built.
  paths.reserve(ops.size());
  acls.reserve(ops.size());
  for (const MultiOp& op : ops) {
    const std::string& path = paths.emplace_back(full(op.path));
    switch (op.kind) {
      case MultiOp::Kind::kCreate:
        acls.push_back(wire::encode_acls(op.node.acls));
        request.ops.emplace_back(create_request(path, op.node, acls.back()));
        break;
      case MultiOp::Kind::kDelete:
        request.ops.emplace_back(wire::DeleteRequest{path, op.version});
        break;
      case MultiOp::Kind::kSet:
        request.ops.emplace_back(wire::SetDataRequest{
            path, op.data ? wire::NullableBytes(*op.data) : std::nullopt, op.version});
        break;
      case MultiOp::Kind::kCheck:
        request.ops.emplace_back(wire::CheckRequest{path, op.version});
        break;
    }
  }
  return make(wire::OpCode::kMulti, request, read_multi);
}

Call<std::vector<MultiOutcome>> Calls::multi_read(const std::vector<MultiReadOp>& ops) const {
  wire::MultiReadRequest request;
  std::vector<std::string> paths;
  paths.reserve(ops.size());
  for (const MultiReadOp& op : ops) {
    const std::string& path = paths.emplace_back(full(op.path));
    if (op.children) {
      request.ops.emplace_back(wire::GetChildrenRequest{path, false, false});
    } else {
      request.ops.emplace_back(wire::GetDataRequest{path, false});
    }
  }
  return make(wire::OpCode::kMultiRead, request, read_multi);
}

Call<Nothing> Calls::add_watch(std::string_view path, AddWatchMode mode) const {
  const std::string target = full(path);
  return watching(make(wire::OpCode::kAddWatch,
                       wire::AddWatchRequest{target, static_cast<int32_t>(mode)}, read_nothing),
                  true, mode == AddWatchMode::kPersistent ? Kind::kPersistent : Kind::kRecursive,
                  target);
}

Call<Nothing> Calls::remove_watches(std::string_view path, WatcherType type, bool local) const {
  const std::string target = full(path);
  Call<Nothing> call = watching(make(wire::OpCode::kRemoveWatches,
                                     wire::RemoveWatchesRequest{wire::OpCode::kRemoveWatches,
                                                                target, static_cast<int32_t>(type)},
                                     read_nothing),
                                true, Kind::kRemove, target);
  call.request.watch.remove = type;
  call.request.watch.local_if_unreachable = local;
  return call;
}

Call<Nothing> Calls::check_watches(std::string_view path, WatcherType type) const {
  return make(wire::OpCode::kCheckWatches,
              wire::RemoveWatchesRequest{wire::OpCode::kCheckWatches, full(path),
                                         static_cast<int32_t>(type)},
              read_nothing);
}

Call<std::vector<std::string>> Calls::ephemerals(std::string_view prefix) const {
  return make(wire::OpCode::kGetEphemerals, wire::GetEphemeralsRequest{full(prefix)}, read_paths);
}

Call<int32_t> Calls::all_children_number(std::string_view path) const {
  return make(wire::OpCode::kGetAllChildrenNumber, wire::GetAllChildrenNumberRequest{full(path)},
              read_number);
}

Call<Nothing> Calls::add_auth(std::string_view scheme, std::string_view auth) const {
  return make(wire::OpCode::kAuth, wire::AuthRequest{0, scheme, auth}, read_nothing);
}

Call<std::vector<ClientInfo>> Calls::who_am_i() const {
  Call<std::vector<ClientInfo>> call;
  call.request.op = wire::OpCode::kWhoAmI;
  call.read = read_infos;
  return call;
}

Call<NodeData> Calls::reconfig(const ReconfigChange& change) const {
  const auto nullable = [](const std::optional<std::string>& text) {
    return text ? wire::NullableBytes(*text) : std::nullopt;
  };
  return make(wire::OpCode::kReconfig,
              wire::ReconfigRequest{nullable(change.joining), nullable(change.leaving),
                                    nullable(change.members), change.version},
              read_node_data);
}

Call<NodeData> Calls::config(bool watch) const {
  return watching(
      make(wire::OpCode::kGetData, wire::GetDataRequest{kConfigPath, watch}, read_node_data), watch,
      Kind::kData, std::string(kConfigPath));
}

}  // namespace quorate::client
