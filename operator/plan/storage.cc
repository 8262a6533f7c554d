// Sizes of claims and StatefulSets; volumes without a member.
#include "operator/plan/storage.h"

#include <algorithm>
#include <utility>

#include "operator/api/names.h"
#include "operator/api/quantity.h"

namespace quorate::plan {

namespace {

/// -1, 0, 1; sizes that cannot be read are equal to everything, so that nothing is done to them.
int compare_sizes(const std::string& a, const std::string& b) {
  const auto left = api::parse_quantity(a);
  const auto right = api::parse_quantity(b);
  if (!left || !right || *left == *right) {
    return 0;
  }
  return *left < *right ? -1 : 1;
}

class Growth {
 public:
  Growth(const Facts& facts, Draft& draft) : facts_(facts), draft_(draft) {}

  Flow run() {
    for (const Slot& slot : facts_.slots) {
      check(slot, slot.data, facts_.cluster.data.size);
      if (facts_.cluster.log) {
        check(slot, slot.log, facts_.cluster.log->size);
      }
    }
    if (!growing_.empty()) {
      draft_.progressing = change::kStorage;
      draft_.record(change::kStorage, "GrowVolume", {}, facts_.in.now);
      draft_.step_now("GrowVolume", growing_);
      return Flow::kContinue;  // It depends on nothing and nothing depends on it.
    }
    return recreate_sets();
  }

 private:
  void check(const Slot& slot, const Claim* claim, const std::string& size) {
    if (claim == nullptr || claim->is_terminating || !slot.is_recorded) {
      return;
    }
    const int order = compare_sizes(claim->size, size);
    if (order < 0) {
      draft_.actions.emplace_back(GrowClaim{.name = claim->name, .size = size});
      growing_.push_back(slot.name);
    } else if (order > 0) {
      draft_.step_blocked("GrowVolume", {slot.name}, "CannotShrink",
                          "volume " + claim->name + " has " + claim->size + ", the spec asks for " +
                              size + ": volumes only grow");
    }
  }

  Flow recreate_sets() {
    const std::vector<std::string> sets = recreate_outdated_sets(facts_, draft_);
    if (sets.empty()) {
      return Flow::kContinue;
    }
    draft_.progressing = change::kStorage;
    draft_.record(change::kStorage, "RecreateStatefulSet", {}, facts_.in.now);
    draft_.step_now("RecreateStatefulSet", sets);
    return Flow::kStop;
  }

  const Facts& facts_;
  Draft& draft_;
  std::vector<std::string> growing_;
};

/// The member whose claim it is: its name without "data-" or "log-".
std::string member_of(const std::string& claim) {
  for (const std::string_view prefix : {"data-", "log-"}) {
    if (claim.starts_with(prefix)) {
      return claim.substr(prefix.size());
    }
  }
  return {};
}

}  // namespace

Flow grow_volumes(const Facts& facts, Draft& draft) { return Growth(facts, draft).run(); }

std::vector<std::string> recreate_outdated_sets(const Facts& facts, Draft& draft) {
  std::vector<std::string> sets;
  for (const auto& [name, set] : facts.in.observed.sets) {
    const bool is_smaller =
        compare_sizes(set.data_size, facts.cluster.data.size) < 0 ||
        (facts.cluster.log && compare_sizes(set.log_size, facts.cluster.log->size) < 0);
    const bool is_former =
        !set.ensemble_id.empty() && set.ensemble_id == draft.status.recovery().former_ensemble_id();
    if ((is_smaller || is_former) && !set.is_terminating) {
      draft.actions.emplace_back(DeleteSet{.name = name, .uid = set.uid, .keeps_pods = true});
      sets.push_back(name);
    }
  }
  return sets;
}

void stamp_volumes(const Facts& facts, Draft& draft) {
  for (const Slot& slot : facts.slots) {
    const bool has_shown_id = slot.is_trusted && facts.view.find(slot.name)->report.ensemble_id ==
                                                     draft.status.ensemble_id();
    for (const Claim* const claim : {slot.data, slot.log}) {
      if (claim != nullptr && !claim->is_terminating && has_shown_id &&
          bears_former_id(draft.status, *claim)) {
        draft.actions.emplace_back(StampClaim{
            .name = claim->name, .uid = claim->uid, .ensemble_id = draft.status.ensemble_id()});
      }
    }
  }
}

void reclaim_volumes(const Facts& facts, Draft& draft) {
  for (const auto& [name, claim] : facts.in.observed.claims) {
    const std::string member = member_of(name);
    const bool is_left = !member.empty() && find_member(draft.status, member) == nullptr &&
                         !facts.in.observed.pods.contains(member) && facts.view.has_quorum() &&
                         facts.view.server(member) == nullptr;
    if (!is_left || claim.is_terminating || claim.ensemble_id != draft.status.ensemble_id()) {
      continue;
    }
    // Its StatefulSet must not make the Pod, and so the claim, once more.
    const auto set = facts.in.observed.sets.find(api::set_name(facts.cluster.name, claim.zone));
    const auto ordinal = api::ordinal_of(member, api::set_name(facts.cluster.name, claim.zone));
    if (!ordinal || (set != facts.in.observed.sets.end() && set->second.replicas > *ordinal)) {
      continue;
    }
    if (facts.cluster.reclaim == api::Reclaim::kDelete) {
      draft.actions.emplace_back(DeleteClaim{.name = name, .uid = claim.uid});
      draft.step_now("DeleteVolume", {member});
    } else if (!claim.is_retired) {
      draft.actions.emplace_back(RetireClaim{.name = name, .uid = claim.uid, .is_retired = true});
      draft.step_now("RetireVolume", {member});
    }
  }
}

}  // namespace quorate::plan
