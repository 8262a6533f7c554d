// The leader: acknowledgements, commits, and what learners ask for.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/quorum/reconfigure.h"
#include "server/zab/leader.h"

namespace quorate::zab {
namespace {

using wire::QuorumPacketType;

/// The epoch ends before its zxids do. Source: ZooKeeper 3.9 Leader.propose.
constexpr uint32_t kCounterMax = 0xFFFFFFFE;

}  // namespace

Zxid Leader::next_zxid() const {
  QR_ASSERT(is_established());
  return std::max(history_.last(), epoch_begin()).next();
}

void Leader::handle(const Proposed& event, LeaderActions& actions) {
  QR_ASSERT(event.zxid == next_zxid());
  history_.append(event.zxid, event.txn);
  if (event.next) {
    QR_ASSERT(!pending_);
    QR_ASSERT(event.next->version == ConfigVersion{event.zxid.value});
    pending_ = Reconfiguration{event.zxid, *event.next};
    last_seen_ = *event.next;
    actions.last_seen = last_seen_;
    enlist_candidates();
    set_majority();
  }
  feed_all(actions);
  if (event.zxid.counter() >= kCounterMax) {
    step_down(StepDownReason::kZxidsExhausted, actions);
  }
}

void Leader::take_broadcast_packet(Learner& learner, const wire::QuorumPacket& packet,
                                   LeaderActions& actions) {
  const bool is_client_traffic =
      packet.type == QuorumPacketType::kRequest || packet.type == QuorumPacketType::kRevalidate;
  if (packet.type == QuorumPacketType::kAck) {
    take_ack(learner, packet.zxid, actions);
    return;
  }
  if (packet.type == QuorumPacketType::kPing) {
    if (!take_pong(learner, packet, actions)) {
      close(learner.link, CloseReason::kMalformed, actions);
    }
    return;
  }
  if (!is_client_traffic || learner.stage != Stage::kUpToDate) {
    close(learner.link, CloseReason::kUnexpected, actions);
    return;
  }
  if (packet.type == QuorumPacketType::kRevalidate) {
    const std::optional<wire::SessionTouch> session = wire::decode_revalidate_request(packet.data);
    if (!session) {
      close(learner.link, CloseReason::kMalformed, actions);
      return;
    }
    actions.revalidations.push_back({learner.link, *session});
    return;
  }
  const std::optional<wire::ForwardedRequest> request = wire::decode_forwarded_request(packet.data);
  if (!request) {
    close(learner.link, CloseReason::kMalformed, actions);
    return;
  }
  actions.requests.push_back({.link = learner.link,
                              .from = learner.server,
                              .request = *request,
                              .authors = packet.authors});
}

bool Leader::take_pong(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions) {
  const std::optional<wire::SessionTouches> touches = wire::SessionTouches::decode(packet.data);
  if (!touches) {
    return false;
  }
  for (size_t index = 0; index < touches->count(); ++index) {
    actions.touches.push_back(touches->at(index));
  }
  remember(learner);
  return true;
}

/// An acknowledgement of a transaction may come before that of NEWLEADER (ZOOKEEPER-4685); it
/// counts from then on.
void Leader::take_ack(Learner& learner, Zxid zxid, LeaderActions& actions) {
  if (zxid == epoch_begin() && learner.stage == Stage::kNewLeader) {
    take_new_leader_ack(learner, actions);
    return;
  }
  if (zxid.counter() == 0) {
    return;  // The second one of NEWLEADER.
  }
  if (zxid > learner.sent) {
    close(learner.link, CloseReason::kUnexpected, actions);
    return;
  }
  learner.durable = std::max(learner.durable, zxid);
  if (zxid > learner.acked) {
    learner.acked = zxid;
    learner.acked_at = now_;
  }
  if (learner.stage == Stage::kUpToDate && counts(learner)) {
    acks_.record(learner.server, learner.acked);
    try_commit(actions);
  }
}

/// Commits what a quorum has. A reconfiguration ends one way of counting: what is behind it is
/// counted anew.
void Leader::try_commit(LeaderActions& actions) {
  while (is_established()) {
    Zxid zxid = std::min(acks_.quorum_zxid(), history_.last());
    const bool is_reconfiguration = pending_ && zxid >= pending_->zxid;
    if (is_reconfiguration) {
      zxid = pending_->zxid;
    }
    if (zxid <= history_.committed()) {
      return;
    }
    history_.commit(zxid);
    actions.committed = zxid;
    if (is_reconfiguration) {
      activate(zxid, actions);
      continue;
    }
    feed_all(actions);
  }
}

/// The quorum of the next configuration may need them from now on: nothing is held against them
/// that was before.
void Leader::enlist_candidates() {
  for (Learner& learner : learners_) {
    if (is_candidate(learner)) {
      learner.acked_at = now_;
      remember(learner);
    }
  }
}

/// Who has been sent the reconfiguration as a proposal and is up to date goes on as a follower.
/// Others connect again as one.
void Leader::promote_candidates() {
  for (Learner& learner : learners_) {
    const bool is_in_stream = is_candidate(learner) && learner.sent >= pending_->zxid;
    if (is_in_stream && learner.stage == Stage::kUpToDate) {
      learner.is_observer = false;
    }
  }
}

void Leader::activate(Zxid zxid, LeaderActions& actions) {
  const ServerId designated =
      quorum::designated_leader(options_.self, committed_, pending_->next, zxid, acks_)
          .value_or(options_.self);
  promote_candidates();
  activations_[zxid] = {.designated = designated, .before = std::move(committed_)};
  committed_ = std::move(pending_->next);
  pending_.reset();
  actions.activated = Activated{committed_, zxid, designated};
  feed_all(actions);
  if (designated != options_.self) {
    step_down(StepDownReason::kReconfigured, actions);
    return;
  }
  set_majority();
}

/// The voters that count may be others now; what they have acknowledged is known by learner.
void Leader::set_majority() {
  acks_.set_majority(quorum::majority_of(committed_, last_seen_));
  acks_.record(options_.self, own_synced_);
  for (const Learner& learner : learners_) {
    if (learner.stage == Stage::kUpToDate && counts(learner)) {
      acks_.record(learner.server, learner.acked);
    }
  }
}

/// Behind what is committed, however slowly the learner takes that: it must have seen the move of
/// the session, and what its former member had asked for, before the client goes on.
void Leader::handle(const SessionRevalidated& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr) {
    return;
  }
  owe(*learner,
      {.zxid = history_.committed(),
       .session = wire::RevalidateResponse{event.session, event.is_valid}},
      actions);
}

/// A sync that waits for more than is committed does not keep a session waiting.
void Leader::owe(Learner& learner, Owed owed, LeaderActions& actions) {
  const auto behind = std::ranges::upper_bound(learner.owed, owed.zxid, {}, &Owed::zxid);
  learner.owed.insert(behind, owed);
  feed(learner, actions);
}

void Leader::handle(const SyncRequested& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr) {
    return;
  }
  owe(*learner, {.zxid = history_.last(), .session = std::nullopt}, actions);
}

}  // namespace quorate::zab
