// Each function changes what the planner hears or what it says.
#include "tests/operator/plan/planted_bugs.h"

#include <algorithm>
#include <map>
#include <string>

namespace quorate::plan::testing {
namespace {

using Reports = std::map<std::string, ensemble::MemberReport>;

void say_all_are_synced(World& world, Reports& reports) {
  for (auto& [name, report] : reports) {
    if (world.leader && report.role == ensemble::Role::kUnreachable &&
        reports.contains(*world.leader)) {
      report = reports.at(*world.leader);
      report.myid = find_member(world.status, name)->myid();
      report.role = ensemble::Role::kFollower;
    }
  }
}

void say_resyncing_ones_are_whole(World&, Reports& reports) {
  for (auto& [name, report] : reports) {
    report.disk = ensemble::Disk::kOk;
    report.is_serving = report.role != ensemble::Role::kUnreachable;
    if (report.role == ensemble::Role::kObserver) {
      report.zxid = ~uint64_t{0} >> 8;
    }
  }
}

bool evicts(const Plan& plan) {
  return std::ranges::any_of(
      plan.actions, [](const Action& action) { return std::holds_alternative<EvictPod>(action); });
}

void evict_everybody(World& world, Plan& plan) {
  if (evicts(plan)) {
    for (const auto& [name, pod] : world.pods) {
      plan.actions.emplace_back(EvictPod{.name = name, .uid = pod.pod.uid});
    }
  }
}

void delete_instead_of_evicting(World&, Plan& plan) {
  for (Action& action : plan.actions) {
    if (const auto* const evicted = std::get_if<EvictPod>(&action)) {
      action = DeletePod{.name = evicted->name, .uid = evicted->uid};
    }
  }
}

void record_nothing(World&, Plan& plan) { plan.status.clear_in_flight(); }

void let_new_members_vote(World&, Plan& plan) {
  for (Action& action : plan.actions) {
    if (auto* const change = std::get_if<Reconfigure>(&action)) {
      for (resources::Server& server : change->joining) {
        server.is_voter = true;
      }
    }
  }
}

void promote_one_by_one(World&, Plan& plan) {
  for (Action& action : plan.actions) {
    auto* const change = std::get_if<Reconfigure>(&action);
    if (change != nullptr && change->joining.size() == 2 && change->joining[0].is_voter &&
        change->joining[1].is_voter) {
      change->joining.pop_back();
    }
  }
}

void delete_kept_volumes(World&, Plan& plan) {
  for (Action& action : plan.actions) {
    if (const auto* const retired = std::get_if<RetireClaim>(&action)) {
      action = DeleteClaim{.name = retired->name, .uid = retired->uid};
    }
  }
}

void delete_pods_before_they_left(World& world, Plan& plan) {
  for (const Action& action : plan.actions) {
    const auto* const change = std::get_if<Reconfigure>(&action);
    if (change == nullptr) {
      continue;
    }
    for (const auto& [name, pod] : world.pods) {
      const auto* const member = find_member(std::as_const(world.status), name);
      if (member != nullptr &&
          std::ranges::find(change->leaving, member->myid()) != change->leaving.end()) {
        plan.actions = {DeletePod{.name = name, .uid = pod.pod.uid}};
        return;
      }
    }
  }
}

void form_for_ever(World&, Plan& plan) {
  if (plan.blueprint) {
    plan.blueprint->mode = resources::Mode::kForm;
  }
}

/// The batch is recorded, the gate was not asked, and the budget lets it pass.
void keep_no_quorum(World& world, Plan& plan) {
  if (plan.blueprint) {
    plan.blueprint->voters_available_min = 0;
  }
  if (!evicts(plan)) {
    return;
  }
  for (const auto& [name, pod] : world.pods) {
    if (world.is_voter(name)) {
      api::InFlightMember& member = *plan.status.mutable_in_flight()->add_members();
      member.set_name(name);
      member.set_uid(pod.pod.uid);
      plan.is_status_changed = true;
      plan.actions.emplace_back(EvictPod{.name = name, .uid = pod.pod.uid});
    }
  }
}

/// Of an exchange, the voter of another zone leaves.
void forget_zones(World& world, Plan& plan) {
  for (Action& action : plan.actions) {
    auto* const change = std::get_if<Reconfigure>(&action);
    if (change == nullptr || change->joining.size() != 1 || change->leaving.size() != 1 ||
        !change->joining[0].is_voter) {
      continue;
    }
    for (const ensemble::ServerLine& server : world.config) {
      if (server.is_voter && server.name.starts_with("zoo-b")) {
        change->leaving = {server.myid};
      }
    }
  }
}

}  // namespace

const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> kBugs{
      {"everybody is said to be synced", say_all_are_synced, nullptr},
      {"a resyncing member is said to be whole", say_resyncing_ones_are_whole, nullptr},
      {"the batch takes everybody", nullptr, evict_everybody},
      {"Pods are deleted where they should be evicted", nullptr, delete_instead_of_evicting},
      {"nothing is recorded before it is done", nullptr, record_nothing},
      {"new members vote at once", nullptr, let_new_members_vote},
      {"members are promoted one by one", nullptr, promote_one_by_one},
      {"volumes that the policy keeps are deleted", nullptr, delete_kept_volumes},
      {"Pods go before the configuration", nullptr, delete_pods_before_they_left},
      {"empty disks form for ever", nullptr, form_for_ever},
      {"a batch leaves no quorum", nullptr, keep_no_quorum},
      {"zones are not looked at", nullptr, forget_zones},
  };
  return kBugs;
}

}  // namespace quorate::plan::testing
