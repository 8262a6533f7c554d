// The learner: events, durability, time.
#include "server/zab/learner.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/wire/learner_info.h"

namespace quorate::zab {

using wire::QuorumPacketType;

Learner::Learner(LearnerOptions options, LearnerStart start, History& history, TimePoint now)
    : options_(std::move(options)),
      disk_(start),
      history_(history),
      synced_(history.last()),
      commit_target_(history.committed()),
      now_(now),
      heard_at_(now) {
  QR_ASSERT(disk_.current <= disk_.accepted);
}

void Learner::step(const LearnerEvent& event, TimePoint now, LearnerActions& actions) {
  if (phase_ == LearnerPhase::kOver) {
    return;
  }
  now_ = now;
  std::visit([&](const auto& each) { handle(each, actions); }, event);
}

void Learner::give_up(CloseReason reason, LearnerActions& actions) {
  phase_ = LearnerPhase::kOver;
  actions.gave_up = reason;
}

void Learner::send(const wire::QuorumPacket& packet, LearnerActions& actions) const {
  wire::encode(packet, actions.bytes);
}

// ---- The connection ---------------------------------------------------------------------------

void Learner::handle(const LeaderConnected&, LearnerActions& actions) {
  QR_ASSERT(phase_ == LearnerPhase::kConnecting);
  heard_at_ = now_;
  phase_ = LearnerPhase::kDiscovery;
  std::string info;
  wire::Writer writer(info);
  write(writer, wire::LearnerInfo{.sid = options_.self,
                                  .protocol_version = wire::kQuorumProtocolVersion,
                                  .config_version = disk_.config_version,
                                  .extension = options_.extension});
  send({.type = options_.is_observer ? QuorumPacketType::kObserverInfo
                                     : QuorumPacketType::kFollowerInfo,
        .zxid = Zxid{disk_.accepted.value << 32},
        .data = info},
       actions);
}

void Learner::handle(const LeaderLost&, LearnerActions& actions) {
  give_up(CloseReason::kLinkLost, actions);
}

void Learner::handle(const LeaderPacket& event, LearnerActions& actions) {
  heard_at_ = now_;
  switch (phase_) {
    case LearnerPhase::kDiscovery:
      take_leader_info(event.packet, actions);
      return;
    case LearnerPhase::kWaiting:
      take_sync_packet(event.packet, actions);
      return;
    case LearnerPhase::kSyncing:
    case LearnerPhase::kSettling:
    case LearnerPhase::kAcked:
    case LearnerPhase::kBroadcast:
      take_stream_packet(event.packet, actions);
      return;
    case LearnerPhase::kConnecting:
    case LearnerPhase::kAccepting:
    case LearnerPhase::kOver:
      break;
  }
  give_up(CloseReason::kUnexpected, actions);
}

// ---- Durability -------------------------------------------------------------------------------

void Learner::handle(const EpochsSaved& event, LearnerActions& actions) {
  disk_.accepted = std::max(disk_.accepted, event.accepted);
  disk_.current = std::max(disk_.current, event.current);
  heard_at_ = now_;
  if (phase_ == LearnerPhase::kAccepting && disk_.accepted == epoch_) {
    send_ack_epoch(actions);
  } else if (phase_ == LearnerPhase::kSettling && disk_.current == epoch_) {
    phase_ = LearnerPhase::kAcked;
    send({.type = QuorumPacketType::kAck, .zxid = Zxid{epoch_.value << 32}}, actions);
  }
}

void Learner::handle(const LogSynced& event, LearnerActions& actions) {
  QR_ASSERT(event.zxid <= history_.last());
  synced_ = std::max(synced_, event.zxid);
  heard_at_ = phase_ == LearnerPhase::kSettling ? now_ : heard_at_;
  check_settled(actions);
  send_acks(actions);
}

void Learner::handle(const LogTruncated& event, LearnerActions& actions) {
  QR_ASSERT(is_truncating_);
  is_truncating_ = false;
  if (event.last != truncation_target_) {
    // The leader's history has a transaction here that this one never had; what is left of it is
    // where the next sync starts.
    history_.truncate(event.last);
    give_up(CloseReason::kCannotTruncate, actions);
    return;
  }
  check_settled(actions);
}

void Learner::handle(const SnapshotArriving&, LearnerActions&) { heard_at_ = now_; }

void Learner::handle(const SnapshotInstalled& event, LearnerActions& actions) {
  QR_ASSERT(is_installing_);
  is_installing_ = false;
  heard_at_ = now_;
  if (!event.succeeded) {
    give_up(CloseReason::kSnapshotFailed, actions);
    return;
  }
  check_settled(actions);
}

// ---- Clients ----------------------------------------------------------------------------------

void Learner::handle(const SessionTouched& event, LearnerActions&) {
  touched_[event.session.session] = event.session.timeout_ms;
}

void Learner::handle(const Forward& event, LearnerActions& actions) {
  QR_ASSERT(is_up_to_date());
  std::string data;
  wire::Writer writer(data);
  write(writer, event.request);
  send({.type = QuorumPacketType::kRequest,
        .zxid = Zxid{-1},
        .data = data,
        .authors = event.authors},
       actions);
}

void Learner::handle(const AskRevalidation& event, LearnerActions& actions) {
  QR_ASSERT(is_up_to_date());
  std::string data;
  wire::Writer writer(data);
  write(writer, event.session);
  send({.type = QuorumPacketType::kRevalidate, .zxid = Zxid{-1}, .data = data}, actions);
}

// ---- Time -------------------------------------------------------------------------------------

/// How long the leader may be silent.
Duration Learner::patience() const {
  switch (phase_) {
    case LearnerPhase::kConnecting:
      return options_.timing.connect_limit();
    case LearnerPhase::kDiscovery:
    case LearnerPhase::kAccepting:
    case LearnerPhase::kWaiting:
    case LearnerPhase::kSyncing:
    case LearnerPhase::kSettling:
      return options_.timing.init_limit();
    case LearnerPhase::kAcked:
      return options_.timing.sync_limit();
    case LearnerPhase::kBroadcast:
    case LearnerPhase::kOver:
      break;
  }
  return options_.timing.silence_limit(leader_is_quorate_);
}

std::optional<TimePoint> Learner::next_deadline() const {
  if (phase_ == LearnerPhase::kOver) {
    return std::nullopt;
  }
  return heard_at_ + patience();
}

void Learner::handle(const LearnerDeadline&, LearnerActions& actions) {
  if (now_ < heard_at_ + patience()) {
    return;
  }
  const bool is_syncing = phase_ > LearnerPhase::kConnecting && phase_ <= LearnerPhase::kSettling;
  give_up(is_syncing ? CloseReason::kTooSlowToSync : CloseReason::kSilent, actions);
}

}  // namespace quorate::zab
