// The leader: from ACKEPOCH to UPTODATE.
#include <algorithm>

#include "server/base/assert.h"
#include "server/quorum/reconfigure.h"
#include "server/zab/leader.h"
#include "server/zab/leader_quorum.h"

namespace quorate::zab {
namespace {

using wire::QuorumPacketType;

QuorumPacketType packet_of(SyncMethod method) {
  switch (method) {
    case SyncMethod::kDiff:
      return QuorumPacketType::kDiff;
    case SyncMethod::kTrunc:
      return QuorumPacketType::kTrunc;
    case SyncMethod::kSnap:
      return QuorumPacketType::kSnap;
  }
  QR_ASSERT(false);
}

}  // namespace

/// A leader that serves and has not proposed anything stands at the beginning of its epoch.
Zxid Leader::last_processed() const {
  return is_established() ? std::max(history_.committed(), epoch_begin()) : history_.committed();
}

void Leader::start_sync(Learner& learner, const std::optional<LogProbe>& probe,
                        LeaderActions& actions) {
  learner.heard_at = now_;
  SyncOptions sync = options_.sync;
  sync.cuts_across_epochs = learner.is_quorate;
  sync.commits_all = !is_established();
  const auto plan = plan_sync(learner.last_zxid, last_processed(), history_, sync, probe);
  if (const auto* wanted = std::get_if<LogProbeWanted>(&plan)) {
    learner.stage = Stage::kProbing;
    actions.probes.push_back({learner.link, *wanted});
    return;
  }
  const SyncPlan& chosen = std::get<SyncPlan>(plan);
  if (chosen.method == SyncMethod::kSnap && has_stage(Stage::kSnapshot)) {
    learner.stage = Stage::kAwaiting;
    return;
  }
  send_plan(learner, chosen, actions);
}

bool Leader::has_stage(Stage stage) const {
  return std::ranges::find(learners_, stage, &Learner::stage) != learners_.end();
}

void Leader::start_next_snapshot(LeaderActions& actions) {
  if (phase_ == LeaderPhase::kOver || has_stage(Stage::kSnapshot)) {
    return;
  }
  const auto next = std::ranges::find(learners_, Stage::kAwaiting, &Learner::stage);
  if (next != learners_.end()) {
    start_sync(*next, std::nullopt, actions);
  }
}

void Leader::handle(const LogProbed& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner != nullptr && learner->stage == Stage::kProbing) {
    start_sync(*learner, event.probe, actions);
  }
}

void Leader::send_plan(Learner& learner, const SyncPlan& plan, LeaderActions& actions) {
  actions.syncs.push_back({learner.server, plan});
  learner.sent = learner.sent_commit = plan.after;
  // An observer too waits for what it may have asked for itself before: UPTODATE says that nothing
  // of it is still to come from the connection that it had.
  learner.sync_target = history_.last();
  send_packet(learner, {.type = packet_of(plan.method), .zxid = plan.zxid}, actions);
  if (plan.method == SyncMethod::kSnap) {
    LeaderActions::Send& send = actions.sends.back();
    send.snapshot_follows = true;
    send.snapshot_zxid = plan.zxid;
    learner.stage = Stage::kSnapshot;
    return;
  }
  learner.stage = Stage::kSyncing;
  feed(learner, actions);
}

void Leader::handle(const SnapshotProgress& event, LeaderActions&) {
  if (Learner* const learner = find(event.link)) {
    note_progress(*learner);
  }
}

/// A large sync takes as long as it takes; while a voter's moves on, the leader waits for it
/// (ZOOKEEPER-1697).
void Leader::note_progress(Learner& learner) {
  learner.heard_at = now_;
  if (counts(learner)) {
    phase_deadline_ = now_ + options_.timing.init_limit();
  }
}

void Leader::handle(const SnapshotSent& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr || learner->stage != Stage::kSnapshot) {
    return;
  }
  learner->heard_at = now_;
  learner->sync_target = history_.last();
  learner->stage = Stage::kSyncing;
  feed(*learner, actions);
}

void Leader::take_new_leader_ack(Learner& learner, LeaderActions& actions) {
  learner.stage = Stage::kSynced;
  learner.durable = learner.sync_target;
  remember(learner);
  if (is_established()) {
    send_up_to_date(learner, actions);
  } else {
    check_synchronisation(actions);
  }
}

void Leader::check_synchronisation(LeaderActions& actions) {
  const bool is_quorum =
      is_quorum_of([](const Learner& learner) { return learner.stage >= Stage::kSynced; });
  if (phase_ != LeaderPhase::kSynchronisation || current_ != epoch_ || !is_quorum) {
    return;
  }
  phase_ = LeaderPhase::kBroadcast;
  history_.commit(history_.last());
  actions.committed = history_.committed();
  actions.established = epoch_;
  if (last_seen_.version > committed_.version) {
    quorum::AckTracker synced(acks_.majority());
    for (const ServerId server : this->synced()) {
      synced.record(server, epoch_begin());
    }
    const ServerId designated =
        quorum::designated_leader(options_.self, committed_, last_seen_, epoch_begin(), synced)
            .value_or(options_.self);
    committed_ = last_seen_;
    actions.activated = Activated{committed_, epoch_begin(), designated};
  }
  for (Learner& learner : learners_) {
    if (learner.stage == Stage::kSynced) {
      send_up_to_date(learner, actions);
    } else {
      feed(learner, actions);
    }
  }
  if (actions.activated && actions.activated->designated_leader != options_.self) {
    step_down(StepDownReason::kReconfigured, actions);
    return;
  }
  set_majority();
}

void Leader::send_up_to_date(Learner& learner, LeaderActions& actions) {
  learner.stage = Stage::kUpToDate;
  learner.acked = std::max(learner.acked, std::min(learner.sent, history_.committed()));
  learner.acked_at = now_;
  if (learner.is_quorate) {
    // Its clients may have seen all of it before: it must not serve them from less. Apache's
    // learners cannot take a COMMIT here of what came before NEWLEADER (ZOOKEEPER-4394), and have
    // dropped their clients.
    commit_sent(learner, actions);
  }
  send_packet(learner, {.type = QuorumPacketType::kUpToDate, .zxid = Zxid{-1}}, actions);
  if (counts(learner) && learner.acked.counter() != 0) {
    acks_.record(learner.server, learner.acked);
  }
  feed(learner, actions);
  try_commit(actions);
}

}  // namespace quorate::zab
