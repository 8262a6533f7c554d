// Which members are promoted and demoted next, so that every configuration on the way is sound.
#pragma once

#include <string>
#include <vector>

#include "operator/plan/facts.h"

namespace quorate::plan {

/// One reconfiguration: at most two members change between voting and not.
struct RoleChange {
  std::vector<const Slot*> promoted;
  std::vector<const Slot*> demoted;
  [[nodiscard]] bool is_empty() const { return promoted.empty() && demoted.empty(); }
};

struct RoleChoice {
  RoleChange change;   ///< Empty: nothing to do, or blocked.
  std::string reason;  ///< Why nothing can be done although there is something to do.
  std::string message;
};

/// Chooses the next change towards the wanted roles. From an odd number of voters: two promotions,
/// two demotions, or one of each, so the number stays odd; from an even one (a voter lost its
/// volume) one. Only synced members are promoted, and members that are away are demoted first.
///
/// invariant: after the change a quorum of the new voters is synced, and no zone holds a majority
/// unless one does already, the person allowed it, or fewer than three zones hold voters.
[[nodiscard]] RoleChoice choose_role_change(const Facts& facts);

/// Synced voters of the configuration that `change` leads to, and how many voters that has.
struct AfterChange {
  int voters = 0;
  int synced = 0;
  [[nodiscard]] bool has_quorum() const { return synced >= voters / 2 + 1; }
};
[[nodiscard]] AfterChange after(const Facts& facts, const RoleChange& change);

}  // namespace quorate::plan
