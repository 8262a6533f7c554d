// A leader that leaves the lead to another voter: it takes nothing new, names who follows it, and
// steps down.
#include <algorithm>
#include <utility>

#include "server/node/ensemble.h"

namespace quorate::node {
namespace {

/// For so long a member that has handed the lead over leaves it to others.
constexpr Duration kAbstinence = std::chrono::seconds(2);
/// Clients are held while a chosen voter has less than everything; then any other will do.
constexpr Duration kChoicePatience = std::chrono::milliseconds(500);
/// The name leaves with the next turn of the loop unless a connection is stuck.
constexpr Duration kNamePatience = std::chrono::milliseconds(100);

/// Whether this learner has all of the history and understands who is named.
bool is_fit(const State& state, const zab::LearnerStatus& learner) {
  return learner.is_voter && !learner.is_observer && learner.is_synced && learner.is_quorate &&
         learner.acked >= state.history.last() &&
         state.ensemble->committed.is_voter(learner.server);
}

/// The target, or of those that have everything the one that would be elected anyway.
std::optional<ServerId> choose_successor(const State& state, std::optional<ServerId> target) {
  std::optional<ServerId> best;
  for (const zab::LearnerStatus& learner : state.ensemble->leader->learner_statuses()) {
    if (!is_fit(state, learner)) {
      continue;
    }
    if (learner.server == target) {
      return target;
    }
    best = std::max(best.value_or(learner.server), learner.server);
  }
  return best;
}

/// Those too whose acknowledgements are still on their way: each of them votes.
bool has_told_everybody(const State& state) {
  const auto statuses = state.ensemble->leader->learner_statuses();
  return std::ranges::none_of(statuses, [](const zab::LearnerStatus& learner) {
    return learner.is_voter && learner.is_synced && learner.is_quorate &&
           learner.unflushed_bytes > 0;
  });
}

void leave(State& state, Now now, Actions& actions) {
  state.ensemble->abstains_until = now.monotonic + kAbstinence;
  end_role(state, "handed over", now, actions);
}

std::optional<HandOverRefusal> refuse(const State& state, std::optional<ServerId> target) {
  const Ensemble& ensemble = *state.ensemble;
  if (!ensemble.leader || !state.serving) {
    return HandOverRefusal::kNotLeader;
  }
  std::vector<ServerId> others = ensemble.leader->synced();
  std::erase(others, state.options.server);
  if (quorum::refuse_without_quorum(ensemble.committed, others)) {
    return HandOverRefusal::kNoQuorum;
  }
  if (!target) {
    return std::nullopt;
  }
  if (*target == state.options.server || !ensemble.committed.is_voter(*target)) {
    return HandOverRefusal::kNoVoter;
  }
  const auto statuses = ensemble.leader->learner_statuses();
  const auto found = std::ranges::find(statuses, *target, &zab::LearnerStatus::server);
  if (found == statuses.end() || !found->is_synced || found->is_observer) {
    return HandOverRefusal::kNotSynced;
  }
  return found->is_quorate ? std::nullopt : std::optional(HandOverRefusal::kNotQuorate);
}

}  // namespace

std::optional<HandOverRefusal> hand_over(State& state, std::optional<ServerId> target, Now now,
                                         Actions& actions) {
  if (!state.ensemble) {
    return HandOverRefusal::kNotLeader;
  }
  if (const std::optional<HandOverRefusal> refusal = refuse(state, target)) {
    return refusal;
  }
  state.ensemble->hand_over = HandOver{
      .target = target, .choose_by = now.monotonic + kChoicePatience, .leave_by = std::nullopt};
  hold_clients(state, now);
  check_hand_over(state, now, actions);
  return std::nullopt;
}

/// The successor's name goes out on the connections whose end makes the others look, and before it:
/// so they know it by then. Without one (Apache's members, or none that has everything) whoever
/// wins the election leads.
void check_hand_over(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.hand_over || !ensemble.leader ||
      state.history.committed() != state.history.last()) {
    return;
  }
  HandOver& order = *ensemble.hand_over;
  if (!order.leave_by) {
    const std::optional<ServerId> successor = choose_successor(state, order.target);
    const bool waits = order.target && successor != order.target;
    if (waits && now.monotonic < order.choose_by) {
      return;
    }
    order.leave_by = now.monotonic;
    if (successor) {
      order.leave_by = now.monotonic + kNamePatience;
      ensemble.successor = successor;
      actions.notes.push_back({.kind = NoteKind::kSuccessor, .peer = *successor});
      ensemble.leader->step(zab::SuccessorNamed{*successor}, now.monotonic,
                            ensemble.leader_actions);
      perform_leader(state, now, actions);
      return;
    }
  }
  if (now.monotonic >= *order.leave_by || has_told_everybody(state)) {
    leave(state, now, actions);
  }
}

std::optional<TimePoint> next_hand_over_check(const State& state) {
  const Ensemble& ensemble = *state.ensemble;
  if (!ensemble.hand_over || !ensemble.leader) {
    return std::nullopt;
  }
  if (ensemble.hand_over->leave_by) {
    return ensemble.hand_over->leave_by;
  }
  // Until everything is committed, commits are what it waits for.
  const bool is_drained = state.history.committed() == state.history.last();
  return is_drained ? std::optional(ensemble.hand_over->choose_by) : std::nullopt;
}

}  // namespace quorate::node
