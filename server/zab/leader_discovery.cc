// The leader: a quorum tells which epochs it has accepted, then accepts a new one.
#include <algorithm>
#include <tuple>

#include "server/base/assert.h"
#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/zab/leader.h"
#include "server/zab/leader_quorum.h"

namespace quorate::zab {
namespace {

using wire::QuorumPacketType;

/// Epochs are 32 bits of a zxid; a peer that claims one near the end would leave none for others.
constexpr int64_t kEpochMax = int64_t{0x7FFFFFFF} - 0x10000;

}  // namespace

void Leader::take_info(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions) {
  const LinkId link = learner.link;
  if (packet.type != QuorumPacketType::kFollowerInfo &&
      packet.type != QuorumPacketType::kObserverInfo) {
    close(link, CloseReason::kUnexpected, actions);
    return;
  }
  const std::optional<wire::LearnerInfo> info = wire::decode_learner_info(packet.data);
  const int64_t accepted = packet.zxid.epoch();
  if (!info || accepted < 0 || accepted > kEpochMax || info->sid == options_.self) {
    close(link, CloseReason::kMalformed, actions);
    return;
  }
  if (info->protocol_version < wire::kQuorumProtocolVersion) {
    close(link, CloseReason::kOldProtocol, actions);
    return;
  }
  const std::optional<wire::PeerExtension> extension = wire::decode_peer_extension(info->extension);
  const bool is_stranger = extension && !extension->ensemble_id.empty() &&
                           !options_.ensemble_id.empty() &&
                           extension->ensemble_id != options_.ensemble_id;
  if (is_stranger) {
    close(link, CloseReason::kWrongEnsemble, actions);
    return;
  }
  if (info->config_version > committed_.version) {
    close(link, CloseReason::kConfigurationAhead, actions);
    return;
  }
  if (phase_ != LeaderPhase::kDiscovery && Epoch{accepted} > epoch_) {
    close(link, CloseReason::kLearnerAhead, actions);
    return;
  }
  learner.server = info->sid;
  learner.is_observer = packet.type == QuorumPacketType::kObserverInfo;
  learner.is_quorate = extension.has_value();
  learner.accepted = Epoch{accepted};
  learner.stage = Stage::kIntroduced;
  const auto former = std::ranges::find_if(learners_, [&](const Learner& other) {
    return other.link != link && other.stage > Stage::kNew && other.server == info->sid;
  });
  if (former != learners_.end()) {
    close(former->link, CloseReason::kReplaced, actions);
  }
  if (phase_ == LeaderPhase::kDiscovery) {
    check_discovery(actions);
  } else if (accepted_ == epoch_) {
    invite(*find(link), actions);
  }
}

/// The new epoch is greater than all that those who came have accepted, observers included.
void Leader::check_discovery(LeaderActions& actions) {
  const bool is_quorum =
      is_quorum_of([](const Learner& learner) { return learner.stage == Stage::kIntroduced; });
  if (phase_ != LeaderPhase::kDiscovery || !is_quorum) {
    return;
  }
  Epoch highest = accepted_;
  for (const Learner& learner : learners_) {
    highest = std::max(highest, learner.accepted);
  }
  epoch_ = Epoch{highest.value + 1};
  phase_ = LeaderPhase::kEpoch;
  phase_deadline_ = now_ + options_.timing.init_limit();
  actions.save_epochs = {.accepted = epoch_, .current = current_};
  if (committed_.version == ConfigVersion{0} && last_seen_.version == ConfigVersion{0}) {
    // A first configuration becomes better than any that was never agreed upon.
    last_seen_.version = ConfigVersion{epoch_begin().value};
    actions.last_seen = last_seen_;
  }
}

void Leader::invite(Learner& learner, LeaderActions& actions) {
  QR_ASSERT(accepted_ == epoch_);
  std::string info;
  wire::Writer writer(info);
  write(writer, wire::LeaderInfo{.extension = options_.extension});
  learner.stage = Stage::kInvited;
  learner.heard_at = now_;
  send_packet(learner, {.type = QuorumPacketType::kLeaderInfo, .zxid = epoch_begin(), .data = info},
              actions);
}

void Leader::take_ack_epoch(Learner& learner, const wire::QuorumPacket& packet,
                            LeaderActions& actions) {
  const std::optional<wire::AckEpoch> ack = wire::decode_ack_epoch(packet.data);
  if (packet.type != QuorumPacketType::kAckEpoch || !ack) {
    close(learner.link, CloseReason::kUnexpected, actions);
    return;
  }
  if (packet.zxid < Zxid{0}) {
    close(learner.link, CloseReason::kMalformed, actions);
    return;
  }
  const bool is_ahead = ack->current_epoch && std::tuple(*ack->current_epoch, packet.zxid) >
                                                  std::tuple(own_current_before_, history_.last());
  if (phase_ == LeaderPhase::kEpoch && is_ahead) {
    close(learner.link, CloseReason::kLearnerAhead, actions);
    return;
  }
  if (phase_ == LeaderPhase::kEpoch && !learner.is_observer &&
      witness_.contradicts(learner.server, learner.accepted, packet.zxid)) {
    close(learner.link, CloseReason::kOlderDisk, actions);
    return;
  }
  learner.last_zxid = packet.zxid;
  learner.counts_for_epoch = ack->current_epoch.has_value();
  learner.stage = Stage::kAccepted;
  if (phase_ == LeaderPhase::kEpoch) {
    check_epoch(actions);
  } else {
    start_sync(learner, std::nullopt, actions);
  }
}

void Leader::check_epoch(LeaderActions& actions) {
  const bool is_quorum = is_quorum_of([](const Learner& learner) {
    return learner.stage == Stage::kAccepted && learner.counts_for_epoch;
  });
  if (phase_ != LeaderPhase::kEpoch || accepted_ != epoch_ || !is_quorum) {
    return;
  }
  phase_ = LeaderPhase::kSynchronisation;
  phase_deadline_ = now_ + options_.timing.init_limit();
  actions.save_epochs = {.accepted = epoch_, .current = epoch_};
  for (Learner& learner : learners_) {
    if (learner.stage == Stage::kAccepted) {
      start_sync(learner, std::nullopt, actions);
    }
  }
}

}  // namespace quorate::zab
