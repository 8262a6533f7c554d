// Honouring the wish for another leader.
#include "operator/plan/handover.h"

#include "operator/plan/membership.h"

namespace quorate::plan {

namespace {

constexpr std::string_view kStep = "TransferLeadership";

/// Why `to` cannot be made the leader now; empty when it can.
struct Hindrance {
  std::string reason;
  std::string message;
  bool needs_person = false;
};

Hindrance hindrance(const Facts& facts, const Draft& draft, const std::string& name) {
  const Slot* const to = facts.find(name);
  if (to == nullptr || (facts.view.has_quorum() && !to->is_voter)) {
    return {"NotAVoter",
            name +
                " is no voter of this cluster: name one with another value of the "
                "annotation quorate.dev/transferLeader",
            true};
  }
  if (!facts.is_initialized || !facts.view.has_quorum()) {
    return {"NoQuorum", "no leader has a majority of the voters behind it"};
  }
  if (draft.is_in_flight(change::kRoll)) {
    return {"MembersRestarting", "a restart of members is in flight"};
  }
  if (!to->is_leader && !to->is_synced) {
    return {"MemberNotSynced", to->detail.empty() ? name + " is not synced" : to->detail};
  }
  return {};
}

}  // namespace

Flow move_leader(const Facts& facts, Draft& draft) {
  const std::string& asked = facts.cluster.leader_asked;
  if (asked.empty() || asked == draft.status.transferred_leader()) {
    return Flow::kContinue;
  }
  const std::string name = asked.substr(0, asked.find(' '));
  const Hindrance why = hindrance(facts, draft, name);
  if (why.needs_person) {
    draft.step_blocked(kStep, {name}, why.reason, why.message);
    return Flow::kContinue;
  }
  if (!why.reason.empty()) {
    draft.step_waits(kStep, {name}, why.reason, why.message);
    return Flow::kContinue;
  }
  const Slot& to = *facts.find(name);
  if (to.is_leader) {
    draft.status.set_transferred_leader(asked);
    return Flow::kContinue;
  }
  draft.progressing = change::kHandover;
  hand_over(facts, draft, to);
  return Flow::kStop;
}

}  // namespace quorate::plan
