// What flows on the quorum port between a leader and its learners: packets and their bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/wire/acl.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::wire {

/// Direction and data of each: "learner" sends to the leader unless it says otherwise.
enum class QuorumPacketType : int32_t {
  kRequest = 1,             ///< Learner: a client's write. ForwardedRequest.
  kProposal = 2,            ///< Leader to followers: TxnHeader + txn [+ TxnDigest]; see decode_txn.
  kAck = 3,                 ///< Follower: the txn `zxid` is durable; low half 0: NEWLEADER's.
  kCommit = 4,              ///< Leader to followers: `zxid` is committed.
  kPing = 5,                ///< Leader: null, or int64 id of the voter that is to lead after it, to
                            ///< Quorate's learners. Learner's answer: SessionTouches, never null.
  kRevalidate = 6,          ///< RevalidateRequest; the leader answers RevalidateResponse.
  kSync = 7,                ///< Leader to learner: everything before the learner's sync is sent.
  kInform = 8,              ///< Leader to observers: as kProposal, committed.
  kCommitAndActivate = 9,   ///< As kCommit, of a reconfig. Activation.
  kNewLeader = 10,          ///< Leader: `zxid` is epoch<<32; configuration text. Then ACK.
  kFollowerInfo = 11,       ///< Learner's first: `zxid` is acceptedEpoch<<32. LearnerInfo.
  kUpToDate = 12,           ///< Leader: start to serve.
  kDiff = 13,               ///< Leader: txns follow that lead up to `zxid`.
  kTrunc = 14,              ///< Leader: cut the log back to `zxid`.
  kSnap = 15,               ///< Leader: a snapshot follows, outside any packet.
  kObserverInfo = 16,       ///< As kFollowerInfo, of an observer.
  kLeaderInfo = 17,         ///< Leader: `zxid` is newEpoch<<32. LeaderInfo.
  kAckEpoch = 18,           ///< Learner: `zxid` is its last logged one. AckEpoch.
  kInformAndActivate = 19,  ///< As kInform, of a reconfig. Activation.
};

/// A still encoded vector<Id>: who the author of a request is. Borrows. `encoded` starts at the
/// count and its lengths are checked; empty: null on the wire.
struct IdList {
  std::string_view encoded;
  friend bool operator==(const IdList&, const IdList&) = default;
};
[[nodiscard]] std::vector<Id> decode_ids(IdList list);
[[nodiscard]] std::string encode_ids(const std::vector<Id>& ids);

/// int type, long zxid, buffer data (-1 null), vector<Id> authinfo (-1 null). There is no frame
/// around it: the quorum port is one stream of these.
struct QuorumPacket {
  QuorumPacketType type = QuorumPacketType::kPing;
  Zxid zxid;
  NullableBytes data;  ///< Borrowed.
  IdList authors;      ///< Borrowed. kRequest; null for createSession and closeSession.
  friend bool operator==(const QuorumPacket&, const QuorumPacket&) = default;
};
/// Of a packet with null data and null authors.
inline constexpr size_t kQuorumPacketBytesMin = 20;

/// What the first bytes of a stream hold.
enum class ReadOutcome : uint8_t {
  kWhole,      ///< One message; `size` bytes are its own.
  kNeedsMore,  ///< No decision before there are `size` bytes.
  kMalformed,  ///< Nothing that a peer may send: close the connection.
};
struct QuorumPacketRead {
  ReadOutcome outcome = ReadOutcome::kMalformed;
  size_t size = 0;
  QuorumPacket packet;  ///< kWhole only; borrows from the stream.
};
/// Reads the packet at the beginning of `stream`. A packet of more than `packet_bytes_max` bytes,
/// an unknown type and an impossible length are malformed, as soon as they can be seen.
[[nodiscard]] QuorumPacketRead read_quorum_packet(std::string_view stream, size_t packet_bytes_max);

void encode(const QuorumPacket& packet, std::string& to);

/// Writes a packet whose data is written in place: begin_quorum_packet(), the data, then
/// end_quorum_packet() with what the first returned.
[[nodiscard]] size_t begin_quorum_packet(Writer& writer, QuorumPacketType type, Zxid zxid);
void end_quorum_packet(Writer& writer, size_t start, IdList authors = {});

// ---- Bodies -----------------------------------------------------------------------------------

/// REQUEST: long session, int cxid, int opcode, then the request's own body.
struct ForwardedRequest {
  SessionId session;
  int32_t cxid = 0;
  OpCode op = OpCode::kError;
  std::string_view body;
  friend bool operator==(const ForwardedRequest&, const ForwardedRequest&) = default;
};
/// Nothing if shorter than its fixed part. The body is not looked at: use decode_request().
[[nodiscard]] std::optional<ForwardedRequest> decode_forwarded_request(NullableBytes data);
void write(Writer& writer, const ForwardedRequest& request);

/// A session that its client has used, and its timeout.
struct SessionTouch {
  SessionId session;
  int32_t timeout_ms = 0;
  friend bool operator==(const SessionTouch&, const SessionTouch&) = default;
};
inline constexpr size_t kSessionTouchBytes = 12;
/// A follower's answer to PING: (long session, int timeout)*. Borrows.
class SessionTouches {
 public:
  /// Nothing for a null buffer or one that ends within an entry.
  [[nodiscard]] static std::optional<SessionTouches> decode(NullableBytes data);
  [[nodiscard]] size_t count() const { return encoded_.size() / kSessionTouchBytes; }
  [[nodiscard]] SessionTouch at(size_t index) const;

 private:
  explicit SessionTouches(std::string_view encoded) : encoded_(encoded) {}
  std::string_view encoded_;
};
/// Appends one entry.
void write(Writer& writer, const SessionTouch& touch);

/// REVALIDATE to the leader: SessionTouch. Back: long session, bool valid.
[[nodiscard]] std::optional<SessionTouch> decode_revalidate_request(NullableBytes data);
struct RevalidateResponse {
  SessionId session;
  bool valid = false;
  friend bool operator==(const RevalidateResponse&, const RevalidateResponse&) = default;
};
[[nodiscard]] std::optional<RevalidateResponse> decode_revalidate_response(NullableBytes data);
void write(Writer& writer, const RevalidateResponse& response);

/// COMMITANDACTIVATE and INFORMANDACTIVATE: long designated leader, then (the latter) the txn.
struct Activation {
  ServerId designated_leader;
  std::string_view txn;  ///< kInformAndActivate only: as in kProposal.
  friend bool operator==(const Activation&, const Activation&) = default;
};
[[nodiscard]] std::optional<Activation> decode_activation(NullableBytes data);
void write(Writer& writer, const Activation& activation);

}  // namespace quorate::wire
