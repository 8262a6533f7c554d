// Reads of znodes: exists, getData, getACL, children, counts, multiRead, ephemerals, whoAmI.
#include "server/request/read.h"

#include <algorithm>
#include <variant>

#include "server/auth/permission.h"
#include "server/request/read_watches.h"
#include "server/wire/jute.h"
#include "server/wire/path.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"

namespace quorate::request {
namespace {

using wire::ErrorCode;
using wire::OpCode;

/// Everything that the overloads below share.
struct Context {
  const Reader& reader;
  const tree::Database& database;
  tree::Watches& watches;
  std::string& body;
  std::vector<tree::Notification>& missed;

  [[nodiscard]] const tree::Tree& tree() const { return database.tree(); }
  [[nodiscard]] bool allowed(tree::NodeId node, int32_t wanted) const {
    return reader.skip_acl ||
           auth::is_allowed(tree().acls().get(tree().acl(node)), wanted, *reader.who);
  }
};

ErrorCode answer(const wire::ExistsRequest& request, Context& context) {
  if (request.path.find('\0') != std::string_view::npos) {
    return ErrorCode::kBadArguments;
  }
  const tree::NodeId node = context.tree().find(request.path);
  if (node && !context.allowed(node, wire::kPermRead)) {
    return ErrorCode::kNoAuth;
  }
  if (request.watch) {
    context.watches.add_data(request.path, context.reader.watcher);
  }
  if (!node) {
    return ErrorCode::kNoNode;
  }
  wire::Writer writer(context.body);
  write(writer, context.tree().stat(node));
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::GetDataRequest& request, Context& context) {
  const tree::NodeId node = context.tree().find(request.path);
  if (!node) {
    return ErrorCode::kNoNode;
  }
  if (!context.allowed(node, wire::kPermRead)) {
    return ErrorCode::kNoAuth;
  }
  if (request.watch) {
    context.watches.add_data(request.path, context.reader.watcher);
  }
  wire::Writer writer(context.body);
  writer.put_buffer(context.tree().data(node));
  write(writer, context.tree().stat(node));
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::GetAclRequest& request, Context& context) {
  const tree::NodeId node = context.tree().find(request.path);
  if (!node) {
    return ErrorCode::kNoNode;
  }
  if (!context.allowed(node, wire::kPermRead | wire::kPermAdmin)) {
    return ErrorCode::kNoAuth;
  }
  const wire::AclList acls = context.tree().acls().get(context.tree().acl(node));
  wire::Writer writer(context.body);
  if (context.allowed(node, wire::kPermAdmin)) {
    writer.put_raw(acls.encoded);
  } else {
    writer.put_raw(auth::mask_digests(acls));
  }
  write(writer, context.tree().stat(node));
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::GetChildrenRequest& request, Context& context) {
  const tree::NodeId node = context.tree().find(request.path);
  if (!node) {
    return ErrorCode::kNoNode;
  }
  if (!context.allowed(node, wire::kPermRead)) {
    return ErrorCode::kNoAuth;
  }
  if (request.watch) {
    context.watches.add_child(request.path, context.reader.watcher);
  }
  wire::Writer writer(context.body);
  context.tree().append_children(node, writer);
  if (request.with_stat) {
    write(writer, context.tree().stat(node));
  }
  return ErrorCode::kOk;
}

/// One operation of a multiRead; its watch flag is read and dropped, as in Apache.
void answer_in_multi(const wire::MultiReadOp& op, Context& context) {
  const size_t start = context.body.size();
  wire::Writer writer(context.body);
  ErrorCode error = ErrorCode::kOk;
  if (const auto* data = std::get_if<wire::GetDataRequest>(&op)) {
    wire::write_multi_header(writer, OpCode::kGetData, false, 0);
    error = answer(wire::GetDataRequest{.path = data->path, .watch = false}, context);
  } else {
    const auto& children = std::get<wire::GetChildrenRequest>(op);
    wire::write_multi_header(writer, OpCode::kGetChildren, false, 0);
    error = answer(wire::GetChildrenRequest{.path = children.path}, context);
  }
  if (error != ErrorCode::kOk) {
    context.body.resize(start);
    wire::write_multi_header(writer, OpCode::kError, false, static_cast<int32_t>(error));
    writer.put_int(static_cast<int32_t>(error));
  }
}

ErrorCode answer(const wire::MultiReadRequest& request, Context& context) {
  for (const wire::MultiReadOp& op : request.ops) {
    answer_in_multi(op, context);
  }
  wire::Writer writer(context.body);
  wire::write_multi_header(writer, OpCode::kError, true, -1);
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::SyncRequest& request, Context& context) {
  wire::Writer writer(context.body);
  writer.put_string(request.path);
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::GetEphemeralsRequest& request, Context& context) {
  std::vector<std::string> paths = context.tree().ephemerals_of(context.reader.session);
  if (!request.prefix.empty() && request.prefix != "/") {
    std::erase_if(paths,
                  [&](const std::string& path) { return !path.starts_with(request.prefix); });
  }
  wire::Writer writer(context.body);
  writer.put_int(static_cast<int32_t>(paths.size()));
  for (const std::string& path : paths) {
    writer.put_string(path);
  }
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::GetAllChildrenNumberRequest& request, Context& context) {
  const tree::NodeId node = context.tree().find(request.path);
  if (!node) {
    return ErrorCode::kNoNode;
  }
  if (!context.allowed(node, wire::kPermRead)) {
    return ErrorCode::kNoAuth;
  }
  // Apache counts the root under both of its names; "" therefore sees one more than "/".
  const int64_t extra = request.path.empty() ? 1 : 0;
  wire::Writer writer(context.body);
  writer.put_int(static_cast<int32_t>(context.tree().descendant_count(node) + extra));
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::WhoAmIRequest&, Context& context) {
  wire::Writer writer(context.body);
  writer.put_int(static_cast<int32_t>(context.reader.who->ids.size()));
  for (const wire::Id& id : context.reader.who->ids) {
    const bool secret = id.scheme == "digest";
    writer.put_string(id.scheme);
    writer.put_string(secret ? std::string_view(id.id).substr(0, id.id.find(':'))
                             : std::string_view(id.id));
  }
  return ErrorCode::kOk;
}

ErrorCode answer(const wire::RemoveWatchesRequest& request, Context& context) {
  return remove_or_check(request, context.reader.watcher, context.watches);
}

ErrorCode answer(const wire::AddWatchRequest& request, Context& context) {
  const ErrorCode error = add_watch(request, context.reader.watcher, context.watches);
  if (error == ErrorCode::kOk) {
    wire::Writer writer(context.body);
    writer.put_int(0);  // An ErrorResponse, which no other operation without a body has.
  }
  return error;
}

ErrorCode answer(const wire::SetWatchesRequest& request, Context& context) {
  set_watches(request, context.reader.watcher, context.tree(), context.watches, context.missed);
  return ErrorCode::kOk;
}

}  // namespace

ErrorCode read(const wire::ReadRequest& request, const Reader& reader,
               const tree::Database& database, tree::Watches& watches, std::string& body,
               std::vector<tree::Notification>& missed) {
  Context context{reader, database, watches, body, missed};
  return std::visit([&](const auto& typed) { return answer(typed, context); }, request);
}

}  // namespace quorate::request
