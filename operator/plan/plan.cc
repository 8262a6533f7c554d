// The order of the stages.
#include "operator/plan/plan.h"

#include <algorithm>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/names.h"
#include "operator/kube/object.h"
#include "operator/plan/describe.h"
#include "operator/plan/draft.h"
#include "operator/plan/facts.h"
#include "operator/plan/finalize.h"
#include "operator/plan/form.h"
#include "operator/plan/handover.h"
#include "operator/plan/identity.h"
#include "operator/plan/judge.h"
#include "operator/plan/membership.h"
#include "operator/plan/recover.h"
#include "operator/plan/replace.h"
#include "operator/plan/roll.h"
#include "operator/plan/storage.h"
#include "operator/resources/bundle.h"

namespace quorate::plan {

namespace {

constexpr int kBusyRecheckS = 2;
constexpr int kIdleRecheckS = 10;

/// What forbids to change anything at all, although the spec is valid.
bool is_blocked_from_outside(const Input& input, Draft& draft) {
  for (const Conflict& conflict : input.observed.conflicts) {
    draft.is_stalled = true;
    draft.step_blocked("Apply", {}, "NameTaken",
                       conflict.kind + " " + conflict.name + " belongs to " + conflict.owner +
                           ": delete it, or give this cluster another name");
  }
  for (const SecretProblem& problem : input.observed.secret_problems) {
    draft.is_stalled = true;
    draft.step_blocked("Apply", {}, "SecretProblem",
                       "Secret " + problem.secret + " " + problem.problem);
  }
  return draft.is_stalled;
}

/// What the API server said of the objects that it refused. They are tried again all the same.
void tell_refusals(const Input& input, Draft& draft) {
  for (const std::string& refusal : input.observed.refusals) {
    draft.is_stalled = true;
    draft.step_blocked("Apply", {}, "Refused", refusal);
  }
}

/// The record of a step that has been made, or that nothing asks for any more.
void settle_record(const Facts& facts, Draft& draft, const api::QuorumClusterStatus& recorded) {
  const bool is_untouched = draft.status.has_in_flight() && recorded.has_in_flight() &&
                            draft.status.in_flight().since() == recorded.in_flight().since();
  if (is_untouched && !draft.is_in_flight(change::kRoll) && facts.is_initialized &&
      facts.view.has_quorum() && draft.progressing.empty()) {
    draft.clear_record();
  }
}

/// The stages, in order of precedence. Each looks at what is and makes at most one step.
void run_stages(const Facts& facts, Draft& draft) {
  if (recover(facts, draft) == Flow::kStop) {
    return;
  }
  replace_stuck(facts, draft);
  if (form(facts, draft) == Flow::kStop) {
    return;
  }
  stamp_volumes(facts, draft);
  reclaim_volumes(facts, draft);
  const bool is_rolling = draft.is_in_flight(change::kRoll);
  if (!is_rolling && replace_members(facts, draft) == Flow::kStop) {
    return;
  }
  if (grow_volumes(facts, draft) == Flow::kStop) {
    return;
  }
  if (change_membership(facts, draft) == Flow::kStop) {
    return;
  }
  if (move_leader(facts, draft) == Flow::kStop) {
    return;
  }
  static_cast<void>(roll(facts, draft));
}

/// Shows what would be done, and does nothing.
void run_paused(const Facts& facts, Draft& draft) {
  Draft shadow = draft;
  run_stages(facts, shadow);
  for (api::PlanStep& step : shadow.steps) {
    if (step.state() == "Now") {
      step.set_state("Waiting");
      step.set_reason("Paused");
      step.set_message("spec.update.paused is true");
    }
  }
  draft.steps = std::move(shadow.steps);
}

std::vector<resources::ZoneSet> zone_sets(const Facts& facts, const Draft& draft) {
  std::vector<resources::ZoneSet> zones;
  for (const ZoneTarget& zone : facts.zones) {
    resources::ZoneSet set{.zone = zone.name,
                           .index = zone.index,
                           .node_zone = zone.node_zone,
                           .replicas = 0,
                           .data_size = {},
                           .log_size = {},
                           .ensemble_id = {}};
    const std::string name = api::set_name(facts.cluster.name, zone.name);
    for (const api::MemberStatus& member : draft.status.members()) {
      if (const auto ordinal = api::ordinal_of(member.name(), name)) {
        set.replicas = std::max(set.replicas, *ordinal + 1);
      }
    }
    const auto present = facts.in.observed.sets.find(name);
    if (present != facts.in.observed.sets.end()) {
      set.data_size = present->second.data_size;
      set.log_size = present->second.log_size;
      set.ensemble_id = present->second.ensemble_id;
    } else if (set.replicas == 0) {
      continue;
    }
    zones.push_back(std::move(set));
  }
  return zones;
}

resources::Blueprint blueprint_of(const Facts& facts, const Draft& draft) {
  resources::Blueprint blueprint{.cluster = facts.cluster,
                                 .ensemble_id = draft.status.ensemble_id(),
                                 .mode = api::is_true(draft.status, api::condition::kInitialized)
                                             ? resources::Mode::kJoin
                                             : resources::Mode::kForm,
                                 .recover_from = recover_from_of(draft),
                                 .servers = {},
                                 .zones = zone_sets(facts, draft),
                                 .voters_available_min = voters_available_min(facts, draft),
                                 .superuser_hash = facts.in.observed.superuser_hash,
                                 .new_admin_token = {}};
  for (const api::MemberStatus& member : draft.status.members()) {
    blueprint.servers.push_back(
        {.member = member.name(), .myid = member.myid(), .is_voter = member.role() == "Voter"});
  }
  std::ranges::sort(blueprint.servers, {}, &resources::Server::myid);
  if (!facts.in.observed.has_admin_secret) {
    blueprint.new_admin_token = facts.in.fresh_token;
  }
  return blueprint;
}

/// A StatefulSet that is about to be deleted is not applied first.
void leave_out_deleted_sets(const std::vector<Action>& actions, resources::Blueprint& blueprint) {
  for (const Action& action : actions) {
    if (const auto* const deleted = std::get_if<DeleteSet>(&action)) {
      std::erase_if(blueprint.zones, [&](const resources::ZoneSet& zone) {
        return api::set_name(blueprint.cluster.name, zone.zone) == deleted->name;
      });
    }
  }
}

/// The status is written before objects are applied: until they are, nothing is settled.
void note_unapplied_set(const Input& input, const resources::Blueprint& blueprint, Draft& draft) {
  for (const nlohmann::json& wanted : resources::build(blueprint).stateful_sets) {
    const std::string name = kube::name_of(wanted);
    const auto present = input.observed.sets.find(name);
    if (present == input.observed.sets.end() ||
        present->second.applied_hash != resources::applied_hash_of(wanted)) {
      draft.unapplied_set = name;
      return;
    }
  }
}

Plan finish(const Input& input, Draft draft) {
  Plan plan;
  plan.is_status_changed = is_worth_writing(input.recorded, draft.status);
  plan.status = plan.is_status_changed ? std::move(draft.status) : input.recorded;
  plan.events = events_between(input.recorded, plan.status);
  plan.actions = std::move(draft.actions);
  const bool is_busy = !draft.progressing.empty() || !draft.steps.empty();
  plan.recheck_after_s = is_busy ? kBusyRecheckS : kIdleRecheckS;
  return plan;
}

}  // namespace

std::vector<std::string> members_to_ask(const api::QuorumClusterStatus& recorded) {
  std::vector<std::string> names;
  for (const api::MemberStatus& member : recorded.members()) {
    names.push_back(member.name());
  }
  return names;
}

Plan make_plan(const Input& input) {
  Draft draft{.status = input.recorded, .actions = {}, .steps = {}, .progressing = {}};
  if (input.cluster.is_deleting) {
    finalize(input, draft);
    return finish(input, std::move(draft));
  }
  if (!input.cluster.is_paused && !input.cluster.has_finalizer) {
    draft.actions.emplace_back(AddFinalizer{});
  }
  const bool may_change = !is_blocked_from_outside(input, draft) && !input.cluster.is_paused;
  tell_refusals(input, draft);
  bool may_apply = may_change;
  if (may_change && record_identity(input, draft) == Flow::kStop) {
    may_apply = !draft.status.ensemble_id().empty();
  }
  if (may_apply) {
    record_recovery(input, draft);
  }
  const Facts facts = gather(input, draft.status);
  if (may_apply) {
    run_stages(facts, draft);
    settle_record(facts, draft, input.recorded);
  } else if (input.cluster.is_paused && !draft.status.ensemble_id().empty()) {
    run_paused(facts, draft);
  }
  describe(facts, draft);
  std::optional<resources::Blueprint> blueprint;
  if (!draft.status.ensemble_id().empty()) {
    blueprint = blueprint_of(facts, draft);
    leave_out_deleted_sets(draft.actions, *blueprint);
    note_unapplied_set(input, *blueprint, draft);
  }
  if (may_apply && draft.progressing.empty() && !draft.unapplied_set.empty()) {
    draft.progressing = change::kApply;
  }
  judge(facts, draft);
  if (input.cluster.is_paused) {
    draft.actions.clear();  // Not even a label.
  }
  Plan plan = finish(input, std::move(draft));
  if (may_apply) {
    plan.blueprint = std::move(blueprint);
  }
  return plan;
}

Plan refuse(const api::Problems& problems, const api::QuorumClusterStatus& recorded,
            int32_t generation, WallMillis now) {
  Plan plan;
  plan.status = recorded;
  plan.status.set_observed_generation(generation);
  const std::string text = api::to_text(problems);
  const auto set = [&](std::string_view type, api::Truth truth) {
    api::set_condition(plan.status, type, {truth, "InvalidSpec", text}, generation, now);
  };
  if (api::find_condition(recorded, api::condition::kReady) == nullptr) {
    set(api::condition::kReady, api::Truth::kFalse);
  }
  set(api::condition::kProgressing, api::Truth::kFalse);
  set(api::condition::kDegraded, api::Truth::kTrue);
  plan.is_status_changed = is_worth_writing(recorded, plan.status);
  const api::Condition* const before = api::find_condition(recorded, api::condition::kDegraded);
  if (before == nullptr || before->message() != text) {
    plan.events.push_back({.is_warning = true, .reason = "InvalidSpec", .message = text});
  }
  return plan;
}

}  // namespace quorate::plan
