// The leader: who is alive, and whether that is a quorum.
#include <algorithm>
#include <string>

#include "server/base/bytes.h"
#include "server/zab/leader.h"

namespace quorate::zab {

namespace {

using wire::QuorumPacketType;

/// What a member has acknowledged within this time before its disk is rolled back is known to
/// nobody but its leader.
constexpr Duration kWitnessInterval = std::chrono::seconds(1);

}  // namespace

void Leader::handle(const LeaderDeadline&, LeaderActions& actions) {
  if (!is_established() && now_ >= phase_deadline_) {
    step_down(phase_ == LeaderPhase::kSynchronisation ? StepDownReason::kNoSyncQuorum
                                                      : StepDownReason::kNoEpochQuorum,
              actions);
    return;
  }
  if (now_ < next_check_) {
    return;
  }
  next_check_ = now_ + options_.timing.ping_interval(true);
  watch_learners(actions);
  watch_acks(actions);
  if (is_established() && !has_live_quorum()) {
    step_down(StepDownReason::kQuorumLost, actions);
    return;
  }
  ping(actions);
  share_witness(actions);
}

/// Closes who has been silent for too long, or takes too long to sync.
void Leader::watch_learners(LeaderActions& actions) {
  const Timing& timing = options_.timing;
  for (Learner& learner : learners_) {
    if (learner.stage == Stage::kClosed) {
      continue;
    }
    if (learner.stage == Stage::kSnapshot && has_stage(Stage::kAwaiting) &&
        now_ - learner.heard_at > timing.silence_limit(learner.is_quorate)) {
      // Others wait for it, and it takes nothing.
      close(learner.link, CloseReason::kSilent, actions);
      continue;
    }
    const bool is_synced = learner.stage >= Stage::kSynced;
    const Duration limit = is_synced ? timing.silence_limit(learner.is_quorate)
                                     : timing.init_limit() + timing.sync_limit();
    // Before a leader is established it may be the one that keeps learners waiting.
    const bool is_judged = is_established() || learner.stage != Stage::kSynced;
    if (is_judged && now_ - learner.heard_at > limit) {
      close(learner.link, is_synced ? CloseReason::kSilent : CloseReason::kTooSlowToSync, actions);
    }
  }
}

/// Closes followers that have not acknowledged anything within syncLimit although they owe it.
void Leader::watch_acks(LeaderActions& actions) {
  for (Learner& learner : learners_) {
    const bool owes = learner.stage == Stage::kUpToDate && acknowledges(learner) &&
                      learner.acked < learner.sent && learner.sent.epoch() == epoch_.value;
    if (owes && now_ - learner.acked_at > options_.timing.sync_limit()) {
      close(learner.link, CloseReason::kAcksOverdue, actions);
    }
  }
}

void Leader::remember(const Learner& learner) {
  if (learner.stage >= Stage::kSynced && acknowledges(learner)) {
    heard_[learner.server] = {
        .at = learner.heard_at, .is_quorate = learner.is_quorate, .is_connected = true};
  }
}

/// A voter whose connection is gone is given a tick to come back.
bool Leader::has_live_quorum() const {
  const quorum::Majority& majority = acks_.majority();
  quorum::VoterSet set;
  if (const auto self = majority.index_of(options_.self)) {
    set.add(*self);
  }
  for (const auto& [server, heard] : heard_) {
    const Duration limit = options_.timing.silence_limit(heard.is_quorate);
    const Duration patience = heard.is_connected ? limit : std::min(limit, options_.timing.tick);
    const auto index = majority.index_of(server);
    if (index && now_ - heard.at <= patience) {
      set.add(*index);
    }
  }
  return majority.is_quorum(set);
}

/// From DIFF or the end of a snapshot on; a learner answers once it has acknowledged NEWLEADER. One
/// that waits for its snapshot hears that the leader is alive, if it is Quorate's.
void Leader::ping(LeaderActions& actions) {
  for (Learner& learner : learners_) {
    const Duration interval = options_.timing.ping_interval(learner.is_quorate);
    const bool is_waiting = learner.stage == Stage::kAwaiting && learner.is_quorate;
    if (is_waiting) {
      note_progress(learner);
    }
    if ((learner.stage >= Stage::kSyncing || is_waiting) && now_ - learner.pinged_at >= interval) {
      learner.pinged_at = now_;
      send_ping(learner, {}, actions);
    }
  }
}

void Leader::send_ping(Learner& learner, wire::NullableBytes data, LeaderActions& actions) {
  send_packet(learner,
              {.type = QuorumPacketType::kPing,
               .zxid = std::max(history_.last(), epoch_begin()),
               .data = data},
              actions);
}

/// So that whoever looks for the next leader knows what the disks of the others must have. Only
/// where every disk bears the id of its ensemble: elsewhere empty ones count, as ZooKeeper's do.
void Leader::share_witness(LeaderActions& actions) {
  if (!is_established() || options_.ensemble_id.empty() ||
      now_ - witness_shared_at_ < kWitnessInterval) {
    return;
  }
  witness_shared_at_ = now_;
  const Zxid committed = history_.committed();
  actions.witnessed.push_back({.server = options_.self,
                               .accepted = accepted_,
                               .durable = std::min(own_synced_, committed)});
  for (const Learner& learner : learners_) {
    if (learner.stage == Stage::kUpToDate && learner.is_quorate && counts(learner)) {
      actions.witnessed.push_back({.server = learner.server,
                                   .accepted = epoch_,
                                   .durable = std::min(learner.durable, committed)});
    }
  }
  std::string data;
  wire::encode(actions.witnessed, data);
  for (Learner& learner : learners_) {
    if (learner.stage == Stage::kUpToDate && learner.is_quorate) {
      send_ping(learner, data, actions);
    }
  }
}

/// On the connection whose end makes them look, so that they know it by then.
void Leader::handle(const SuccessorNamed& event, LeaderActions& actions) {
  std::string data;
  append_big_endian(data, event.successor.value);
  for (Learner& learner : learners_) {
    if (learner.stage == Stage::kUpToDate && learner.is_quorate) {
      send_ping(learner, data, actions);
    }
  }
}

}  // namespace quorate::zab
