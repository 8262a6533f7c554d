// The leader: events, links, and the end.
#include "server/zab/leader.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace quorate::zab {

Leader::Leader(LeaderOptions options, LeaderStart start, History& history, TimePoint now)
    : options_(std::move(options)),
      history_(history),
      committed_(std::move(start.committed)),
      last_seen_(std::move(start.last_seen)),
      now_(now),
      phase_deadline_(now + options_.timing.init_limit()),
      next_check_(now + options_.timing.ping_interval(true)),
      accepted_(start.accepted),
      current_(start.current),
      own_current_before_(start.current),
      acks_(quorum::majority_of(committed_, last_seen_)),
      own_synced_(history.last()),
      witness_(std::move(start.witness)),
      witness_shared_at_(now) {
  QR_ASSERT(current_ <= accepted_);
  QR_ASSERT(acks_.majority().contains(options_.self));
  acks_.record(options_.self, own_synced_);
}

void Leader::begin(TimePoint now, LeaderActions& actions) {
  now_ = now;
  check_discovery(actions);
}

void Leader::step(const LeaderEvent& event, TimePoint now, LeaderActions& actions) {
  if (phase_ == LeaderPhase::kOver) {
    return;
  }
  now_ = now;
  shared_.reset();
  std::visit([&](const auto& each) { handle(each, actions); }, event);
  start_next_snapshot(actions);
  std::erase_if(learners_, [](const Learner& each) { return each.stage == Stage::kClosed; });
}

std::optional<TimePoint> Leader::next_deadline() const {
  switch (phase_) {
    case LeaderPhase::kDiscovery:
    case LeaderPhase::kEpoch:
    case LeaderPhase::kSynchronisation:
      return std::min(phase_deadline_, next_check_);
    case LeaderPhase::kBroadcast:
      return next_check_;
    case LeaderPhase::kOver:
      break;
  }
  return std::nullopt;
}

// ---- Links ------------------------------------------------------------------------------------

Leader::Learner* Leader::find(LinkId link) {
  const auto found = std::ranges::find(learners_, link, &Learner::link);
  const bool is_known = found != learners_.end() && found->stage != Stage::kClosed;
  return is_known ? &*found : nullptr;
}

bool Leader::counts(const Learner& learner) const {
  return learner.stage > Stage::kNew && acknowledges(learner) &&
         acks_.majority().contains(learner.server);
}

bool Leader::is_candidate(const Learner& learner) const {
  return learner.is_observer && learner.is_quorate && pending_ &&
         pending_->next.is_voter(learner.server);
}

void Leader::handle(const LinkOpened& event, LeaderActions&) {
  QR_ASSERT(find(event.link) == nullptr);
  Learner learner;
  learner.link = event.link;
  learner.heard_at = learner.pinged_at = learner.acked_at = now_;
  learners_.push_back(std::move(learner));
}

void Leader::handle(const LinkClosed& event, LeaderActions&) {
  if (Learner* const learner = find(event.link)) {
    lose(*learner);
  }
}

void Leader::close(LinkId link, CloseReason reason, LeaderActions& actions) {
  Learner* const learner = find(link);
  QR_ASSERT(learner != nullptr);
  actions.closes.push_back({link, reason});
  lose(*learner);
}

void Leader::lose(Learner& learner) {
  if (const auto heard = heard_.find(learner.server);
      heard != heard_.end() && learner.stage >= Stage::kSynced) {
    heard->second.is_connected = false;
  }
  learner.stage = Stage::kClosed;
}

void Leader::handle(const LinkFlushed& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr) {
    return;
  }
  QR_ASSERT(event.bytes <= learner->unflushed_bytes);
  learner->unflushed_bytes -= event.bytes;
  if (learner->stage == Stage::kSyncing) {
    note_progress(*learner);
  }
  feed(*learner, actions);
}

void Leader::handle(const LearnerPacket& event, LeaderActions& actions) {
  Learner* const learner = find(event.link);
  if (learner == nullptr) {
    return;
  }
  learner->heard_at = now_;
  switch (learner->stage) {
    case Stage::kNew:
      take_info(*learner, event.packet, actions);
      return;
    case Stage::kInvited:
      take_ack_epoch(*learner, event.packet, actions);
      return;
    case Stage::kSyncing:
    case Stage::kNewLeader:
    case Stage::kSynced:
    case Stage::kUpToDate:
      remember(*learner);
      take_broadcast_packet(*learner, event.packet, actions);
      return;
    case Stage::kClosed:
    case Stage::kIntroduced:
    case Stage::kAccepted:
    case Stage::kProbing:
    case Stage::kAwaiting:
    case Stage::kSnapshot:
      break;
  }
  // It has nothing to say before it is asked.
  close(event.link, CloseReason::kUnexpected, actions);
}

// ---- Durability -------------------------------------------------------------------------------

void Leader::handle(const EpochsSaved& event, LeaderActions& actions) {
  const bool was_accepted = accepted_ == epoch_;
  accepted_ = std::max(accepted_, event.accepted);
  current_ = std::max(current_, event.current);
  if (phase_ == LeaderPhase::kEpoch && accepted_ == epoch_ && !was_accepted) {
    for (Learner& learner : learners_) {
      if (learner.stage == Stage::kIntroduced) {
        invite(learner, actions);
      }
    }
    check_epoch(actions);
  }
  check_synchronisation(actions);
}

void Leader::handle(const OwnLogSynced& event, LeaderActions& actions) {
  QR_ASSERT(event.zxid <= history_.last());
  own_synced_ = std::max(own_synced_, event.zxid);
  acks_.record(options_.self, own_synced_);
  try_commit(actions);
}

void Leader::step_down(StepDownReason reason, LeaderActions& actions) {
  phase_ = LeaderPhase::kOver;
  actions.stepped_down = reason;
  for (const Learner& learner : learners_) {
    actions.closes.push_back({learner.link, CloseReason::kLeaderStopped});
  }
  learners_.clear();
}

// ---- Status -----------------------------------------------------------------------------------

std::vector<ServerId> Leader::synced() const {
  std::vector<ServerId> servers = {options_.self};
  for (const Learner& learner : learners_) {
    const bool can_be_promoted = learner.is_quorate && learner.stage == Stage::kUpToDate;
    if (learner.stage >= Stage::kSynced && (!learner.is_observer || can_be_promoted)) {
      servers.push_back(learner.server);
    }
  }
  std::ranges::sort(servers);
  return servers;
}

std::vector<LearnerStatus> Leader::learner_statuses() const {
  std::vector<LearnerStatus> statuses;
  for (const Learner& learner : learners_) {
    if (learner.stage < Stage::kIntroduced) {
      continue;
    }
    statuses.push_back({.link = learner.link,
                        .server = learner.server,
                        .is_observer = learner.is_observer,
                        .is_voter = counts(learner),
                        .is_synced = learner.stage >= Stage::kSynced,
                        .is_quorate = learner.is_quorate,
                        .acked = learner.acked,
                        .sent = learner.sent,
                        .unflushed_bytes = learner.unflushed_bytes});
  }
  return statuses;
}

}  // namespace quorate::zab
