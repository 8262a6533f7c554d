// The leader: what is sent to a learner, at the learner's pace.
#include <algorithm>
#include <string>

#include "server/base/assert.h"
#include "server/quorum/configuration.h"
#include "server/zab/leader.h"

namespace quorate::zab {
namespace {

using wire::QuorumPacketType;

}  // namespace

void Leader::send_packet(Learner& learner, const wire::QuorumPacket& packet,
                         LeaderActions& actions) {
  const size_t begin = actions.bytes.size();
  wire::encode(packet, actions.bytes);
  const size_t end = actions.bytes.size();
  actions.sends.push_back({.link = learner.link, .begin = begin, .end = end});
  learner.unflushed_bytes += end - begin;
}

void Leader::feed_all(LeaderActions& actions) {
  for (Learner& learner : learners_) {
    feed(learner, actions);
  }
}

/// Sends what there is room for; then what has to come behind it.
void Leader::feed(Learner& learner, LeaderActions& actions) {
  if (learner.stage < Stage::kSyncing) {
    return;
  }
  while (learner.unflushed_bytes < options_.link_bytes_max && feed_one(learner, actions)) {
    // Right behind its COMMIT: Apache's learners take the commit of a later request of the same
    // session for one that does not belong there.
    send_owed(learner, actions);
  }
  if (learner.stage == Stage::kSyncing && learner.sent >= learner.sync_target) {
    const std::string text = quorum::to_text(configuration_for(learner));
    learner.stage = Stage::kNewLeader;
    learner.sync_target = learner.sent;
    learner.heard_at = now_;
    send_packet(learner,
                {.type = QuorumPacketType::kNewLeader, .zxid = epoch_begin(), .data = text},
                actions);
    feed(learner, actions);
    return;
  }
  send_owed(learner, actions);
}

/// The one of NEWLEADER, which UPTODATE makes hold: what is merely proposed has come as a
/// transaction, and what the learner is behind of will be activated with its commit.
const quorum::Configuration& Leader::configuration_for(const Learner& learner) const {
  if (!is_established()) {
    return last_seen_;
  }
  const auto due = activations_.upper_bound(learner.sent_commit);
  return due == activations_.end() ? committed_ : due->second.before;
}

/// What the next COMMIT names: each transaction in turn, but for Quorate's learners, who take it
/// for everything up to there. An activation is told by itself.
Zxid Leader::next_commit(const Learner& learner, Zxid committable) const {
  const auto activation = activations_.upper_bound(learner.sent_commit);
  const bool activates = activation != activations_.end() && activation->first <= committable;
  return learner.is_quorate && !activates ? committable
                                          : following(learner.sent_commit, committable);
}

/// Whatever room there is: few bytes.
void Leader::commit_sent(Learner& learner, LeaderActions& actions) {
  const Zxid committable = std::min(learner.sent, history_.committed());
  while (learner.sent_commit < committable) {
    send_commit(learner, next_commit(learner, committable), actions);
  }
}

/// One packet: a commit of what has been sent, or else the next transaction. False if there is none
/// at hand.
bool Leader::feed_one(Learner& learner, LeaderActions& actions) {
  const Zxid committable = std::min(learner.sent, history_.committed());
  if (learner.sent_commit < committable) {
    send_commit(learner, next_commit(learner, committable), actions);
    return true;
  }
  const Zxid limit = acknowledges(learner) ? history_.last() : history_.committed();
  if (learner.sent >= limit || learner.is_reading_log) {
    return false;
  }
  if (learner.sent < history_.base()) {
    // Through the first one in memory: at the border of two epochs only the log knows whether that
    // is the next.
    const bool is_first_due = history_.size() > 0 && history_[0].zxid <= limit;
    learner.is_reading_log = true;
    actions.reads.push_back({.link = learner.link,
                             .after = learner.sent,
                             .until = is_first_due ? history_[0].zxid : history_.base(),
                             .bytes_max = options_.link_bytes_max - learner.unflushed_bytes});
    return false;
  }
  const History::Entry& next = history_[history_.index_after(learner.sent)];
  QR_ASSERT(is_continuous(learner.sent, next.zxid));
  send_txn(learner, next.zxid, next.txn, actions);
  return true;
}

void Leader::handle(const LogRead& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr || !learner->is_reading_log) {
    return;
  }
  learner->is_reading_log = false;
  for (const History::Entry& entry : event.txns) {
    const bool is_committed = entry.zxid <= history_.committed();
    const bool is_wanted = is_continuous(learner->sent, entry.zxid) &&
                           (is_committed || history_.find(entry.zxid) != nullptr);
    if (!is_wanted) {
      close(event.link, CloseReason::kHistoryGone, actions);
      return;
    }
    send_txn(*learner, entry.zxid, entry.txn, actions);
    if (is_committed && learner->sent_commit < learner->sent) {
      send_commit(*learner, entry.zxid, actions);
    }
  }
  if (event.txns.empty()) {
    close(event.link, CloseReason::kHistoryGone, actions);
    return;
  }
  feed(*learner, actions);
}

/// Observers learn of a transaction when it is committed; while they sync as followers do.
void Leader::send_txn(Learner& learner, Zxid zxid, std::string_view txn, LeaderActions& actions) {
  const auto activation = activations_.find(zxid);
  const bool informs = !acknowledges(learner) && learner.stage > Stage::kSyncing;
  if (acknowledges(learner) && learner.acked >= learner.sent) {
    learner.acked_at = now_;  // From now on it owes an acknowledgement.
  }
  learner.sent = zxid;
  if (informs && activation != activations_.end()) {
    std::string data;
    wire::Writer writer(data);
    write(writer, wire::Activation{.designated_leader = activation->second.designated, .txn = txn});
    learner.sent_commit = zxid;
    send_packet(learner, {.type = QuorumPacketType::kInformAndActivate, .zxid = zxid, .data = data},
                actions);
    return;
  }
  const QuorumPacketType type = informs ? QuorumPacketType::kInform : QuorumPacketType::kProposal;
  if (informs) {
    learner.sent_commit = zxid;
  }
  if (shared_ && shared_->zxid == zxid && shared_->type == type) {
    actions.sends.push_back({.link = learner.link, .begin = shared_->begin, .end = shared_->end});
    learner.unflushed_bytes += shared_->end - shared_->begin;
    return;
  }
  send_packet(learner, {.type = type, .zxid = zxid, .data = txn}, actions);
  shared_ = Shared{type, zxid, actions.sends.back().begin, actions.sends.back().end};
}

void Leader::send_commit(Learner& learner, Zxid zxid, LeaderActions& actions) {
  learner.sent_commit = zxid;
  const auto activation = activations_.find(zxid);
  if (activation == activations_.end()) {
    send_packet(learner, {.type = QuorumPacketType::kCommit, .zxid = zxid}, actions);
    return;
  }
  std::string data;
  wire::Writer writer(data);
  write(writer, wire::Activation{.designated_leader = activation->second.designated});
  send_packet(learner, {.type = QuorumPacketType::kCommitAndActivate, .zxid = zxid, .data = data},
              actions);
}

void Leader::send_owed(Learner& learner, LeaderActions& actions) {
  const auto behind = std::ranges::find_if(
      learner.owed, [&](const Owed& owed) { return owed.zxid > learner.sent_commit; });
  for (auto each = learner.owed.begin(); each != behind; ++each) {
    if (!each->session) {
      send_packet(learner, {.type = QuorumPacketType::kSync, .zxid = Zxid{0}}, actions);
      continue;
    }
    std::string data;
    wire::Writer writer(data);
    write(writer, *each->session);
    send_packet(learner, {.type = QuorumPacketType::kRevalidate, .zxid = Zxid{-1}, .data = data},
                actions);
  }
  learner.owed.erase(learner.owed.begin(), behind);
}

}  // namespace quorate::zab
