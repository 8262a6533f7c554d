// Clients of a member that has no leader: they are kept, unanswered, for as long as that is safe.
#include <algorithm>

#include "server/node/ensemble.h"

namespace quorate::node {
namespace {

constexpr Duration kCheckInterval = std::chrono::milliseconds(100);
/// Who has no session yet had better try another member.
constexpr Duration kStrangerPatience = std::chrono::seconds(1);
/// A client gives its server up after two thirds of its timeout, and needs the rest to find
/// another.
constexpr int64_t kTimeoutPart = 3;

Duration patience(const Connection& connection) {
  if (connection.phase == Phase::kNew || connection.phase == Phase::kOpening) {
    return kStrangerPatience;
  }
  return std::chrono::milliseconds(connection.timeout_ms) / kTimeoutPart;
}

}  // namespace

bool takes_clients(const State& state) {
  if (!state.ensemble) {
    return true;
  }
  const Ensemble& ensemble = *state.ensemble;
  if (ensemble.leader && state.serving && !ensemble.options.leader_serves) {
    return false;
  }
  return ensemble.options.serves_before_formed || ensemble.is_formed();
}

void hold_clients(State& state, Now now) {
  state.serving = false;
  state.ensemble->not_serving_since = now.monotonic;
  state.ensemble->next_hold_check = now.monotonic + kCheckInterval;
}

void check_held(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (state.serving || now.monotonic < ensemble.next_hold_check) {
    return;
  }
  ensemble.next_hold_check = now.monotonic + kCheckInterval;
  const Duration waited = now.monotonic - ensemble.not_serving_since;
  for (const auto& connection : state.slots) {
    const bool is_held =
        connection && connection->phase != Phase::kClosed && !needs_no_leader(state, *connection);
    if (is_held && waited >= patience(*connection)) {
      close_connection(state, *connection, CloseReason::kNoLeader, actions);
    }
  }
}

void notice_pause(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const Duration gap = now.monotonic - ensemble.last_step;
  ensemble.last_step = now.monotonic;
  if (state.serving && gap > ensemble.options.timing.silence_limit(true)) {
    handle_deadline(state, now, actions);
  }
}

std::optional<TimePoint> next_ensemble_deadline(const State& state) {
  const Ensemble& ensemble = *state.ensemble;
  std::optional<TimePoint> next = ensemble.election.next_deadline();
  const auto consider = [&](std::optional<TimePoint> other) {
    if (other && (!next || *other < *next)) {
      next = other;
    }
  };
  if (ensemble.leader) {
    consider(ensemble.leader->next_deadline());
  }
  if (ensemble.learner) {
    consider(ensemble.learner->next_deadline());
  }
  if (!state.serving && !state.by_id.empty()) {
    consider(ensemble.next_hold_check);
  }
  consider(ensemble.abstains_until);
  consider(ensemble.reads_only_at);
  consider(next_hand_over_check(state));
  if (ensemble.reads_only) {
    consider(state.tracker.next_deadline());
  }
  return next;
}

void handle_ensemble_deadline(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const auto is_due = [&](std::optional<TimePoint> deadline) {
    return deadline && *deadline <= now.monotonic;
  };
  if (is_due(ensemble.election.next_deadline())) {
    ensemble.election.step(election::DeadlineReached{}, now.monotonic, ensemble.election_actions);
    perform_election(state, now, actions);
  }
  if (ensemble.leader && is_due(ensemble.leader->next_deadline())) {
    lead(state, zab::LeaderDeadline{}, now, actions);
  }
  if (ensemble.learner && is_due(ensemble.learner->next_deadline())) {
    learn(state, zab::LearnerDeadline{}, now, actions);
  }
  if (is_due(ensemble.abstains_until)) {
    // Nobody has taken the lead.
    ensemble.abstains_until.reset();
    const bool is_looking = !ensemble.leader && !ensemble.learner;
    ensemble.is_ready_to_look = is_looking;
    look_if_ready(state, now, actions);
  }
  if (is_due(next_hand_over_check(state))) {
    check_hand_over(state, now, actions);
  }
  check_read_only(state, now, actions);
  check_held(state, now, actions);
}

}  // namespace quorate::node
