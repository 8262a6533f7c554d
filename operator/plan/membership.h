// Scale out, scale in, change of roles and of zones: the configuration towards the wanted members.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// One step at a time, chosen from what is found, so that any step may be repeated:
///
///   1. members that left the configuration are dropped from the record, and so their Pods go;
///   2. wanted members are recorded, and so their Pods come;
///   3. those that answer join the configuration as observers;
///   4. synced ones are promoted in pairs, surplus voters demoted or removed in pairs, one of each
///      where both are due; leadership moves away from a leader that is to stop voting;
///   5. surplus observers leave the configuration.
///
/// Nothing without a quorum, and nothing while a roll is in flight.
[[nodiscard]] Flow change_membership(const Facts& facts, Draft& draft);

/// Whom leadership goes to: a synced voter other than the leader that stays one and, if possible,
/// needs no restart; null if there is none.
[[nodiscard]] const Slot* successor(const Facts& facts, const std::vector<const Slot*>& leaving);

/// Moves leadership to `to`, recording it first.
void hand_over(const Facts& facts, Draft& draft, const Slot& to);

}  // namespace quorate::plan
