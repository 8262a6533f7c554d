// Texts of error codes.
#include "server/client/error_text.h"

namespace quorate::client {
namespace {

/// As KeeperException.getCodeMessage() says it; mostly the name, sometimes words.
std::string_view code_message(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::kSessionExpired:
      return "Session expired";
    case wire::ErrorCode::kSessionMoved:
      return "Session moved";
    case wire::ErrorCode::kNotEmpty:
      return "Directory not empty";
    case wire::ErrorCode::kNotReadOnly:
      return "Not a read-only call";
    case wire::ErrorCode::kNoWatcher:
      return "No such watcher";
    case wire::ErrorCode::kEphemeralOnLocalSession:
      return "Ephemeral node on local session";
    case wire::ErrorCode::kReconfigDisabled:
      return "Reconfig is disabled";
    case wire::ErrorCode::kSessionClosedRequireSaslAuth:
      return "Session closed because client failed to authenticate";
    case wire::ErrorCode::kQuotaExceeded:
      return "Quota has exceeded";
    case wire::ErrorCode::kThrottledOp:
      return "Op throttled due to high load";
    case wire::ErrorCode::kRequestTimeout:
      return "RequestTimeout";
    default:
      return wire::name_of(code);
  }
}

}  // namespace

std::string keeper_text(wire::ErrorCode code, std::string_view path) {
  std::string text = "KeeperErrorCode = " + std::string(code_message(code));
  if (!path.empty()) {
    text.append(" for ").append(path);
  }
  return text;
}

std::string shell_text(wire::ErrorCode code, std::string_view path) {
  const std::string at(path);
  switch (code) {
    case wire::ErrorCode::kNoNode:
      return "Node does not exist: " + at;
    case wire::ErrorCode::kNodeExists:
      return "Node already exists: " + at;
    case wire::ErrorCode::kNotEmpty:
      return "Node not empty: " + at;
    case wire::ErrorCode::kBadVersion:
      return "version No is not valid : " + at;
    case wire::ErrorCode::kNoAuth:
      return "Insufficient permission : " + at;
    case wire::ErrorCode::kInvalidAcl:
      return "Acl is not valid : " + at;
    case wire::ErrorCode::kNoChildrenForEphemerals:
      return "Ephemerals cannot have children: " + at;
    case wire::ErrorCode::kQuotaExceeded:
      return "Quota has exceeded : " + at;
    default:
      return keeper_text(code, path);
  }
}

}  // namespace quorate::client
