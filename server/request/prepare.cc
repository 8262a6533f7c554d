// Preparing single operations other than create, and the encoding of what was prepared.
#include "server/request/prepare.h"

#include <utility>
#include <variant>

#include "server/auth/permission.h"
#include "server/base/assert.h"
#include "server/base/overloaded.h"
#include "server/wire/path.h"

namespace quorate::request {
namespace {

using wire::ErrorCode;
using wire::OpCode;

bool has_nul(std::string_view path) { return path.find('\0') != std::string_view::npos; }

/// Paths that nobody may delete.
bool is_system_path(std::string_view path) {
  return path == "/" || path == "/zookeeper" || path == "/zookeeper/quota" ||
         path == "/zookeeper/config";
}

/// Wraps from -2 to 0: -1 would be "any version" to a compare-and-set.
int32_t next_version(int32_t version) {
  const auto next = static_cast<int32_t>(static_cast<uint32_t>(version) + 1U);
  return next == -1 ? 0 : next;
}

std::string_view parent_path(std::string_view path) { return path.substr(0, path.rfind('/')); }

wire::Txn as_txn(const wire::SubTxn& sub) {
  return std::visit(Overloaded{[](const wire::CheckVersionTxn&) -> wire::Txn {
                                 QR_ASSERT(false && "a check is never a txn of its own");
                               },
                               [](const auto& txn) -> wire::Txn { return txn; }},
                    sub);
}

}  // namespace

Preparer::Preparer(const tree::Tree& tree, PrepareOptions options)
    : tree_(tree), options_(options), pending_(tree, options.digest_enabled) {}

bool Preparer::allowed(wire::AclList acls, int32_t wanted, const Author& author) const {
  if (options_.skip_acl || author.who == nullptr) {
    return true;
  }
  return auth::is_allowed(acls, wanted, *author.who);
}

tree::OwnerRules Preparer::owner_rules() const {
  return {.extended_types_enabled = options_.extended_types_enabled,
          .emulate_353_ttl = options_.emulate_353_ttl};
}

Prepared Preparer::prepare(const wire::WriteRequest& request, const Author& author, Stamp stamp,
                           std::string& to) {
  const Step step{.author = author, .stamp = stamp};
  return std::visit(
      Overloaded{
          [&](const wire::CreateRequest& create_request) {
            Scratch scratch;
            return finish(create(create_request, step, scratch), author, stamp, to);
          },
          [&](const wire::DeleteRequest& remove_request) {
            return finish(remove(remove_request, step), author, stamp, to);
          },
          [&](const wire::DeleteContainerRequest& container) {
            return finish(remove_container(container, step), author, stamp, to);
          },
          [&](const wire::SetDataRequest& set) {
            return finish(set_data(set, step), author, stamp, to);
          },
          [&](const wire::SetAclRequest& set) { return set_acl(set, step, to); },
          [&](const wire::CheckRequest&) {
            // Valid inside a multi only; the caller refuses it before it gets here.
            prepare_error(ErrorCode::kUnimplemented, author, stamp, to);
            return Prepared{ErrorCode::kUnimplemented};
          },
          [&](const wire::MultiRequest& ops) { return multi(ops, author, stamp, to); },
          [&](const wire::ReconfigRequest&) {
            const ErrorCode error = options_.reconfig_enabled ? ErrorCode::kUnimplemented
                                                              : ErrorCode::kReconfigDisabled;
            prepare_error(error, author, stamp, to);
            return Prepared{error};
          },
          [&](const wire::CloseSessionRequest&) { return close_session(author, stamp, to); },
      },
      request);
}

Prepared Preparer::prepare_reconfig(std::string_view configuration, const Author& author,
                                    Stamp stamp, std::string& to) {
  constexpr std::string_view kPath = "/zookeeper/config";
  const Pending::View node = pending_.view(kPath);
  if (!node.exists || !allowed(node.acls, wire::kPermWrite, author)) {
    const ErrorCode error = node.exists ? ErrorCode::kNoAuth : ErrorCode::kNoNode;
    prepare_error(error, author, stamp, to);
    return Prepared{error};
  }
  PendingNode& record = pending_.touch(node, kPath, stamp.zxid);
  record.stat.mzxid = stamp.zxid;
  record.stat.mtime = stamp.time;
  pending_.set_data(record, configuration);
  pending_.refresh_digest(record);
  encode({.session = author.session,
          .cxid = author.xid,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = OpCode::kReconfig},
         wire::SetDataTxn{
             .type = OpCode::kReconfig, .path = kPath, .data = configuration, .version = -1},
         to);
  return {};
}

void Preparer::encode(const wire::TxnHeader& header, const wire::Txn& txn, std::string& to) {
  std::optional<wire::TxnDigest> digest;
  if (options_.digest_enabled && header.type != OpCode::kError) {
    digest = wire::TxnDigest{.version = wire::kDigestVersion,
                             .tree_digest = static_cast<int64_t>(pending_.digest())};
  }
  wire::encode_txn(header, txn, digest, to);
}

void Preparer::prepare_error(ErrorCode error, const Author& author, Stamp stamp, std::string& to) {
  encode({.session = author.session,
          .cxid = author.xid,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = OpCode::kError},
         wire::ErrorTxn{error}, to);
}

void Preparer::prepare_create_session(SessionId session, int32_t timeout_ms, Stamp stamp,
                                      std::string& to) {
  encode({.session = session,
          .cxid = 0,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = OpCode::kCreateSession},
         wire::CreateSessionTxn{timeout_ms}, to);
}

Prepared Preparer::finish(const Operation& operation, const Author& author, Stamp stamp,
                          std::string& to) {
  if (operation.error != ErrorCode::kOk) {
    prepare_error(operation.error, author, stamp, to);
    return Prepared{operation.error};
  }
  encode({.session = author.session,
          .cxid = author.xid,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = wire::type_of(operation.txn)},
         as_txn(operation.txn), to);
  return Prepared{};
}

Preparer::Operation Preparer::remove(const wire::DeleteRequest& request, const Step& step) {
  const std::string_view path = request.path;
  if (!step.author.session_alive) {
    return {.error = ErrorCode::kSessionExpired};
  }
  if (path.rfind('/') == std::string_view::npos || has_nul(path) || is_system_path(path)) {
    return {.error = ErrorCode::kBadArguments};
  }
  const Pending::View parent = pending_.view(parent_path(path));
  if (!parent.exists) {
    return {.error = ErrorCode::kNoNode};
  }
  if (!allowed(parent.acls, wire::kPermDelete, step.author)) {
    return {.error = ErrorCode::kNoAuth};
  }
  const Pending::View node = pending_.view(path);
  if (!node.exists) {
    return {.error = ErrorCode::kNoNode};
  }
  if (request.version != -1 && request.version != node.version) {
    return {.error = ErrorCode::kBadVersion};
  }
  if (node.child_count > 0) {
    return {.error = ErrorCode::kNotEmpty};
  }
  record_delete(parent, node, path, step);
  return {.txn = wire::DeleteTxn{.type = OpCode::kDelete, .path = path}};
}

Preparer::Operation Preparer::remove_container(const wire::DeleteContainerRequest& request,
                                               const Step& step) {
  const std::string_view path = request.path;
  if (step.author.who != nullptr) {
    return {.error =
                ErrorCode::kUnimplemented};  // Internal: never for a client, alone or in multi.
  }
  const Pending::View node = pending_.view(path);
  if (!node.exists || path.empty() || is_system_path(path)) {
    return {.error = ErrorCode::kNoNode};
  }
  if (node.child_count > 0) {
    return {.error = ErrorCode::kNotEmpty};
  }
  const tree::OwnerKind kind = tree::owner_kind(pending_.stat(node).ephemeral_owner, owner_rules());
  if (kind != tree::OwnerKind::kContainer && kind != tree::OwnerKind::kTtl) {
    return {.error = ErrorCode::kBadVersion};
  }
  record_delete(pending_.view(parent_path(path)), node, path, step);
  return {.txn = wire::DeleteTxn{.type = OpCode::kDeleteContainer, .path = path}};
}

void Preparer::record_delete(const Pending::View& parent_view, const Pending::View& node_view,
                             std::string_view path, const Step& step) {
  PendingNode& parent = pending_.touch(parent_view, parent_path(path), step.stamp.zxid);
  --parent.child_count;
  parent.stat.pzxid = step.stamp.zxid;
  pending_.refresh_digest(parent);
  PendingNode& node = pending_.touch(node_view, path, step.stamp.zxid);
  node.exists = false;
  pending_.key_by_path(node);
  pending_.refresh_digest(node);
}

Preparer::Operation Preparer::set_data(const wire::SetDataRequest& request, const Step& step) {
  const std::string_view path = request.path;
  if (!step.author.session_alive) {
    return {.error = ErrorCode::kSessionExpired};
  }
  if (!wire::is_valid_path(path)) {
    return {.error = ErrorCode::kBadArguments};
  }
  const Pending::View node = pending_.view(path);
  if (!node.exists) {
    return {.error = ErrorCode::kNoNode};
  }
  if (!allowed(node.acls, wire::kPermWrite, step.author)) {
    return {.error = ErrorCode::kNoAuth};
  }
  const auto bytes = static_cast<int64_t>(request.data ? request.data->size() : 0);
  if (options_.enforce_quota &&
      tree_.check_quota(path, 0, bytes - node.data_bytes) == tree::QuotaVerdict::kHardExceeded) {
    return {.error = ErrorCode::kQuotaExceeded};
  }
  if (request.version != -1 && request.version != node.version) {
    return {.error = ErrorCode::kBadVersion};
  }
  PendingNode& record = pending_.touch(node, path, step.stamp.zxid);
  record.stat.version = next_version(record.stat.version);
  record.stat.mzxid = step.stamp.zxid;
  record.stat.mtime = step.stamp.time;
  pending_.set_data(record, request.data);
  pending_.refresh_digest(record);
  return {.txn = wire::SetDataTxn{.type = OpCode::kSetData,
                                  .path = path,
                                  .data = request.data,
                                  .version = record.stat.version}};
}

Preparer::Operation Preparer::check(const wire::CheckRequest& request, const Step& step) const {
  if (!step.author.session_alive) {
    return {.error = ErrorCode::kSessionExpired};
  }
  if (!wire::is_valid_path(request.path)) {
    return {.error = ErrorCode::kBadArguments};
  }
  const Pending::View node = pending_.view(request.path);
  if (!node.exists) {
    return {.error = ErrorCode::kNoNode};
  }
  if (!allowed(node.acls, wire::kPermRead, step.author)) {
    return {.error = ErrorCode::kNoAuth};
  }
  if (request.version != -1 && request.version != node.version) {
    return {.error = ErrorCode::kBadVersion};
  }
  return {.txn = wire::CheckVersionTxn{.path = request.path, .version = node.version}};
}

Prepared Preparer::set_acl(const wire::SetAclRequest& request, const Step& step, std::string& to) {
  const auto refuse = [&](ErrorCode error) {
    prepare_error(error, step.author, step.stamp, to);
    return Prepared{error};
  };
  if (!step.author.session_alive) {
    return refuse(ErrorCode::kSessionExpired);
  }
  if (!wire::is_valid_path(request.path)) {
    return refuse(ErrorCode::kBadArguments);
  }
  static const auth::Identities kNobody;
  const auth::Identities& who = step.author.who == nullptr ? kNobody : *step.author.who;
  const std::optional<std::string> acls = auth::fix_up(request.acls, who, options_.schemes);
  if (!acls) {
    return refuse(ErrorCode::kInvalidAcl);
  }
  const Pending::View node = pending_.view(request.path);
  if (!node.exists) {
    return refuse(ErrorCode::kNoNode);
  }
  if (!allowed(node.acls, wire::kPermAdmin, step.author)) {
    return refuse(ErrorCode::kNoAuth);
  }
  if (request.version != -1 && request.version != pending_.stat(node).aversion) {
    return refuse(ErrorCode::kBadVersion);
  }
  PendingNode& record = pending_.touch(node, request.path, step.stamp.zxid);
  record.stat.aversion = next_version(record.stat.aversion);
  // Published to later requests at once: a revoked right must not authorise what is behind it.
  record.has_own_acl = true;
  record.acl_encoded = *acls;
  pending_.refresh_digest(record);
  encode({.session = step.author.session,
          .cxid = step.author.xid,
          .zxid = step.stamp.zxid,
          .time = step.stamp.time,
          .type = OpCode::kSetAcl},
         wire::SetAclTxn{
             .path = request.path, .acls = wire::AclList{*acls}, .version = record.stat.aversion},
         to);
  return Prepared{};
}

Prepared Preparer::close_session(const Author& author, Stamp stamp, std::string& to) {
  const Step step{.author = author, .stamp = stamp};
  const std::vector<std::string> paths = pending_.ephemerals_of(author.session);
  wire::CloseSessionTxn txn;
  size_t path_bytes = 0;
  for (const std::string& path : paths) {
    path_bytes += path.size() + sizeof(int32_t);
  }
  // Without the list every replica deletes what the session owns in its own tree, which is the
  // same; a list too long for a reader would stop it for good.
  if (options_.close_session_paths_enabled && path_bytes + 128 <= options_.txn_bytes_max) {
    txn.paths.emplace(paths.begin(), paths.end());
  }
  for (const std::string& path : paths) {
    record_delete(pending_.view(parent_path(path)), pending_.view(path), path, step);
  }
  encode({.session = author.session,
          .cxid = author.xid,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = OpCode::kCloseSession},
         std::move(txn), to);
  return Prepared{};
}

}  // namespace quorate::request
