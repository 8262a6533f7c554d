// The learner: from LEADERINFO to UPTODATE.
#include <algorithm>

#include "server/base/assert.h"
#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/zab/learner.h"

namespace quorate::zab {

using wire::QuorumPacketType;

void Learner::take_leader_info(const wire::QuorumPacket& packet, LearnerActions& actions) {
  const std::optional<wire::LeaderInfo> info = wire::decode_leader_info(packet.data);
  if (packet.type != QuorumPacketType::kLeaderInfo || !info) {
    give_up(CloseReason::kUnexpected, actions);
    return;
  }
  const std::optional<wire::PeerExtension> extension = wire::decode_peer_extension(info->extension);
  leader_is_quorate_ = extension.has_value();
  leader_is_java_ = !leader_is_quorate_;
  const bool is_stranger = extension && !extension->ensemble_id.empty() &&
                           !options_.ensemble_id.empty() &&
                           extension->ensemble_id != options_.ensemble_id;
  if (is_stranger) {
    give_up(CloseReason::kWrongEnsemble, actions);
    return;
  }
  epoch_ = Epoch{packet.zxid.epoch()};
  if (epoch_ < disk_.accepted) {
    give_up(CloseReason::kLeaderBehind, actions);
    return;
  }
  if (epoch_ == disk_.accepted) {
    had_accepted_ = true;
    send_ack_epoch(actions);
    return;
  }
  phase_ = LearnerPhase::kAccepting;
  actions.save_epochs = {.accepted = epoch_, .current = disk_.current};
}

void Learner::send_ack_epoch(LearnerActions& actions) {
  phase_ = LearnerPhase::kWaiting;
  wire::AckEpoch ack;
  if (!had_accepted_) {
    ack.current_epoch = disk_.current;
  }
  std::string data;
  wire::Writer writer(data);
  write(writer, ack);
  send({.type = QuorumPacketType::kAckEpoch, .zxid = history_.last(), .data = data}, actions);
}

void Learner::take_sync_packet(const wire::QuorumPacket& packet, LearnerActions& actions) {
  switch (packet.type) {
    case QuorumPacketType::kDiff:
      // The leader has everything that this member has.
      sync_method_ = SyncMethod::kDiff;
      commit_target_ = history_.last();
      break;
    case QuorumPacketType::kPing:
      return;  // Another learner's snapshot comes first.
    case QuorumPacketType::kTrunc:
      start_truncation(packet.zxid, actions);
      return;
    case QuorumPacketType::kSnap:
      if (packet.zxid < Zxid{0}) {
        give_up(CloseReason::kMalformed, actions);
        return;
      }
      sync_method_ = SyncMethod::kSnap;
      is_installing_ = true;
      history_.restart(packet.zxid);
      synced_ = commit_target_ = packet.zxid;
      actions.receive_snapshot = packet.zxid;
      break;
    default:
      give_up(CloseReason::kUnexpected, actions);
      return;
  }
  phase_ = LearnerPhase::kSyncing;
}

void Learner::start_truncation(Zxid zxid, LearnerActions& actions) {
  if (zxid > history_.last() || zxid < Zxid{0}) {
    give_up(CloseReason::kCannotTruncate, actions);
    return;
  }
  sync_method_ = SyncMethod::kTrunc;
  phase_ = LearnerPhase::kSyncing;
  is_truncating_ = true;
  truncation_target_ = synced_ = commit_target_ = zxid;
  actions.truncate = zxid;
  if (history_.truncate(zxid) != zxid) {
    // Not in this member's history. The log is cut all the same, and the next sync starts there.
    give_up(CloseReason::kCannotTruncate, actions);
  }
}

void Learner::take_new_leader(const wire::QuorumPacket& packet, LearnerActions& actions) {
  const bool is_in_place = phase_ == LearnerPhase::kSyncing;
  if (!is_in_place || packet.zxid != Zxid{epoch_.value << 32}) {
    give_up(CloseReason::kUnexpected, actions);
    return;
  }
  if (packet.data && packet.data->size() > 1) {
    quorum::ParsedConfiguration parsed = quorum::parse_configuration(*packet.data);
    if (!parsed.ok()) {
      give_up(CloseReason::kMalformed, actions);
      return;
    }
    const bool is_newest =
        !pending_ || parsed.configuration.version >= ConfigVersion{pending_->zxid.value};
    if (is_newest) {
      actions.last_seen = parsed.configuration;
    }
    new_leader_configuration_ = std::move(parsed.configuration);
  }
  phase_ = LearnerPhase::kSettling;
  settle_target_ = history_.last();
  unacked_after_ = commit_target_;
  check_settled(actions);
}

/// Once the history up to NEWLEADER is durable, the epoch that it belongs to may be.
void Learner::check_settled(LearnerActions& actions) {
  const bool is_durable = !is_truncating_ && !is_installing_ && synced_ >= settle_target_;
  if (phase_ != LearnerPhase::kSettling || !is_durable || is_saving_epochs_) {
    return;
  }
  is_saving_epochs_ = true;
  actions.save_epochs = {.accepted = epoch_, .current = epoch_};
}

void Learner::take_up_to_date(LearnerActions& actions) {
  if (phase_ != LearnerPhase::kAcked) {
    give_up(CloseReason::kUnexpected, actions);
    return;
  }
  phase_ = LearnerPhase::kBroadcast;
  send({.type = QuorumPacketType::kAck, .zxid = Zxid{epoch_.value << 32}}, actions);
  history_.commit(commit_target_);
  actions.committed = commit_target_;
  actions.up_to_date = epoch_;
  if (new_leader_configuration_) {
    actions.activated =
        Activated{*new_leader_configuration_, Zxid{epoch_.value << 32}, options_.leader};
  }
  // Apache's leader times everything that it has sent since NEWLEADER, committed or not.
  acked_ = unacked_after_;
  send_acks(actions);
}

}  // namespace quorate::zab
