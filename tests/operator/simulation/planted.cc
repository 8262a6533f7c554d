// Bugs planted inside the operator, by the linker.
//
// CMakeLists.txt has the linker send the calls of the planner and of the view between the
// operator's modules to __wrap_NAME, which can reach the production code as __real_NAME. So the
// code that ships knows nothing of them. Others are in the world: operator_process.cc, wire.cc.
#include "tests/operator/simulation/planted.h"

#include <algorithm>
#include <string>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/ensemble/view.h"
#include "operator/plan/facts.h"
#include "operator/plan/plan.h"

// make_plan and view_of, as the compiler names them.
#define QR_PLAN _ZN7quorate4plan9make_planERKNS0_5InputE
#define QR_VIEW \
  _ZN7quorate8ensemble7view_ofESt4spanIKNS0_8ExpectedELm18446744073709551615EERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKSt3mapISA_NS0_12MemberReportESt4lessISA_ESaISt4pairISB_SE_EEE
#define QR_PASTE(a, b) a##b
#define QR_REAL(name) QR_PASTE(__real_, name)
#define QR_WRAP(name) QR_PASTE(__wrap_, name)

namespace quorate::opsim {
namespace {

Bug planted_bug = Bug::kNone;

using plan::Action;
using plan::Input;
using plan::Plan;

bool evicts(const Plan& plan) {
  return std::ranges::any_of(plan.actions, [](const Action& action) {
    return std::holds_alternative<plan::EvictPod>(action);
  });
}

void delete_kept_volumes(Plan& plan) {
  for (Action& action : plan.actions) {
    if (const auto* const retired = std::get_if<plan::RetireClaim>(&action)) {
      action = plan::DeleteClaim{.name = retired->name, .uid = retired->uid};
    }
  }
}

void evict_another(const Input& input, Plan& plan) {
  if (!evicts(plan)) {
    return;
  }
  for (const auto& [name, pod] : input.observed.pods) {
    plan.actions.emplace_back(plan::EvictPod{.name = name, .uid = pod.uid});
  }
}

void forget_ids(Plan& plan) {
  if (!plan.blueprint || !api::is_true(plan.status, api::condition::kInitialized)) {
    return;
  }
  int next = 0;
  for (resources::Server& server : plan.blueprint->servers) {
    server.myid = ++next;
  }
}

void restart_leader_first(const Input& input, Plan& plan) {
  const auto leader = std::ranges::find(input.reports, ensemble::Role::kLeader,
                                        [](const auto& each) { return each.second.role; });
  if (!evicts(plan) || leader == input.reports.end() ||
      !input.observed.pods.contains(leader->first)) {
    return;
  }
  const std::string uid = input.observed.pods.at(leader->first).uid;
  std::erase_if(plan.actions, [](const Action& action) {
    return std::holds_alternative<plan::EvictPod>(action);
  });
  plan.actions.emplace_back(plan::EvictPod{.name = leader->first, .uid = uid});
  api::InFlightMember& member = *plan.status.mutable_in_flight()->add_members();
  member.set_name(leader->first);
  member.set_uid(uid);
  plan.is_status_changed = true;
}

/// Of an exchange, the voter of another zone leaves.
void forget_zones(const Input& input, Plan& plan) {
  for (Action& action : plan.actions) {
    auto* const change = std::get_if<plan::Reconfigure>(&action);
    if (change == nullptr) {
      continue;
    }
    for (resources::Server& server : change->joining) {
      const auto other = std::ranges::find_if(input.reports, [&](const auto& each) {
        return each.second.myid != server.myid && each.second.role == ensemble::Role::kFollower &&
               each.second.myid / 32 != server.myid / 32;
      });
      if (server.is_voter && other != input.reports.end() && change->leaving.empty()) {
        change->joining.push_back(
            {.member = other->first, .myid = other->second.myid, .is_voter = false});
        change->joining.resize(2);
        return;
      }
    }
  }
}

void spoil(const Input& input, Plan& plan) {
  switch (planted_bug) {
    case Bug::kDeletesKeptVolumes:
      delete_kept_volumes(plan);
      break;
    case Bug::kMakesTwoChanges:
      evict_another(input, plan);
      break;
    case Bug::kRecordsNothing:
      plan.status.clear_in_flight();
      break;
    case Bug::kForgetsIds:
      forget_ids(plan);
      break;
    case Bug::kRestartsLeaderFirst:
      restart_leader_first(input, plan);
      break;
    case Bug::kDropsFinalizerEarly:
      if (input.cluster.is_deleting) {
        plan.actions = {plan::RemoveFinalizer{}};
      }
      break;
    case Bug::kFormsForEver:
      if (plan.blueprint) {
        plan.blueprint->mode = resources::Mode::kForm;
      }
      break;
    case Bug::kForgetsZones:
      forget_zones(input, plan);
      break;
    default:
      break;
  }
}

void spoil_view(ensemble::View& view) {
  if (planted_bug == Bug::kCountsObservers) {
    for (ensemble::ServerLine& server : view.config) {
      server.is_voter = true;
    }
    for (auto& [name, member] : view.members) {
      member.is_voter = member.is_in_config;
    }
  } else if (planted_bug == Bug::kIgnoresSyncGate && view.leader) {
    for (auto& [name, member] : view.members) {
      member.is_synced = member.is_trusted;
    }
  }
}

}  // namespace

void plant(Bug bug) { planted_bug = bug; }

extern "C" {

plan::Plan QR_REAL(QR_PLAN)(const plan::Input& input);
ensemble::View QR_REAL(QR_VIEW)(std::span<const ensemble::Expected> expected,
                                const std::string& ensemble_id,
                                const std::map<std::string, ensemble::MemberReport>& reports);

plan::Plan QR_WRAP(QR_PLAN)(const plan::Input& input) {
  plan::Plan plan = QR_REAL(QR_PLAN)(input);
  spoil(input, plan);
  return plan;
}

ensemble::View QR_WRAP(QR_VIEW)(std::span<const ensemble::Expected> expected,
                                const std::string& ensemble_id,
                                const std::map<std::string, ensemble::MemberReport>& reports) {
  ensemble::View view = QR_REAL(QR_VIEW)(expected, ensemble_id, reports);
  spoil_view(view);
  return view;
}

}  // extern "C"

}  // namespace quorate::opsim
