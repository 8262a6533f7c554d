// Transactions: what the log, the snapshot replay and (later) the followers apply.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/wire/acl.h"
#include "server/wire/error_code.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::wire {

/// TxnHeader{long clientId, int cxid, long zxid, long time, int type}.
struct TxnHeader {
  SessionId session;
  int32_t cxid = 0;
  Zxid zxid;
  WallMillis time;
  OpCode type = OpCode::kError;
  friend bool operator==(const TxnHeader&, const TxnHeader&) = default;
};
inline constexpr size_t kTxnHeaderBytes = 32;

struct CreateSessionTxn {
  int32_t timeout_ms = 0;
  friend bool operator==(const CreateSessionTxn&, const CreateSessionTxn&) = default;
};
/// `paths` is absent in logs of old servers and where closeSessionTxn.enabled=false.
struct CloseSessionTxn {
  std::optional<std::vector<std::string_view>> paths;
  friend bool operator==(const CloseSessionTxn&, const CloseSessionTxn&) = default;
};
/// create (1), create2 (15), createContainer (19), createTTL (21).
struct CreateTxn {
  OpCode type = OpCode::kCreate;
  std::string_view path;
  NullableBytes data;
  AclList acls;
  bool ephemeral = false;        ///< Types 1 and 15.
  int32_t parent_cversion = -1;  ///< Resulting persisted cversion of the parent; -1: count up.
  int64_t ttl_ms = 0;            ///< Type 21.
  friend bool operator==(const CreateTxn&, const CreateTxn&) = default;
};
/// delete (2) and deleteContainer (20).
struct DeleteTxn {
  OpCode type = OpCode::kDelete;
  std::string_view path;
  friend bool operator==(const DeleteTxn&, const DeleteTxn&) = default;
};
/// setData (5) and reconfig (16). `version` is the resulting one.
struct SetDataTxn {
  OpCode type = OpCode::kSetData;
  std::string_view path;
  NullableBytes data;
  int32_t version = 0;
  friend bool operator==(const SetDataTxn&, const SetDataTxn&) = default;
};
/// `version` is the resulting aversion.
struct SetAclTxn {
  std::string_view path;
  AclList acls;
  int32_t version = 0;
  friend bool operator==(const SetAclTxn&, const SetAclTxn&) = default;
};
/// Inside a multi only.
struct CheckVersionTxn {
  std::string_view path;
  int32_t version = 0;
  friend bool operator==(const CheckVersionTxn&, const CheckVersionTxn&) = default;
};
struct ErrorTxn {
  ErrorCode error = ErrorCode::kOk;
  friend bool operator==(const ErrorTxn&, const ErrorTxn&) = default;
};
using SubTxn = std::variant<CreateTxn, DeleteTxn, SetDataTxn, CheckVersionTxn, ErrorTxn>;
struct MultiTxn {
  std::vector<SubTxn> ops;
  friend bool operator==(const MultiTxn&, const MultiTxn&) = default;
};
using Txn = std::variant<CreateSessionTxn, CloseSessionTxn, CreateTxn, DeleteTxn, SetDataTxn,
                         SetAclTxn, MultiTxn, ErrorTxn>;

/// TxnDigest{int version = 2, long treeDigest}: sum of the node digests after the txn.
struct TxnDigest {
  int32_t version = 2;
  int64_t tree_digest = 0;
  friend bool operator==(const TxnDigest&, const TxnDigest&) = default;
};
inline constexpr int32_t kDigestVersion = 2;

/// A decoded log entry or proposal. Borrows from the bytes it was decoded from.
struct TxnRecord {
  TxnHeader header;
  Txn txn;
  std::optional<TxnDigest> digest;  ///< Absent for error txns and where digests are off.
  friend bool operator==(const TxnRecord&, const TxnRecord&) = default;
};

/// OpCode of a sub-transaction as its `type` field says it.
[[nodiscard]] OpCode type_of(const SubTxn& txn);

void write(Writer& writer, const TxnHeader& header);
[[nodiscard]] TxnHeader read_txn_header(Reader& reader);

/// Bodies, without header.
void write(Writer& writer, const CreateSessionTxn& txn);
void write(Writer& writer, const CloseSessionTxn& txn);
void write(Writer& writer, const CreateTxn& txn);
void write(Writer& writer, const DeleteTxn& txn);
void write(Writer& writer, const SetDataTxn& txn);
void write(Writer& writer, const SetAclTxn& txn);
void write(Writer& writer, const CheckVersionTxn& txn);
void write(Writer& writer, const ErrorTxn& txn);
void write(Writer& writer, const MultiTxn& txn);
void write(Writer& writer, const Txn& txn);
void write(Writer& writer, const TxnDigest& digest);

/// Decodes header + txn [+ digest], the bytes of one log entry. Nothing if they are malformed or of
/// a type that no log may hold.
[[nodiscard]] std::optional<TxnRecord> decode_txn(std::string_view bytes);

/// Appends header + txn [+ digest].
void encode_txn(const TxnHeader& header, const Txn& txn, const std::optional<TxnDigest>& digest,
                std::string& to);

}  // namespace quorate::wire
