// Client requests as values that borrow from the frame, and the decoder of all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/acl.h"
#include "server/wire/error_code.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::wire {

struct RequestHeader {
  int32_t xid = 0;
  OpCode op = OpCode::kNotification;
  friend bool operator==(const RequestHeader&, const RequestHeader&) = default;
};
inline constexpr size_t kRequestHeaderBytes = 8;

/// create (1), create2 (15), createContainer (19), createTTL (21).
struct CreateRequest {
  OpCode op = OpCode::kCreate;
  std::string_view path;
  NullableBytes data;
  AclList acls;
  int32_t flags = 0;
  int64_t ttl_ms = -1;  ///< createTTL only; -1 otherwise.
  friend bool operator==(const CreateRequest&, const CreateRequest&) = default;
};
struct DeleteRequest {
  std::string_view path;
  int32_t version = -1;
  friend bool operator==(const DeleteRequest&, const DeleteRequest&) = default;
};
/// Internal: the reaper's opcode 20. The decoder yields it so that it can be refused by name.
struct DeleteContainerRequest {
  std::string_view path;
  friend bool operator==(const DeleteContainerRequest&, const DeleteContainerRequest&) = default;
};
struct SetDataRequest {
  std::string_view path;
  NullableBytes data;
  int32_t version = -1;
  friend bool operator==(const SetDataRequest&, const SetDataRequest&) = default;
};
struct SetAclRequest {
  std::string_view path;
  AclList acls;
  int32_t version = -1;
  friend bool operator==(const SetAclRequest&, const SetAclRequest&) = default;
};
/// check (13): valid inside a multi only.
struct CheckRequest {
  std::string_view path;
  int32_t version = -1;
  friend bool operator==(const CheckRequest&, const CheckRequest&) = default;
};
using MultiOp = std::variant<CreateRequest, DeleteRequest, DeleteContainerRequest, SetDataRequest,
                             CheckRequest>;
struct MultiRequest {
  std::vector<MultiOp> ops;
  friend bool operator==(const MultiRequest&, const MultiRequest&) = default;
};
struct ReconfigRequest {
  NullableBytes joining;
  NullableBytes leaving;
  NullableBytes new_members;
  int64_t config_version = -1;
  friend bool operator==(const ReconfigRequest&, const ReconfigRequest&) = default;
};
struct CloseSessionRequest {
  friend bool operator==(const CloseSessionRequest&, const CloseSessionRequest&) = default;
};

struct ExistsRequest {
  std::string_view path;
  bool watch = false;
  friend bool operator==(const ExistsRequest&, const ExistsRequest&) = default;
};
struct GetDataRequest {
  std::string_view path;
  bool watch = false;
  friend bool operator==(const GetDataRequest&, const GetDataRequest&) = default;
};
struct GetAclRequest {
  std::string_view path;
  friend bool operator==(const GetAclRequest&, const GetAclRequest&) = default;
};
/// getChildren (8) and getChildren2 (12), which adds the Stat.
struct GetChildrenRequest {
  std::string_view path;
  bool watch = false;
  bool with_stat = false;
  friend bool operator==(const GetChildrenRequest&, const GetChildrenRequest&) = default;
};
using MultiReadOp = std::variant<GetDataRequest, GetChildrenRequest>;
struct MultiReadRequest {
  std::vector<MultiReadOp> ops;
  friend bool operator==(const MultiReadRequest&, const MultiReadRequest&) = default;
};
struct SyncRequest {
  std::string_view path;
  friend bool operator==(const SyncRequest&, const SyncRequest&) = default;
};
struct PingRequest {
  friend bool operator==(const PingRequest&, const PingRequest&) = default;
};
/// checkWatches (17) and removeWatches (18).
struct RemoveWatchesRequest {
  OpCode op = OpCode::kRemoveWatches;
  std::string_view path;
  int32_t type = 0;  ///< 1 children, 2 data, 3 any, 4 persistent, 5 persistent recursive.
  friend bool operator==(const RemoveWatchesRequest&, const RemoveWatchesRequest&) = default;
};
struct AuthRequest {
  int32_t type = 0;
  std::string_view scheme;
  NullableBytes auth;
  friend bool operator==(const AuthRequest&, const AuthRequest&) = default;
};
/// setWatches (101) and setWatches2 (105); the last two lists are empty for 101.
struct SetWatchesRequest {
  OpCode op = OpCode::kSetWatches;
  Zxid relative_zxid;
  std::vector<std::string_view> data;
  std::vector<std::string_view> exist;
  std::vector<std::string_view> child;
  std::vector<std::string_view> persistent;
  std::vector<std::string_view> persistent_recursive;
  friend bool operator==(const SetWatchesRequest&, const SetWatchesRequest&) = default;
};
struct SaslRequest {
  NullableBytes token;
  friend bool operator==(const SaslRequest&, const SaslRequest&) = default;
};
struct GetEphemeralsRequest {
  std::string_view prefix;
  friend bool operator==(const GetEphemeralsRequest&, const GetEphemeralsRequest&) = default;
};
struct GetAllChildrenNumberRequest {
  std::string_view path;
  friend bool operator==(const GetAllChildrenNumberRequest&,
                         const GetAllChildrenNumberRequest&) = default;
};
struct AddWatchRequest {
  std::string_view path;
  int32_t mode = 0;  ///< 0 persistent, 1 persistent recursive.
  friend bool operator==(const AddWatchRequest&, const AddWatchRequest&) = default;
};
struct WhoAmIRequest {
  friend bool operator==(const WhoAmIRequest&, const WhoAmIRequest&) = default;
};

/// Requests that change state: they become a txn (or an error txn).
using WriteRequest =
    std::variant<CreateRequest, DeleteRequest, DeleteContainerRequest, SetDataRequest,
                 SetAclRequest, CheckRequest, MultiRequest, ReconfigRequest, CloseSessionRequest>;
/// Requests answered from local state, in the session's order.
using ReadRequest =
    std::variant<ExistsRequest, GetDataRequest, GetAclRequest, GetChildrenRequest, MultiReadRequest,
                 SyncRequest, RemoveWatchesRequest, SetWatchesRequest, GetEphemeralsRequest,
                 GetAllChildrenNumberRequest, AddWatchRequest, WhoAmIRequest>;
/// Requests of the connection itself, answered as they arrive.
using ConnectionRequest = std::variant<PingRequest, AuthRequest, SaslRequest>;

using Request = std::variant<WriteRequest, ReadRequest, ConnectionRequest>;

/// A request, or the error of one that cannot be decoded (kMarshallingError) or has an opcode that
/// clients cannot use (kUnimplemented).
struct DecodedRequest {
  std::optional<Request> request;
  ErrorCode error = ErrorCode::kOk;
  friend bool operator==(const DecodedRequest&, const DecodedRequest&) = default;
};

/// True for opcodes whose requests are WriteRequests, even if the body cannot be decoded.
[[nodiscard]] bool is_write(OpCode op);

/// Reads the header, or nothing if the payload is shorter than one.
[[nodiscard]] std::optional<RequestHeader> decode_request_header(std::string_view payload);

/// Decodes the body that follows the header. Trailing bytes are ignored, as Apache does.
/// `body` must outlive the result, which borrows from it.
[[nodiscard]] DecodedRequest decode_request(OpCode op, std::string_view body);

/// Encoders for clients: append header-less bodies.
void encode(const CreateRequest& request, std::string& to);
void encode(const DeleteRequest& request, std::string& to);
void encode(const DeleteContainerRequest& request, std::string& to);
void encode(const SetDataRequest& request, std::string& to);
void encode(const SetAclRequest& request, std::string& to);
void encode(const CheckRequest& request, std::string& to);
void encode(const MultiRequest& request, std::string& to);
void encode(const MultiReadRequest& request, std::string& to);
void encode(const ReconfigRequest& request, std::string& to);
void encode(const ExistsRequest& request, std::string& to);
void encode(const GetDataRequest& request, std::string& to);
void encode(const GetAclRequest& request, std::string& to);
void encode(const GetChildrenRequest& request, std::string& to);
void encode(const SyncRequest& request, std::string& to);
void encode(const RemoveWatchesRequest& request, std::string& to);
void encode(const AuthRequest& request, std::string& to);
void encode(const SetWatchesRequest& request, std::string& to);
void encode(const SaslRequest& request, std::string& to);
void encode(const GetEphemeralsRequest& request, std::string& to);
void encode(const GetAllChildrenNumberRequest& request, std::string& to);
void encode(const AddWatchRequest& request, std::string& to);
void encode(const RequestHeader& header, std::string& to);

}  // namespace quorate::wire
