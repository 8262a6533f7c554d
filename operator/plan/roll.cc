// The order, the gate and the record of a roll.
#include "operator/plan/roll.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "operator/plan/membership.h"

namespace quorate::plan {

namespace {

using Slots = std::vector<const Slot*>;

std::vector<std::string> names_of(const Slots& slots) {
  std::vector<std::string> names;
  for (const Slot* const slot : slots) {
    names.push_back(slot->name);
  }
  return names;
}

/// Largest number of voters whose loss leaves a majority.
int minority(int voters) { return (voters - 1) / 2; }

class Roll {
 public:
  Roll(const Facts& facts, Draft& draft) : facts_(facts), draft_(draft) {}

  Flow run() {
    if (draft_.is_in_flight(change::kRoll) && !finish_batch()) {
      later();
      return Flow::kStop;
    }
    sort_out();
    if (unready_.empty() && observers_.empty() && followers_.empty() && leader_ == nullptr) {
      return Flow::kContinue;
    }
    draft_.progressing = change::kRoll;
    if (draft_.is_stalled || is_waiting()) {
      later();
      return Flow::kStop;
    }
    next_batch();
    later();
    return Flow::kStop;
  }

 private:
  [[nodiscard]] bool allows_downtime() const {
    return facts_.cluster.batch == api::Batch::kAll && facts_.cluster.allow_downtime;
  }

  void sort_out() {
    for (const Slot& slot : facts_.slots) {
      if (!slot.is_outdated || is_being_restarted(slot)) {
        continue;
      }
      if (!slot.is_synced && !slot.is_leader) {
        unready_.push_back(&slot);
      } else if (slot.is_leader) {
        leader_ = &slot;
      } else if (slot.is_voter) {
        followers_.push_back(&slot);
      } else {
        observers_.push_back(&slot);
      }
    }
    const int leaders_zone = leader_zone();
    const auto order = [&](const Slot* slot) {
      return std::tuple(facts_.zone_position(slot->zone) == leaders_zone,
                        facts_.zone_position(slot->zone), -slot->ordinal);
    };
    std::ranges::sort(unready_, {},
                      [](const Slot* slot) { return std::tuple(slot->is_trusted, slot->myid); });
    std::ranges::sort(followers_, {}, order);
    std::ranges::sort(observers_, {}, order);
  }

  [[nodiscard]] int leader_zone() const {
    const Slot* const leader = facts_.view.leader ? facts_.find(*facts_.view.leader) : nullptr;
    return leader == nullptr ? -1 : facts_.zone_position(leader->zone);
  }

  [[nodiscard]] bool is_being_restarted(const Slot& slot) const {
    return std::ranges::any_of(draft_.actions, [&](const Action& action) {
      const auto* const deleted = std::get_if<DeletePod>(&action);
      return deleted != nullptr && deleted->name == slot.name;
    });
  }

  /// Whether every member of the recorded batch is back; asks again for those that have not gone.
  bool finish_batch() {
    draft_.progressing = change::kRoll;
    drop_needless();
    Slots staying;  // Still the Pod that is to go.
    std::vector<std::string> pending;
    std::vector<std::string> lost;
    for (const api::InFlightMember& member : draft_.status.in_flight().members()) {
      const Slot* const slot = facts_.find(member.name());
      if (slot == nullptr || !slot->is_recorded) {
        continue;
      }
      if (slot->pod != nullptr && slot->pod->uid == member.uid()) {
        if (!slot->pod->is_terminating) {
          staying.push_back(slot);
        }
        pending.push_back(slot->name);
      } else if (is_lost(*slot)) {
        lost.push_back(slot->name);
      } else if (!is_back(*slot)) {
        pending.push_back(slot->name);
        note_if_stuck(*slot);
      }
    }
    if (pending.empty()) {
      draft_.clear_record();
      if (!lost.empty()) {
        draft_.step_waits("Restart", lost, "VolumeLost", "the volume is replaced first");
      }
      return lost.empty();
    }
    for (const Slot* const slot : staying) {
      send_off(*slot);
    }
    draft_.step_waits("Restart", pending, "MembersRestarting",
                      std::to_string(pending.size()) + " of " +
                          std::to_string(draft_.status.in_flight().members_size()) +
                          " members of the batch are not back yet");
    return false;
  }

  /// Members that have not gone and need not, or not now: their revision is the newest again, or
  /// one was elected since, so that leadership moves first, or the quorum needs it now, and whoever
  /// is away must not wait for this batch. (Should a former order to go still be on its way: the
  /// budget refuses it then.)
  void drop_needless() {
    auto& members = *draft_.status.mutable_in_flight()->mutable_members();
    int room = allowance();
    for (int i = members.size() - 1; i >= 0; --i) {
      const Slot* const slot = facts_.find(members.Get(i).name());
      const bool stays = slot != nullptr && slot->pod != nullptr &&
                         slot->pod->uid == members.Get(i).uid() && !slot->pod->is_terminating;
      if (!stays) {
        continue;
      }
      const bool leads = slot->is_leader && !allows_downtime() && facts_.voters() > 1;
      const bool serves = slot->is_voter && (slot->is_synced || slot->pod->is_ready);
      if (leads || !slot->is_outdated || (serves && room <= 0)) {
        members.DeleteSubrange(i, 1);
      } else if (serves) {
        --room;
      }
    }
  }

  /// It cannot come back by itself: the roll ends without it, so that it can be replaced.
  static bool is_lost(const Slot& slot) {
    return !slot.is_synced && slot.data != nullptr && slot.data->is_lost;
  }

  /// Outside the configuration (an observer that left meanwhile) a ready Pod is enough.
  /// Without a quorum nobody can be synced: then one that answers is back.
  [[nodiscard]] bool is_back(const Slot& slot) const {
    if (slot.pod == nullptr || slot.pod->is_terminating) {
      return false;
    }
    if (!facts_.view.has_quorum()) {
      return slot.is_trusted;
    }
    return slot.is_in_config ? slot.is_synced && slot.pod->is_ready : slot.pod->is_ready;
  }

  void note_if_stuck(const Slot& slot) {
    if (slot.is_stuck() && !slot.is_outdated && !draft_.is_stalled) {
      draft_.is_stalled = true;
      draft_.step_blocked(
          "Restart", {slot.name}, "RolloutStalled",
          "member " + slot.name + " of the newest revision does not start: " + slot.stuck_text());
    }
  }

  /// A Pod that is ready may serve although nobody told the operator: the budget decides on it.
  void send_off(const Slot& slot) {
    if (slot.is_synced || slot.is_leader || slot.pod->is_ready) {
      draft_.actions.emplace_back(EvictPod{.name = slot.name, .uid = slot.pod->uid});
    } else {
      draft_.actions.emplace_back(DeletePod{.name = slot.name, .uid = slot.pod->uid});
    }
  }

  /// Synced voters that may go now.
  [[nodiscard]] int allowance() const {
    int synced = 0;
    for (const Slot& slot : facts_.slots) {
      synced += slot.is_voter && slot.is_synced ? 1 : 0;
    }
    if (allows_downtime() || facts_.voters() == 1) {
      return synced;
    }
    return synced - facts_.quorum();
  }

  [[nodiscard]] std::string gate_text(size_t batch) const {
    return std::to_string(facts_.view.synced_voters()) + " of " + std::to_string(facts_.voters()) +
           " voters are synced, a quorum is " + std::to_string(facts_.quorum()) +
           ", the batch would take " + std::to_string(batch);
  }

  /// Whether somebody is still on the way, so that nobody else may go.
  bool is_waiting() {
    if (!facts_.is_revision_known) {
      draft_.step_waits("Restart", {}, "RevisionUnknown",
                        "a StatefulSet's newest template has no revision yet");
      return true;
    }
    if (allows_downtime()) {
      return false;
    }
    if (!facts_.view.has_quorum() && facts_.is_initialized) {
      return wait_without_quorum();
    }
    for (const Slot& slot : facts_.slots) {
      if (slot.is_in_config && is_being_restarted(slot)) {
        draft_.step_waits("Restart", {slot.name}, "MemberStarting",
                          "member " + slot.name + " is stuck and restarted first");
        return true;
      }
      if (!slot.is_recorded || !slot.is_in_config || slot.is_outdated) {
        continue;
      }
      if (!slot.is_synced && is_starting(slot)) {
        draft_.step_waits(
            "Restart", {slot.name}, "MemberStarting",
            slot.detail.empty() ? "member " + slot.name + " is starting" : slot.detail);
        return true;
      }
      if (slot.is_synced && slot.is_voter && !is_settled(slot)) {
        draft_.step_waits("Restart", {slot.name}, "Settling",
                          "member " + slot.name + " is ready for less than " +
                              std::to_string(kSettleMs / 1000) + " s");
        return true;
      }
    }
    return false;
  }

  /// Nobody leads: only members that do not serve and need a restart anyway are touched, one at a
  /// time, after they had time to find a leader. Source: facts 3.3, strimzi#1262.
  bool wait_without_quorum() {
    for (const Slot* const slot : unready_) {
      if (is_unready_for_long(*slot)) {
        return false;
      }
    }
    draft_.step_blocked("Restart", {}, "NoQuorum", "no leader is known: nobody is restarted");
    return true;
  }

  [[nodiscard]] bool is_starting(const Slot& slot) const {
    return slot.pod == nullptr || slot.pod->is_terminating ||
           facts_.in.now.value - slot.pod->created.value < kStartMs;
  }

  [[nodiscard]] bool is_settled(const Slot& slot) const {
    return slot.pod != nullptr && slot.pod->is_ready &&
           facts_.in.now.value - slot.pod->ready_changed.value >= kSettleMs;
  }

  [[nodiscard]] bool is_unready_for_long(const Slot& slot) const {
    const int64_t since = std::max(slot.pod->created.value, slot.pod->ready_changed.value);
    return !slot.pod->is_ready && (slot.is_stuck() || facts_.in.now.value - since >= kUnreadyMs);
  }

  void next_batch() {
    if (allows_downtime()) {
      Slots all = unready_;
      all.insert(all.end(), observers_.begin(), observers_.end());
      all.insert(all.end(), followers_.begin(), followers_.end());
      if (leader_ != nullptr) {
        all.push_back(leader_);
      }
      go(all);
    } else if (!unready_.empty()) {
      restart_unready();
    } else if (!observers_.empty()) {
      go(first_zone(observers_, facts_.cluster.batch == api::Batch::kOne ? 1 : observers_.size()));
    } else if (!followers_.empty()) {
      restart_followers();
    } else {
      restart_leader();
    }
  }

  void restart_unready() {
    Slots ready;
    for (const Slot* const slot : unready_) {
      if (is_unready_for_long(*slot)) {
        ready.push_back(slot);
      }
    }
    if (ready.empty()) {
      draft_.step_waits("Restart", names_of(unready_), "MemberStarting",
                        unready_.front()->detail.empty()
                            ? "member " + unready_.front()->name + " is not ready"
                            : unready_.front()->detail);
      return;
    }
    if (!facts_.view.has_quorum()) {
      ready.resize(1);
    }
    go(ready);
  }

  static Slots first_zone(const Slots& slots, size_t max) {
    Slots batch;
    for (const Slot* const slot : slots) {
      if (slot->zone == slots.front()->zone && batch.size() < max) {
        batch.push_back(slot);
      }
    }
    return batch;
  }

  void restart_followers() {
    const int room = std::min(allowance(), minority(facts_.voters()));
    if (room <= 0) {
      draft_.step_blocked("Restart", {followers_.front()->name}, "WouldLoseQuorum", gate_text(1));
      return;
    }
    const auto max = static_cast<size_t>(room);
    switch (facts_.cluster.batch) {
      case api::Batch::kOne:
        go({followers_.front()});
        return;
      case api::Batch::kZone:
        go(first_zone(followers_, max));
        return;
      case api::Batch::kMinority:
      case api::Batch::kAll:
        go(Slots(followers_.begin(),
                 followers_.begin() + std::min(static_cast<std::ptrdiff_t>(max),
                                               static_cast<std::ptrdiff_t>(followers_.size()))));
        return;
    }
  }

  void restart_leader() {
    if (facts_.voters() == 1) {
      go({leader_});
      return;
    }
    const Slot* const next = successor(facts_, {leader_});
    if (next == nullptr || allowance() <= 0) {
      draft_.step_blocked("TransferLeadership", {leader_->name}, "WouldLoseQuorum", gate_text(1));
      return;
    }
    hand_over(facts_, draft_, *next);
  }

  void go(const Slots& batch) {
    std::vector<api::InFlightMember> members;
    for (const Slot* const slot : batch) {
      members.push_back(in_flight_member(slot->name, slot->pod->uid));
      send_off(*slot);
      gone_.push_back(slot);
    }
    draft_.record(change::kRoll, "Restart", members, facts_.in.now);
    draft_.step_now("Restart", names_of(batch));
  }

  void later() {
    const auto add = [&](const char* step, const Slots& slots) {
      Slots rest;
      for (const Slot* const slot : slots) {
        if (std::ranges::find(gone_, slot) == gone_.end()) {
          rest.push_back(slot);
        }
      }
      if (!rest.empty()) {
        draft_.step_later(step, names_of(rest));
      }
    };
    add("Restart", observers_);
    add("Restart", followers_);
    if (leader_ != nullptr) {
      add("Restart", {leader_});
    }
  }

  const Facts& facts_;
  Draft& draft_;
  Slots unready_;
  Slots observers_;
  Slots followers_;
  const Slot* leader_ = nullptr;
  Slots gone_;
};

}  // namespace

void replace_stuck(const Facts& facts, Draft& draft) {
  for (const Slot& slot : facts.slots) {
    if (!slot.is_recorded || slot.is_synced || slot.pod == nullptr || slot.pod->is_terminating ||
        slot.pod->stuck.empty()) {
      continue;
    }
    if (slot.is_outdated) {
      draft.actions.emplace_back(DeletePod{.name = slot.name, .uid = slot.pod->uid});
      draft.step_now("ReplaceStuck", {slot.name});
      draft.progressing = change::kRoll;
    } else if (facts.is_revision_known && slot.pod->stuck != "Failed" &&
               (slot.is_in_config || !facts.is_initialized)) {
      draft.is_stalled = true;
      draft.step_blocked(
          "Restart", {slot.name}, "RolloutStalled",
          "member " + slot.name + " of the newest revision does not start: " + slot.stuck_text());
    }
  }
}

Flow roll(const Facts& facts, Draft& draft) { return Roll(facts, draft).run(); }

int voters_available_min(const Facts& facts, const Draft& draft) {
  const int voters = facts.voters();
  int away = 1;
  if (draft.is_in_flight(change::kRoll)) {
    int batch = 0;
    for (const api::InFlightMember& member : draft.status.in_flight().members()) {
      const Slot* const slot = facts.find(member.name());
      batch += slot != nullptr && slot->is_voter ? 1 : 0;
    }
    away = std::max(away, batch);
  }
  const bool is_outage_meant =
      voters <= 1 || (facts.cluster.batch == api::Batch::kAll && facts.cluster.allow_downtime);
  return std::max(voters - away, is_outage_meant ? 0 : facts.quorum());
}

}  // namespace quorate::plan
