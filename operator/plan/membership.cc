// The steps of a change of membership.
#include "operator/plan/membership.h"

#include <algorithm>
#include <utility>

#include "operator/api/names.h"
#include "operator/ensemble/member_report.h"
#include "operator/plan/role_change.h"

namespace quorate::plan {

namespace {

using Slots = std::vector<const Slot*>;

template <typename Predicate>
Slots slots_where(const Facts& facts, Predicate predicate) {
  Slots found;
  for (const Slot& slot : facts.slots) {
    if (predicate(slot)) {
      found.push_back(&slot);
    }
  }
  return found;
}

std::vector<std::string> names_of(const Slots& slots) {
  std::vector<std::string> names;
  for (const Slot* const slot : slots) {
    names.push_back(slot->name);
  }
  return names;
}

std::vector<api::InFlightMember> in_flight(const Slots& slots) {
  std::vector<api::InFlightMember> members;
  for (const Slot* const slot : slots) {
    members.push_back(in_flight_member(slot->name, {}));
  }
  return members;
}

Slots joined(const Slots& a, const Slots& b) {
  Slots all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

resources::Server server_of(const Slot& slot, bool is_voter) {
  return {.member = slot.name, .myid = slot.myid, .is_voter = is_voter};
}

class Membership {
 public:
  Membership(const Facts& facts, Draft& draft) : facts_(facts), draft_(draft) {}

  Flow run() {
    sort_out();
    if (!is_change_due()) {
      return Flow::kContinue;
    }
    draft_.progressing = kind();
    if (draft_.is_in_flight(change::kRoll)) {
      later("AfterRoll");
      return Flow::kContinue;  // The roll goes on first.
    }
    if (!facts_.view.has_quorum()) {
      draft_.step_blocked(first_step(), names_of(joined(joining_, leaving_)), "NoQuorum",
                          "membership changes only with a quorum, and no leader is known");
      return Flow::kStop;
    }
    return step();
  }

 private:
  void sort_out() {
    const auto where = [&](auto predicate) { return slots_where(facts_, predicate); };
    gone_ = where([](const Slot& s) { return s.is_recorded && !s.is_wanted && !s.is_in_config; });
    unrecorded_ = where([](const Slot& s) { return s.is_wanted && !s.is_recorded; });
    joining_ = where([](const Slot& s) { return s.is_wanted && s.is_recorded && !s.is_in_config; });
    promotable_ =
        where([](const Slot& s) { return s.is_in_config && s.is_wanted_voter && !s.is_voter; });
    demotable_ =
        where([](const Slot& s) { return s.is_in_config && s.is_voter && !s.is_wanted_voter; });
    leaving_ = where([](const Slot& s) { return s.is_in_config && !s.is_wanted && !s.is_voter; });
  }

  [[nodiscard]] bool is_change_due() const {
    return !gone_.empty() || !unrecorded_.empty() || !joining_.empty() || !promotable_.empty() ||
           !demotable_.empty() || !leaving_.empty();
  }

  [[nodiscard]] std::string_view kind() const {
    if (!unrecorded_.empty() || !joining_.empty()) {
      return change::kScaleOut;
    }
    const auto is_unwanted = [](const Slot* slot) { return !slot->is_wanted; };
    if (!gone_.empty() || !leaving_.empty() || std::ranges::any_of(demotable_, is_unwanted)) {
      return change::kScaleIn;
    }
    return draft_.is_in_flight(change::kReplace) ? change::kReplace : change::kRoles;
  }

  [[nodiscard]] std::string_view first_step() const {
    return kind() == change::kScaleOut ? "Join" : "ChangeRoles";
  }

  Flow step() {
    if (drop_gone() || record_new()) {
      later({});
      return Flow::kStop;
    }
    if (join() || change_roles() || remove_observers()) {
      return Flow::kStop;
    }
    return Flow::kContinue;
  }

  /// 1. The removal must be known to a majority before the Pod goes.
  bool drop_gone() {
    if (gone_.empty()) {
      return false;
    }
    if (facts_.view.voters_with_config < facts_.quorum()) {
      draft_.step_waits("StopPod", names_of(gone_), "ConfigNotOnMajority",
                        "configuration " + ensemble::hex_text(facts_.view.config_version) +
                            " is on " + std::to_string(facts_.view.voters_with_config) + " of " +
                            std::to_string(facts_.voters()) + " voters");
      return true;
    }
    auto& members = *draft_.status.mutable_members();
    for (const Slot* const slot : gone_) {
      for (int i = members.size() - 1; i >= 0; --i) {
        if (members.Get(i).name() == slot->name) {
          members.DeleteSubrange(i, 1);
        }
      }
    }
    draft_.record(change::kScaleIn, "StopPod", in_flight(gone_), facts_.in.now);
    draft_.step_now("StopPod", names_of(gone_));
    return true;
  }

  /// 2. A kept volume of another ensemble, or one that is being deleted, would come with the Pod.
  bool record_new() {
    Slots ready;
    for (const Slot* const slot : unrecorded_) {
      if (slot->ordinal >= api::kMembersPerZoneMax) {
        draft_.step_blocked("AddMember", {slot->name}, "ZoneTooLarge",
                            "zone " + slot->zone + " holds at most " +
                                std::to_string(api::kMembersPerZoneMax) + " members");
        continue;
      }
      if (is_volume_in_the_way(*slot)) {
        continue;
      }
      ready.push_back(slot);
    }
    for (const Slot* const slot : ready) {
      api::MemberStatus& member = *draft_.status.add_members();
      member.set_name(slot->name);
      member.set_zone(slot->zone);
      member.set_myid(slot->myid);
      member.set_role("Joining");
      if (slot->data != nullptr && slot->data->is_retired) {
        draft_.actions.push_back(
            RetireClaim{.name = slot->data->name, .uid = slot->data->uid, .is_retired = false});
      }
    }
    if (!ready.empty()) {
      draft_.record(change::kScaleOut, "StartPod", in_flight(ready), facts_.in.now);
      draft_.step_now("StartPod", names_of(ready));
    }
    return !ready.empty();
  }

  /// Source: facts 3.2, pravega#94, #448, #315, #513.
  bool is_volume_in_the_way(const Slot& slot) {
    if (slot.pod != nullptr && slot.pod->is_terminating) {
      draft_.step_waits("StartPod", {slot.name}, "PodGoing",
                        "the former Pod " + slot.name + " is still being deleted");
      return true;
    }
    if (slot.data == nullptr) {
      return false;
    }
    if (slot.data->is_terminating) {
      draft_.step_waits("StartPod", {slot.name}, "VolumeGoing",
                        "volume " + slot.data->name + " is being deleted");
      return true;
    }
    if (slot.data->ensemble_id != draft_.status.ensemble_id()) {
      draft_.step_blocked("StartPod", {slot.name}, "VolumeOfAnother",
                          "volume " + slot.data->name + " belongs to ensemble '" +
                              slot.data->ensemble_id + "': delete it if it is not needed");
      return true;
    }
    return false;
  }

  /// 3. As observers, all that answer.
  bool join() {
    Slots ready;
    Slots waiting;
    for (const Slot* const slot : joining_) {
      (slot->is_trusted && slot->pod != nullptr && !slot->pod->is_terminating ? ready : waiting)
          .push_back(slot);
    }
    for (const Slot* const slot : waiting) {
      const bool is_stuck = slot->is_stuck();
      std::string message = slot->detail;
      if (slot->pod == nullptr) {
        message = "Pod " + slot->name + " does not exist yet";
      } else if (is_stuck) {
        message = "Pod " + slot->name + " does not start: " + slot->stuck_text();
      }
      if (is_stuck) {
        draft_.step_blocked("Join", {slot->name}, slot->pod->stuck, message);
      } else {
        draft_.step_waits("Join", {slot->name}, "MemberStarting", message);
      }
    }
    if (ready.empty()) {
      // Others may be promoted only once all are there: pairs and zones are chosen together.
      return !waiting.empty();
    }
    Reconfigure action = reconfigure();
    for (const Slot* const slot : ready) {
      action.joining.push_back(server_of(*slot, false));
    }
    act("Join", change::kScaleOut, ready, std::move(action));
    return true;
  }

  /// 4.
  bool change_roles() {
    if (promotable_.empty() && demotable_.empty()) {
      return false;
    }
    RoleChoice choice = choose_role_change(facts_);
    const Slots all = joined(choice.change.promoted, choice.change.demoted);
    if (all.empty()) {
      draft_.step_waits("ChangeRoles", names_of(joined(promotable_, demotable_)), choice.reason,
                        choice.message);
      return true;
    }
    const bool loses_leader =
        std::ranges::any_of(choice.change.demoted, [](const Slot* s) { return s->is_leader; });
    // A single voter has no successor: the reconfiguration itself moves leadership to the new
    // voter.
    if (loses_leader && facts_.voters() > 1) {
      const Slot* const next = successor(facts_, demotable_);
      if (next == nullptr) {
        draft_.step_waits("TransferLeadership", {*facts_.view.leader}, "NoSuccessor",
                          "no synced voter that stays can take over");
      } else {
        hand_over(facts_, draft_, *next);
        draft_.step_later("ChangeRoles", names_of(all));
      }
      return true;
    }
    Reconfigure action = reconfigure();
    for (const Slot* const slot : choice.change.promoted) {
      action.joining.push_back(server_of(*slot, true));
    }
    for (const Slot* const slot : choice.change.demoted) {
      if (slot->is_wanted) {
        action.joining.push_back(server_of(*slot, false));
      } else {
        action.leaving.push_back(slot->myid);
      }
    }
    act(choice.change.demoted.empty()    ? "Promote"
        : choice.change.promoted.empty() ? "Demote"
                                         : "Exchange",
        kind(), all, std::move(action));
    return true;
  }

  /// 5.
  bool remove_observers() {
    if (leaving_.empty()) {
      return false;
    }
    Reconfigure action = reconfigure();
    for (const Slot* const slot : leaving_) {
      action.leaving.push_back(slot->myid);
    }
    act("Remove", change::kScaleIn, leaving_, std::move(action));
    return true;
  }

  [[nodiscard]] Reconfigure reconfigure() const {
    return {.leader = *facts_.view.leader,
            .joining = {},
            .leaving = {},
            .from_version = facts_.view.config_version};
  }

  void act(std::string_view step, std::string_view of, const Slots& slots, Reconfigure action) {
    draft_.record(of, step, in_flight(slots), facts_.in.now,
                  ensemble::hex_text(facts_.view.config_version));
    draft_.step_now(step, names_of(slots));
    draft_.actions.emplace_back(std::move(action));
    later({});
  }

  /// What follows, in the order in which it will come.
  void later(std::string_view reason) {
    const auto add = [&](std::string_view step, const Slots& slots) {
      if (slots.empty() || is_listed(step)) {
        return;
      }
      if (reason.empty()) {
        draft_.step_later(step, names_of(slots));
      } else {
        draft_.step_waits(step, names_of(slots), reason, "a restart of members is in flight");
      }
    };
    const auto coming = joined(unrecorded_, joining_);
    add("Join", coming);
    Slots promoted = promotable_;
    for (const Slot* const slot : coming) {
      if (slot->is_wanted_voter) {
        promoted.push_back(slot);
      }
    }
    add("Promote", promoted);
    add("Demote", demotable_);
    Slots removed = leaving_;
    for (const Slot* const slot : demotable_) {
      if (!slot->is_wanted) {
        removed.push_back(slot);
      }
    }
    add("Remove", removed);
  }

  [[nodiscard]] bool is_listed(std::string_view step) const {
    return std::ranges::any_of(draft_.steps,
                               [&](const api::PlanStep& each) { return each.step() == step; });
  }

  const Facts& facts_;
  Draft& draft_;
  Slots gone_;
  Slots unrecorded_;
  Slots joining_;
  Slots promotable_;
  Slots demotable_;
  Slots leaving_;
};

}  // namespace

const Slot* successor(const Facts& facts, const std::vector<const Slot*>& leaving) {
  const Slot* best = nullptr;
  const auto rank = [](const Slot& slot) {
    return std::tuple(slot.is_outdated, !slot.is_wanted_voter, slot.lag, slot.myid);
  };
  for (const Slot& slot : facts.slots) {
    if (slot.is_voter && slot.is_synced && !slot.is_leader &&
        std::ranges::find(leaving, &slot) == leaving.end() &&
        (best == nullptr || rank(slot) < rank(*best))) {
      best = &slot;
    }
  }
  return best;
}

void hand_over(const Facts& facts, Draft& draft, const Slot& to) {
  draft.record(change::kHandover, "TransferLeadership",
               {in_flight_member(*facts.view.leader, {}), in_flight_member(to.name, {})},
               facts.in.now);
  draft.step_now("TransferLeadership", {*facts.view.leader, to.name});
  draft.actions.emplace_back(
      TransferLeadership{.from = *facts.view.leader, .to = to.name, .to_id = to.myid});
}

Flow change_membership(const Facts& facts, Draft& draft) { return Membership(facts, draft).run(); }

}  // namespace quorate::plan
