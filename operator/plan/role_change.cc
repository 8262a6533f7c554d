// Choice of promotions and demotions by trying all small ones.
#include "operator/plan/role_change.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace quorate::plan {

namespace {

using Slots = std::vector<const Slot*>;

/// Voters by zone.
using Spread = std::map<std::string, int>;

Spread spread_of(const Facts& facts) {
  Spread spread;
  for (const Slot& slot : facts.slots) {
    if (slot.is_voter) {
      ++spread[slot.zone];
    }
  }
  return spread;
}

int largest(const Spread& spread) {
  int most = 0;
  for (const auto& [zone, voters] : spread) {
    most = std::max(most, voters);
  }
  return most;
}

bool is_tolerant(const Spread& spread) {
  int total = 0;
  for (const auto& [zone, voters] : spread) {
    total += voters;
  }
  return total > 0 && largest(spread) <= zone_voters_max(total);
}

/// Whether the wanted roles themselves keep the rule; where they do not, no step has to.
bool is_goal_tolerant(const Facts& facts) {
  Spread goal;
  for (const Slot& slot : facts.slots) {
    if (slot.is_wanted_voter) {
      ++goal[slot.zone];
    }
  }
  return is_tolerant(goal);
}

class Chooser {
 public:
  explicit Chooser(const Facts& facts) : facts_(facts), now_(spread_of(facts)) {
    for (const Slot& slot : facts.slots) {
      if (slot.is_wanted_voter && slot.is_in_config && !slot.is_voter) {
        promotable_.push_back(&slot);
      } else if (slot.is_voter && !slot.is_wanted_voter) {
        demotable_.push_back(&slot);
      }
    }
  }

  RoleChoice choose() {
    if (promotable_.empty() && demotable_.empty()) {
      return {};
    }
    const bool is_even = facts_.voters() % 2 == 0;
    if (is_even) {
      try_all(1, 0);
      try_all(0, 1);
    } else if (!promotable_.empty() && !demotable_.empty()) {
      try_all(1, 1);
      try_all(2, 0);
      try_all(0, 2);
    } else {
      try_all(2, 0);
      try_all(0, 2);
    }
    return found_ ? RoleChoice{.change = std::move(best_)} : why_not();
  }

 private:
  /// Small numbers first: voters that are lost leave first, the leader last, the worst zone is
  /// relieved, and equal choices fall to the smaller ids.
  using Rank = std::tuple<int, int, int, std::vector<int>>;

  void try_all(size_t promotions, size_t demotions) {
    if (found_ || promotable_.size() < promotions || demotable_.size() < demotions) {
      return;
    }
    for (const Slots& promoted : subsets(promotable_, promotions)) {
      for (const Slots& demoted : subsets(demotable_, demotions)) {
        consider({.promoted = promoted, .demoted = demoted});
      }
    }
  }

  static std::vector<Slots> subsets(const Slots& from, size_t size) {
    if (size == 0) {
      return {{}};
    }
    std::vector<Slots> found;
    for (size_t i = 0; i < from.size(); ++i) {
      if (size == 1) {
        found.push_back({from[i]});
      }
      for (size_t j = i + 1; size == 2 && j < from.size(); ++j) {
        found.push_back({from[i], from[j]});
      }
    }
    return found;
  }

  void consider(RoleChange change) {
    const auto is_synced = [](const Slot* slot) { return slot->is_synced; };
    if (!std::ranges::all_of(change.promoted, is_synced)) {
      return;
    }
    any_synced_ = true;
    if (!after(facts_, change).has_quorum()) {
      return;
    }
    any_quorum_ = true;
    Spread next = now_;
    for (const Slot* const slot : change.promoted) {
      ++next[slot->zone];
    }
    for (const Slot* const slot : change.demoted) {
      --next[slot->zone];
    }
    if (is_tolerant(now_) && !is_tolerant(next) && is_goal_tolerant(facts_) &&
        !facts_.cluster.allow_zone_risk) {
      return;
    }
    Rank rank = rank_of(change, next);
    if (!found_ || rank < rank_) {
      found_ = true;
      rank_ = std::move(rank);
      best_ = std::move(change);
    }
  }

  static Rank rank_of(const RoleChange& change, const Spread& next) {
    int kept_lost = 0;
    int leaders = 0;
    std::vector<int> ids;
    for (const Slot* const slot : change.promoted) {
      ids.push_back(slot->myid);
    }
    for (const Slot* const slot : change.demoted) {
      kept_lost += slot->is_synced ? 1 : 0;
      leaders += slot->is_leader ? 1 : 0;
      ids.push_back(-slot->ordinal);
    }
    return {kept_lost, largest(next), leaders, std::move(ids)};
  }

  [[nodiscard]] RoleChoice why_not() const {
    if (!any_synced_) {
      for (const Slot* const slot : promotable_) {
        if (!slot->is_synced) {
          return {.change = {},
                  .reason = "MemberNotSynced",
                  .message = slot->detail.empty() ? "member " + slot->name + " is not synced yet"
                                                  : slot->detail};
        }
      }
      return {.change = {},
              .reason = "NoPair",
              .message = "the change would leave an even number of voters"};
    }
    if (!any_quorum_) {
      return {.change = {},
              .reason = "WouldLoseQuorum",
              .message = "too few of the voters that remain are synced: " +
                         std::to_string(facts_.view.synced_voters()) + " of " +
                         std::to_string(facts_.voters())};
    }
    return {.change = {},
            .reason = "ZoneWouldHoldMajority",
            .message = "no step keeps every zone below a majority"};
  }

  const Facts& facts_;
  Spread now_;
  Slots promotable_;
  Slots demotable_;
  bool found_ = false;
  bool any_synced_ = false;
  bool any_quorum_ = false;
  Rank rank_;
  RoleChange best_;
};

}  // namespace

AfterChange after(const Facts& facts, const RoleChange& change) {
  AfterChange result{.voters = facts.voters(), .synced = 0};
  for (const Slot& slot : facts.slots) {
    result.synced += slot.is_voter && slot.is_synced ? 1 : 0;
  }
  for (const Slot* const slot : change.promoted) {
    ++result.voters;
    result.synced += slot->is_synced ? 1 : 0;
  }
  for (const Slot* const slot : change.demoted) {
    --result.voters;
    result.synced -= slot->is_synced ? 1 : 0;
  }
  return result;
}

RoleChoice choose_role_change(const Facts& facts) { return Chooser(facts).choose(); }

}  // namespace quorate::plan
