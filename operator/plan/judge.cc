// One function a condition.
#include "operator/plan/judge.h"

#include <algorithm>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/plan/placement.h"

namespace quorate::plan {

namespace {

using api::ConditionState;
using api::Truth;

std::string voters_text(const Facts& facts) {
  return std::to_string(facts.view.synced_voters()) + " of " + std::to_string(facts.voters()) +
         " voters are synced";
}

/// The first step that does not go on, for messages.
const api::PlanStep* held_step(const Draft& draft) {
  for (const char* const state : {"Blocked", "Waiting"}) {
    const auto found = std::ranges::find_if(
        draft.steps, [&](const api::PlanStep& step) { return step.state() == state; });
    if (found != draft.steps.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::string unapplied_text(const Draft& draft) {
  return "StatefulSet " + draft.unapplied_set + " is not yet what the spec asks for";
}

ConditionState quorum_healthy(const Facts& facts) {
  if (!facts.view.has_quorum()) {
    return {Truth::kFalse, "NoQuorum", "no leader has a majority of the voters behind it"};
  }
  return {Truth::kTrue, "Quorum", voters_text(facts)};
}

ConditionState zone_fault_tolerant(const Facts& facts) {
  std::vector<ZoneVoters> zones;
  for (const ZoneTarget& zone : facts.zones) {
    int voters = 0;
    for (const Slot& slot : facts.slots) {
      const bool votes = facts.view.config.empty() ? slot.is_wanted_voter : slot.is_voter;
      voters += slot.zone == zone.name && votes ? 1 : 0;
    }
    zones.push_back({.zone = zone.name, .voters = voters});
  }
  ZoneTolerance tolerance = tolerance_of(zones);
  return {tolerance.is_tolerant ? Truth::kTrue : Truth::kFalse, std::move(tolerance.reason),
          std::move(tolerance.message)};
}

ConditionState members_synced(const Facts& facts) {
  if (std::ranges::none_of(facts.slots, &Slot::is_recorded)) {
    return {Truth::kFalse, "NoMembers", "there is no member yet"};
  }
  for (const Slot& slot : facts.slots) {
    if (slot.is_recorded && !slot.is_synced) {
      return {Truth::kFalse, slot.problem.empty() ? "MemberNotSynced" : slot.problem,
              slot.detail.empty() ? "member " + slot.name + " is not synced" : slot.detail};
    }
  }
  return {Truth::kTrue, "AllSynced", "every member follows the leader"};
}

ConditionState config_in_sync(const Facts& facts, const Draft& draft) {
  if (!draft.unapplied_set.empty()) {
    return {Truth::kFalse, "NotApplied", unapplied_text(draft)};
  }
  if (!facts.is_revision_known) {
    return {Truth::kUnknown, "RevisionUnknown",
            "a StatefulSet's newest template has no revision yet"};
  }
  int outdated = 0;
  std::string first;
  for (const Slot& slot : facts.slots) {
    if (slot.is_outdated) {
      first = outdated++ == 0 ? slot.name : first;
    }
  }
  if (outdated > 0) {
    return {Truth::kFalse, "RestartDue",
            std::to_string(outdated) + " members run an older revision, " + first + " first"};
  }
  if (!facts.view.contradictions.empty()) {
    return {Truth::kFalse, "Contradiction", facts.view.contradictions.front()};
  }
  return {Truth::kTrue, "AllCurrent", "every member runs what the spec says"};
}

ConditionState progressing(const Draft& draft) {
  const api::PlanStep* const held = held_step(draft);
  if (draft.is_stalled) {
    return {Truth::kFalse, held == nullptr ? "Stalled" : held->reason(),
            held == nullptr ? "" : held->message()};
  }
  if (draft.progressing.empty()) {
    if (held != nullptr) {
      return {Truth::kFalse, held->reason(), held->message()};
    }
    return {Truth::kFalse, "Settled", "nothing is to be done"};
  }
  if (draft.progressing == change::kApply && held == nullptr) {
    return {Truth::kTrue, draft.progressing, unapplied_text(draft)};
  }
  if (held != nullptr && held->state() == "Blocked") {
    const bool needs_quorum = held->reason() == "NoQuorum" || held->reason() == "WouldLoseQuorum";
    return {Truth::kTrue, needs_quorum ? "WaitingForQuorum" : draft.progressing, held->message()};
  }
  return {Truth::kTrue, draft.progressing, held == nullptr ? "" : held->message()};
}

ConditionState degraded(const Facts& facts, const Draft& draft) {
  const auto is_moving = [&](const Slot& slot) {
    if (draft.is_stalled) {
      return false;
    }
    const auto& members = draft.status.in_flight().members();
    return std::ranges::any_of(
        members, [&](const api::InFlightMember& each) { return each.name() == slot.name; });
  };
  for (const Slot& slot : facts.slots) {
    if (slot.is_recorded && slot.is_in_config && !slot.is_synced && !is_moving(slot)) {
      return {Truth::kTrue, slot.problem.empty() ? "MemberNotSynced" : slot.problem,
              slot.detail.empty() ? "member " + slot.name + " is not synced" : slot.detail};
    }
  }
  if (!facts.view.contradictions.empty()) {
    return {Truth::kTrue, "Contradiction", facts.view.contradictions.front()};
  }
  if (facts.is_initialized && !facts.view.has_quorum()) {
    return {Truth::kTrue, "NoQuorum", "no leader has a majority of the voters behind it"};
  }
  return {Truth::kFalse, "AsExpected", ""};
}

ConditionState ready(const Facts& facts, const Draft& draft) {
  if (!api::is_true(draft.status, api::condition::kInitialized)) {
    return {Truth::kFalse, "Forming", "the ensemble was not formed yet"};
  }
  if (!facts.view.has_quorum()) {
    return {Truth::kFalse, "NoQuorum", "no leader has a majority of the voters behind it"};
  }
  if (draft.is_stalled) {
    return {Truth::kTrue, "Stalled", voters_text(facts)};
  }
  if (!draft.progressing.empty()) {
    return {Truth::kTrue, draft.progressing, voters_text(facts)};
  }
  const bool is_whole = facts.view.synced_voters() == facts.voters();
  return {Truth::kTrue, is_whole ? "Serving" : "Degraded", voters_text(facts)};
}

ConditionState certificates(const Facts& facts) {
  const api::ValidatedCluster& cluster = facts.cluster;
  if (cluster.tls_client_secret.empty() && cluster.tls_quorum_secret.empty()) {
    return {Truth::kTrue, "NotUsed", "the spec asks for no TLS"};
  }
  for (const SecretProblem& problem : facts.in.observed.secret_problems) {
    if (problem.secret == cluster.tls_client_secret ||
        problem.secret == cluster.tls_quorum_secret) {
      return {Truth::kFalse, "SecretProblem", "Secret " + problem.secret + " " + problem.problem};
    }
  }
  if (const auto& managed = facts.in.observed.certificates) {
    return {managed->is_valid ? Truth::kTrue : Truth::kFalse, managed->reason, managed->message};
  }
  return {Truth::kTrue, "Present", "the Secrets hold certificates"};
}

}  // namespace

void judge(const Facts& facts, Draft& draft) {
  const auto set = [&](std::string_view type, const ConditionState& state) {
    api::set_condition(draft.status, type, state, facts.cluster.generation, facts.in.now);
  };
  set(api::condition::kReady, ready(facts, draft));
  set(api::condition::kQuorumHealthy, quorum_healthy(facts));
  set(api::condition::kZoneFaultTolerant, zone_fault_tolerant(facts));
  set(api::condition::kMembersSynced, members_synced(facts));
  set(api::condition::kConfigInSync, config_in_sync(facts, draft));
  set(api::condition::kProgressing, progressing(draft));
  set(api::condition::kDegraded, degraded(facts, draft));
  set(api::condition::kReconciliationPaused,
      facts.cluster.is_paused
          ? ConditionState{Truth::kTrue, "Paused", "spec.update.paused is true: nothing is changed"}
          : ConditionState{Truth::kFalse, "NotPaused", ""});
  set(api::condition::kCertificatesValid, certificates(facts));
}

}  // namespace quorate::plan
