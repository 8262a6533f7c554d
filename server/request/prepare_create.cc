// Preparing creates of every kind: persistent, ephemeral, sequential, container, TTL.
#include <cstdio>

#include "server/auth/permission.h"
#include "server/request/prepare.h"
#include "server/wire/path.h"

namespace quorate::request {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr int32_t kFlagEphemeral = 1;
constexpr int32_t kFlagEphemeralSequential = 3;
constexpr int32_t kFlagContainer = 4;
constexpr int32_t kFlagTtl = 5;
constexpr int32_t kFlagTtlSequential = 6;

bool is_ttl(int32_t flags) { return flags == kFlagTtl || flags == kFlagTtlSequential; }

bool is_sequential(int32_t flags) {
  return flags == 2 || flags == 3 || flags == kFlagTtlSequential;
}

bool is_ephemeral(const wire::CreateRequest& request) {
  const bool kind_allows = request.op == OpCode::kCreate || request.op == OpCode::kCreate2;
  return kind_allows &&
         (request.flags == kFlagEphemeral || request.flags == kFlagEphemeralSequential);
}

/// The txn type that stores the request.
OpCode txn_type(const wire::CreateRequest& request) {
  if (request.op == OpCode::kCreateContainer || request.flags == kFlagContainer) {
    return OpCode::kCreateContainer;
  }
  if (is_ttl(request.flags)) {
    return OpCode::kCreateTtl;
  }
  return request.op == OpCode::kCreate2 ? OpCode::kCreate2 : OpCode::kCreate;
}

int64_t owner_of(const wire::CreateTxn& txn, SessionId session) {
  if (txn.type == OpCode::kCreateContainer) {
    return tree::kContainerOwner;
  }
  if (txn.type == OpCode::kCreateTtl) {
    return tree::ttl_owner(txn.ttl_ms);
  }
  return txn.ephemeral ? session.value : 0;
}

}  // namespace

ErrorCode Preparer::check_create_flags(const wire::CreateRequest& request) const {
  const int32_t flags = request.flags;
  if (flags < 0 || flags > kFlagTtlSequential) {
    return ErrorCode::kBadArguments;
  }
  if (is_ttl(flags)) {
    if (!options_.extended_types_enabled) {
      return ErrorCode::kUnimplemented;
    }
    if (request.op != OpCode::kCreateTtl || request.ttl_ms < 1 ||
        request.ttl_ms > tree::kTtlMsMax) {
      return ErrorCode::kBadArguments;
    }
    return ErrorCode::kOk;
  }
  if (request.op == OpCode::kCreateTtl) {
    return ErrorCode::kBadArguments;
  }
  // A container asked for by the plain opcode would be a plain node in Apache, with a wrong digest.
  const bool plain = request.op == OpCode::kCreate || request.op == OpCode::kCreate2;
  return plain && flags == kFlagContainer ? ErrorCode::kBadArguments : ErrorCode::kOk;
}

Preparer::Site Preparer::find_site(const wire::CreateRequest& request, const Step& step,
                                   Scratch& scratch) const {
  const std::string_view path = request.path;
  const size_t last_slash = path.rfind('/');
  if (!step.author.session_alive) {
    return {.error = ErrorCode::kSessionExpired};
  }
  if (last_slash == std::string_view::npos || path.find('\0') != std::string_view::npos) {
    return {.error = ErrorCode::kBadArguments};
  }
  if (!auth::is_open_acl(request.acls)) {
    static const auth::Identities kNobody;
    const auth::Identities& who = step.author.who == nullptr ? kNobody : *step.author.who;
    std::optional<std::string> acls = auth::fix_up(request.acls, who, options_.schemes);
    if (!acls) {
      return {.error = ErrorCode::kInvalidAcl};
    }
    scratch.acls = std::move(*acls);
  }
  const std::string_view parent_path = path.substr(0, last_slash);
  Site site;
  site.parent = pending_.view(parent_path);
  const Pending::View& parent = site.parent;
  if (!parent.exists) {
    return {.error = ErrorCode::kNoNode};
  }
  if (!allowed(parent.acls, wire::kPermCreate, step.author)) {
    return {.error = ErrorCode::kNoAuth};
  }
  site.parent_stat = pending_.stat(parent);
  if (is_sequential(request.flags)) {
    char suffix[16];
    std::snprintf(suffix, sizeof suffix, "%010d", site.parent_stat.cversion);
    scratch.path.assign(path).append(suffix);
  }
  const std::string_view full = is_sequential(request.flags) ? scratch.path : path;
  if (full != "/" && !wire::is_valid_path(full)) {
    return {.error = ErrorCode::kBadArguments};
  }
  site.node = pending_.view(full);
  if (site.node.exists) {
    return {.error = ErrorCode::kNodeExists};
  }
  if (tree::owner_kind(site.parent_stat.ephemeral_owner, owner_rules()) ==
      tree::OwnerKind::kEphemeral) {
    return {.error = ErrorCode::kNoChildrenForEphemerals};
  }
  const auto bytes = static_cast<int64_t>(request.data ? request.data->size() : 0);
  if (options_.enforce_quota &&
      tree_.check_quota(full, 1, bytes) == tree::QuotaVerdict::kHardExceeded) {
    return {.error = ErrorCode::kQuotaExceeded};
  }
  return site;
}

Preparer::Operation Preparer::create(const wire::CreateRequest& request, const Step& step,
                                     Scratch& scratch) {
  if (!step.in_multi) {  // A multi has checked the flags by its own rules.
    const ErrorCode flags_error = check_create_flags(request);
    if (flags_error != ErrorCode::kOk) {
      return {.error = flags_error};
    }
  }
  const Site site = find_site(request, step, scratch);
  if (site.error != ErrorCode::kOk) {
    return {.error = site.error};
  }
  const OpCode type = txn_type(request);
  const wire::CreateTxn txn{
      .type = type,
      .path = is_sequential(request.flags) ? std::string_view(scratch.path) : request.path,
      .data = request.data,
      .acls = scratch.acls.empty() ? request.acls : wire::AclList{scratch.acls},
      .ephemeral = is_ephemeral(request),
      .parent_cversion =
          static_cast<int32_t>(static_cast<uint32_t>(site.parent_stat.cversion) + 1U),
      .ttl_ms = type == OpCode::kCreateTtl ? request.ttl_ms : 0};
  record_create(txn, site, step);
  return {.txn = txn};
}

void Preparer::record_create(const wire::CreateTxn& txn, const Site& site, const Step& step) {
  const std::string_view parent = txn.path.substr(0, txn.path.rfind('/'));
  PendingNode& above = pending_.touch(site.parent, parent, step.stamp.zxid);
  ++above.child_count;
  // As apply does: a counter that has wrapped is not greater, and changes nothing.
  if (txn.parent_cversion > above.stat.cversion) {
    above.stat.cversion = txn.parent_cversion;
    above.stat.pzxid = step.stamp.zxid;
  }
  pending_.refresh_digest(above);
  PendingNode& node = pending_.touch(site.node, txn.path, step.stamp.zxid);
  node.exists = true;
  node.stat = wire::StatPersisted{.czxid = step.stamp.zxid,
                                  .mzxid = step.stamp.zxid,
                                  .ctime = step.stamp.time,
                                  .mtime = step.stamp.time,
                                  .version = 0,
                                  .cversion = 0,
                                  .aversion = 0,
                                  .ephemeral_owner = owner_of(txn, step.author.session),
                                  .pzxid = step.stamp.zxid};
  node.child_count = 0;
  node.has_own_acl = true;
  node.acl_encoded.assign(txn.acls.encoded);
  pending_.set_data(node, txn.data);
  pending_.refresh_digest(node);
}

}  // namespace quorate::request
