// Members, zones and numbers of the status; conditions are conditions_of.cc's.
#include "operator/plan/describe.h"

#include <algorithm>
#include <set>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/json_mapping.h"
#include "operator/api/names.h"

namespace quorate::plan {

namespace {

std::string state_of(const Slot& slot, const ensemble::MemberView* view) {
  if (slot.pod == nullptr) {
    return "Missing";
  }
  if (slot.pod->is_terminating) {
    return "Terminating";
  }
  if (view == nullptr || view->report.role == ensemble::Role::kUnreachable) {
    return slot.pod->stuck.empty() ? "Unreachable" : slot.pod->stuck;
  }
  if (view->report.disk == ensemble::Disk::kResyncing) {
    return "Resyncing";
  }
  return std::string(ensemble::text_of(view->report.role));
}

template <typename Set, typename Clear>
void set_or_clear(const std::string& value, Set set, Clear clear) {
  if (value.empty()) {
    clear();
  } else {
    set(value);
  }
}

void describe_member(const Facts& facts, const Slot& slot, api::MemberStatus& to) {
  const ensemble::MemberView* const view = facts.view.find(slot.name);
  if (slot.is_in_config) {
    to.set_role(slot.is_voter ? "Voter" : "Observer");
  } else if (facts.view.has_quorum()) {
    to.set_role("Joining");
  }
  to.set_state(state_of(slot, view));
  to.set_ready(slot.pod != nullptr && slot.pod->is_ready && !slot.pod->is_terminating);
  if (view != nullptr && view->is_trusted) {
    to.set_zxid(ensemble::hex_text(view->report.zxid));
    to.set_version(view->report.version);
  }
  if (slot.lag > ensemble::kLagMax) {
    to.set_lag(static_cast<int32_t>(std::min<int64_t>(slot.lag, INT32_MAX)));
  } else {
    to.clear_lag();
  }
  if (slot.pod != nullptr) {
    to.set_revision(slot.pod->revision);
    to.set_config_hash(slot.pod->config_hash);
  }
  // A new volume is the member's own once it holds what the others hold, or once it does not vote.
  const bool takes_volume =
      slot.volume_uid.empty() || slot.is_synced || (facts.view.has_quorum() && !slot.is_voter);
  if (slot.data != nullptr && takes_volume && !slot.is_former) {
    to.set_volume_uid(slot.data->uid);
  }
  const bool is_unplaced = slot.pod != nullptr && !slot.pod->stuck_detail.empty();
  set_or_clear(
      is_unplaced ? slot.stuck_text() : slot.problem,
      [&](const std::string& text) { to.set_reason(text); }, [&] { to.clear_reason(); });
}

void describe_members(const Facts& facts, api::QuorumClusterStatus& status) {
  for (const Slot& slot : facts.slots) {
    if (api::MemberStatus* const member = find_member(status, slot.name)) {
      describe_member(facts, slot, *member);
    }
  }
  std::ranges::sort(*status.mutable_members(),
                    [](const auto& a, const auto& b) { return a.myid() < b.myid(); });
}

void describe_zones(const Facts& facts, api::QuorumClusterStatus& status) {
  for (api::ZoneStatus& zone : *status.mutable_zones()) {
    int voters = 0;
    int observers = 0;
    int ready = 0;
    for (const Slot& slot : facts.slots) {
      if (slot.zone == zone.name() && slot.is_recorded) {
        voters += slot.is_voter ? 1 : 0;
        observers += slot.is_in_config && !slot.is_voter ? 1 : 0;
        ready += slot.pod != nullptr && slot.pod->is_ready ? 1 : 0;
      }
    }
    if (!facts.view.config.empty() || !zone.has_voters()) {
      zone.set_voters(voters);
      zone.set_observers(observers);
    }
    zone.set_ready(ready);
  }
}

std::string versions(const api::QuorumClusterStatus& status) {
  std::set<std::string> found;
  for (const api::MemberStatus& member : status.members()) {
    if (!member.version().empty()) {
      found.insert(member.version());
    }
  }
  std::string text;
  for (const std::string& each : found) {
    text += (text.empty() ? "" : ",") + each;
  }
  return text;
}

std::string selector_text(const api::ValidatedCluster& cluster) {
  return std::string(api::labels::kInstance) + "=" + cluster.name + "," +
         std::string(api::labels::kRole) + "=observer";
}

void describe_totals(const Facts& facts, api::QuorumClusterStatus& status) {
  int observers = 0;
  int ready = 0;
  for (const Slot& slot : facts.slots) {
    observers += slot.is_recorded && slot.is_in_config && !slot.is_voter ? 1 : 0;
    ready += slot.is_recorded && slot.pod != nullptr && slot.pod->is_ready ? 1 : 0;
  }
  status.set_observed_generation(facts.cluster.generation);
  status.set_selector(selector_text(facts.cluster));
  status.set_ready(ready);
  if (!facts.view.config.empty() || !status.has_voters()) {
    status.set_voters(facts.view.voters());
    status.set_observers(observers);
  }
  set_or_clear(
      facts.view.leader.value_or(""), [&](const std::string& text) { status.set_leader(text); },
      [&] { status.clear_leader(); });
  if (facts.view.has_quorum()) {
    status.set_config_version(ensemble::hex_text(facts.view.config_version));
  }
  set_or_clear(
      versions(status), [&](const std::string& text) { status.set_version(text); }, [] {});
  set_or_clear(
      facts.cluster.restarted_at, [&](const std::string& text) { status.set_restarted_at(text); },
      [] {});
}

/// Labels come first: the budget counts by them, and an eviction that it refuses ends the pass.
void label_pods(const Facts& facts, Draft& draft) {
  std::vector<Action> labels;
  for (const Slot& slot : facts.slots) {
    const std::string role = slot.is_voter ? "voter" : "observer";
    if (slot.is_in_config && slot.pod != nullptr && !slot.pod->is_terminating &&
        slot.pod->role != role) {
      labels.emplace_back(LabelPod{.name = slot.name, .uid = slot.pod->uid, .role = role});
    }
  }
  draft.actions.insert(draft.actions.begin(), labels.begin(), labels.end());
}

api::QuorumClusterStatus without_noise(const api::QuorumClusterStatus& status) {
  api::QuorumClusterStatus quiet = status;
  for (api::MemberStatus& member : *quiet.mutable_members()) {
    member.clear_zxid();
  }
  return quiet;
}

bool was_planned(const api::QuorumClusterStatus& recorded, const api::PlanStep& step) {
  return std::ranges::any_of(recorded.plan(), [&](const api::PlanStep& each) {
    return each.step() == step.step() && each.state() == step.state() &&
           each.reason() == step.reason() && std::ranges::equal(each.members(), step.members());
  });
}

std::string members_text(const api::PlanStep& step) {
  std::string text;
  for (const std::string& member : step.members()) {
    text += (text.empty() ? "" : ", ") + member;
  }
  return text;
}

}  // namespace

void describe(const Facts& facts, Draft& draft) {
  describe_members(facts, draft.status);
  describe_zones(facts, draft.status);
  describe_totals(facts, draft.status);
  label_pods(facts, draft);
  draft.status.clear_plan();
  for (const api::PlanStep& step : draft.steps) {
    *draft.status.add_plan() = step;
  }
}

bool is_worth_writing(const api::QuorumClusterStatus& recorded,
                      const api::QuorumClusterStatus& next) {
  return api::write(without_noise(recorded)) != api::write(without_noise(next));
}

std::vector<Event> events_between(const api::QuorumClusterStatus& recorded,
                                  const api::QuorumClusterStatus& next) {
  std::vector<Event> events;
  for (const api::Condition& condition : next.conditions()) {
    const api::Condition* const before = api::find_condition(recorded, condition.type());
    const bool matters = condition.type() == api::condition::kReady ||
                         condition.type() == api::condition::kDegraded ||
                         condition.type() == api::condition::kInitialized ||
                         condition.type() == api::condition::kRecovered;
    if (matters && (before == nullptr || before->status() != condition.status())) {
      const bool is_good =
          (condition.type() == api::condition::kDegraded) != (condition.status() == "True");
      events.push_back(
          {.is_warning = !is_good && before != nullptr,
           .reason = condition.reason(),
           .message = condition.type() + " is " + condition.status() + ": " + condition.message()});
    }
  }
  for (const api::PlanStep& step : next.plan()) {
    if (was_planned(recorded, step)) {
      continue;
    }
    if (step.state() == "Blocked") {
      events.push_back({.is_warning = true, .reason = step.reason(), .message = step.message()});
    } else if (step.state() == "Now") {
      events.push_back({.is_warning = false, .reason = step.step(), .message = members_text(step)});
    }
  }
  return events;
}

}  // namespace quorate::plan
