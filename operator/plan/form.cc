// Waiting for the first quorum.
#include "operator/plan/form.h"

#include "operator/api/conditions.h"
#include "operator/plan/roll.h"

namespace quorate::plan {

namespace {

/// A majority is enough after so long: one voter of many may not be schedulable.
constexpr int64_t kPatienceMs = 60000;

Flow wait_for_quorum(const Facts& facts, Draft& draft) {
  std::vector<std::string> missing;
  for (const Slot& slot : facts.slots) {
    if (slot.is_recorded && !slot.is_synced) {
      missing.push_back(slot.name);
    }
  }
  const std::string why = missing.empty() ? "" : facts.find(missing.front())->detail;
  draft.step_waits("Form", missing, "MembersStarting",
                   std::to_string(missing.size()) + " of " +
                       std::to_string(draft.status.initial_voters_size()) +
                       " initial voters are not synced yet: " + why);
  // Nobody serves clients yet, so a change of image or configuration may restart who is not ready.
  if (!facts.view.has_quorum()) {
    const Flow flow = roll(facts, draft);
    draft.progressing = change::kBootstrap;
    return flow == Flow::kContinue ? Flow::kStop : flow;
  }
  return Flow::kStop;
}

}  // namespace

Flow form(const Facts& facts, Draft& draft) {
  if (facts.is_initialized) {
    if (facts.view.has_quorum() && !facts.view.find(*facts.view.leader)->report.is_formed) {
      draft.actions.emplace_back(ConfirmFormed{*facts.view.leader});
    }
    return Flow::kContinue;
  }
  draft.progressing = change::kBootstrap;
  const auto since = api::parse_time(draft.status.in_flight().since());
  const bool is_late = since && facts.in.now.value - since->value >= kPatienceMs;
  const bool is_complete = facts.view.synced_voters() == draft.status.initial_voters_size();
  if (!facts.view.has_quorum() || (!is_complete && !is_late)) {
    return wait_for_quorum(facts, draft);
  }
  api::set_condition(draft.status, api::condition::kInitialized,
                     {api::Truth::kTrue, "Formed",
                      "ensemble " + draft.status.ensemble_id() + " was formed by " +
                          std::to_string(draft.status.initial_voters_size()) + " voters"},
                     facts.cluster.generation, facts.in.now);
  draft.clear_record();
  draft.step_now("ConfirmFormed", {*facts.view.leader});
  draft.actions.emplace_back(ConfirmFormed{*facts.view.leader});
  return Flow::kStop;
}

}  // namespace quorate::plan
