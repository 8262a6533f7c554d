// Who a leader and a learner say they are: LearnerInfo, LEADERINFO and ACKEPOCH.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/ids.h"
#include "server/wire/jute.h"

namespace quorate::wire {

/// The protocol that knows epochs (ZAB 1.0), in LearnerInfo and LEADERINFO.
inline constexpr int32_t kQuorumProtocolVersion = 0x10000;

/// FOLLOWERINFO and OBSERVERINFO: long sid, int protocolVersion, long configVersion. Old peers send
/// only the first, or the first two; what follows the third Apache ignores, so that ours put a
/// PeerExtension there.
struct LearnerInfo {
  ServerId sid;
  int32_t protocol_version = 0;  ///< 0: of a peer that did not say.
  ConfigVersion config_version;  ///< 0: of a peer that did not say.
  std::string_view extension;    ///< Borrowed; see decode_peer_extension().
  friend bool operator==(const LearnerInfo&, const LearnerInfo&) = default;
};
/// Nothing if there is not even a sid.
[[nodiscard]] std::optional<LearnerInfo> decode_learner_info(NullableBytes data);
void write(Writer& writer, const LearnerInfo& info);

/// LEADERINFO: int protocolVersion; then, ignored by Apache, a PeerExtension.
struct LeaderInfo {
  int32_t protocol_version = kQuorumProtocolVersion;
  std::string_view extension;  ///< Borrowed.
  friend bool operator==(const LeaderInfo&, const LeaderInfo&) = default;
};
[[nodiscard]] std::optional<LeaderInfo> decode_leader_info(NullableBytes data);
void write(Writer& writer, const LeaderInfo& info);

/// ACKEPOCH: int currentEpoch, or -1 from a learner that had accepted this epoch before, whose
/// vote for it must not be counted again.
struct AckEpoch {
  std::optional<Epoch> current_epoch;
  friend bool operator==(const AckEpoch&, const AckEpoch&) = default;
};
[[nodiscard]] std::optional<AckEpoch> decode_ack_epoch(NullableBytes data);
void write(Writer& writer, const AckEpoch& ack);

}  // namespace quorate::wire
