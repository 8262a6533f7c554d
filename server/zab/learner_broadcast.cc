// The learner: transactions, commits, and what the leader answers.
#include <string>
#include <utility>
#include <variant>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/wire/txn.h"
#include "server/zab/learner.h"

namespace quorate::zab {

using wire::QuorumPacketType;

void Learner::take_stream_packet(const wire::QuorumPacket& packet, LearnerActions& actions) {
  switch (packet.type) {
    case QuorumPacketType::kProposal:
      take_txn(packet.zxid, packet.data.value_or(std::string_view()), actions);
      return;
    case QuorumPacketType::kCommit:
      take_commit(packet.zxid, actions);
      return;
    case QuorumPacketType::kInform:
      if (take_txn(packet.zxid, packet.data.value_or(std::string_view()), actions)) {
        take_commit(packet.zxid, actions);
      }
      return;
    case QuorumPacketType::kCommitAndActivate:
    case QuorumPacketType::kInformAndActivate:
      take_activation(packet, actions);
      return;
    case QuorumPacketType::kNewLeader:
      take_new_leader(packet, actions);
      return;
    case QuorumPacketType::kUpToDate:
      take_up_to_date(actions);
      return;
    case QuorumPacketType::kPing:
      answer_ping(packet, actions);
      return;
    case QuorumPacketType::kRevalidate:
    case QuorumPacketType::kSync:
      take_answer(packet, actions);
      return;
    case QuorumPacketType::kRequest:
    case QuorumPacketType::kAck:
    case QuorumPacketType::kFollowerInfo:
    case QuorumPacketType::kDiff:
    case QuorumPacketType::kTrunc:
    case QuorumPacketType::kSnap:
    case QuorumPacketType::kObserverInfo:
    case QuorumPacketType::kLeaderInfo:
    case QuorumPacketType::kAckEpoch:
      break;
  }
  give_up(CloseReason::kUnexpected, actions);
}

/// Logs a transaction that follows the last one. False if it gave up instead.
bool Learner::take_txn(Zxid zxid, std::string_view txn, LearnerActions& actions) {
  if (!is_continuous(history_.last(), zxid)) {
    give_up(CloseReason::kGap, actions);
    return false;
  }
  const std::optional<wire::TxnRecord> record = wire::decode_txn(txn);
  if (!record || record->header.zxid != zxid || Epoch{zxid.epoch()} > epoch_) {
    give_up(CloseReason::kMalformed, actions);
    return false;
  }
  if (record->header.type == wire::OpCode::kReconfig) {
    const auto* const set_data = std::get_if<wire::SetDataTxn>(&record->txn);
    if (set_data == nullptr) {
      give_up(CloseReason::kMalformed, actions);
      return false;
    }
    quorum::ParsedConfiguration parsed =
        quorum::parse_configuration(set_data->data.value_or(std::string_view()));
    if (!parsed.ok()) {
      give_up(CloseReason::kMalformed, actions);
      return false;
    }
    pending_ = SeenConfiguration{zxid, parsed.configuration};
    actions.last_seen = std::move(parsed.configuration);
  }
  history_.append(zxid, std::string(txn));
  actions.appends.push_back(zxid);
  return true;
}

/// Only the oldest transaction that is not committed may be; a Quorate leader names the last of
/// several. False if it gave up instead.
bool Learner::take_commit(Zxid zxid, LearnerActions& actions) {
  const size_t index = history_.index_after(commit_target_);
  const bool is_next = index < history_.size() && history_[index].zxid == zxid;
  const bool is_ahead =
      leader_is_quorate_ && zxid > commit_target_ && history_.find(zxid) != nullptr;
  if (!is_next && !is_ahead) {
    give_up(CloseReason::kCommitOutOfOrder, actions);
    return false;
  }
  commit_target_ = zxid;
  if (is_up_to_date()) {
    history_.commit(zxid);
    actions.committed = zxid;
  }
  return true;
}

void Learner::take_activation(const wire::QuorumPacket& packet, LearnerActions& actions) {
  const std::optional<wire::Activation> activation = wire::decode_activation(packet.data);
  if (!activation) {
    give_up(CloseReason::kMalformed, actions);
    return;
  }
  if (packet.type == QuorumPacketType::kInformAndActivate &&
      !take_txn(packet.zxid, activation->txn, actions)) {
    return;
  }
  if (!take_commit(packet.zxid, actions)) {
    return;
  }
  if (!pending_ || pending_->zxid != packet.zxid) {
    give_up(CloseReason::kUnexpected, actions);
    return;
  }
  const quorum::Configuration& next = pending_->configuration;
  const bool observes = next.contains(options_.self) && !next.is_voter(options_.self);
  // As the leader sees it: sent as a proposal to one that is up to date.
  if (is_candidate() && is_up_to_date() && packet.type == QuorumPacketType::kCommitAndActivate) {
    options_.is_observer = false;
    actions.promoted = true;
  }
  const bool moves_on =
      activation->designated_leader != options_.leader || observes != options_.is_observer;
  if (is_up_to_date()) {
    actions.activated = Activated{next, packet.zxid, activation->designated_leader};
  } else {
    new_leader_configuration_ = next;
  }
  pending_.reset();
  if (moves_on) {
    // Another leader, or another part in this one's reign: both begin with a sync.
    give_up(CloseReason::kReconfigured, actions);
  }
}

/// Before NEWLEADER is acknowledged Apache's leader takes any other packet for an error.
void Learner::answer_ping(const wire::QuorumPacket& packet, LearnerActions& actions) {
  if (phase_ != LearnerPhase::kAcked && phase_ != LearnerPhase::kBroadcast) {
    return;
  }
  if (is_up_to_date() && packet.data) {
    take_ping_data(*packet.data, actions);
  }
  std::string data;
  wire::Writer writer(data);
  for (const auto& [session, timeout_ms] : touched_) {
    write(writer, wire::SessionTouch{.session = session, .timeout_ms = timeout_ms});
  }
  touched_.clear();
  send({.type = QuorumPacketType::kPing, .zxid = packet.zxid, .data = data}, actions);
}

/// Quorate's leaders send some: who is to lead next, or what is on the members' disks.
void Learner::take_ping_data(std::string_view data, LearnerActions& actions) {
  if (data.size() == sizeof(int64_t)) {
    actions.successor = ServerId{load_big_endian<int64_t>(data.data())};
    return;
  }
  if (auto disks = wire::decode_witnessed_disks(data)) {
    actions.witnessed = std::move(*disks);
  }
}

void Learner::take_answer(const wire::QuorumPacket& packet, LearnerActions& actions) {
  if (!is_up_to_date()) {
    give_up(CloseReason::kUnexpected, actions);
    return;
  }
  if (packet.type == QuorumPacketType::kSync) {
    ++actions.syncs_done;
    return;
  }
  const std::optional<wire::RevalidateResponse> response =
      wire::decode_revalidate_response(packet.data);
  if (!response) {
    give_up(CloseReason::kMalformed, actions);
    return;
  }
  actions.revalidated.push_back(*response);
}

/// An observer whom the reconfiguration in flight makes a voter: without it there may be no quorum.
bool Learner::is_candidate() const {
  return options_.is_observer && leader_is_quorate_ && pending_ &&
         pending_->configuration.is_voter(options_.self);
}

/// Each transaction on its own, as Apache's leader wants it; Quorate's is content with the last. An
/// observer's mean nothing.
void Learner::send_acks(LearnerActions& actions) {
  if (!is_up_to_date() || (options_.is_observer && !is_candidate())) {
    return;
  }
  while (acked_ < synced_) {
    acked_ = leader_is_quorate_ ? synced_ : following(acked_, synced_);
    send({.type = QuorumPacketType::kAck, .zxid = acked_}, actions);
  }
}

}  // namespace quorate::zab
