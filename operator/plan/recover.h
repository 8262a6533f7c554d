// A quorum that was lost for good: one member goes on alone, by a person's word.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Members that do not answer, but whose volumes exist, may come back: so long there must have been
/// no quorum before they are given up.
inline constexpr int64_t kReturnMs = 300000;

/// Answers the annotation quorate.dev/recover, "<member> <ensemble id>": the person accepts to lose
/// what that member does not have. Each ensemble is given up once, by its id. Granted only if
///
///   - there is no quorum, and no voter's Pod is Ready: one may exist that the operator cannot see;
///   - the voters that answer are none, and with those that may come back none for kReturnMs.
///     A voter cannot come back when its volume is gone, new, empty or damaged;
///   - the member answers, its disk is sound, not empty, and of that ensemble.
///
/// Granted, it is recorded before anything is done: another ensemble's id, the member as its only
/// voter, the former id. From then on the former ensemble's members and disks are not trusted.
/// Refused, a blocked or waiting step says why. The condition Recovered says how it stands.
void record_recovery(const Input& input, Draft& draft);

/// Carries out what is recorded: StatefulSets are made anew, for their claims bear the ensemble's
/// id; the member restarts and takes its disk over. Done when it leads. kStop: not yet.
[[nodiscard]] Flow recover(const Facts& facts, Draft& draft);

/// While a recovery is under way, what zoo.cfg says in quorate.recoverFrom; else empty.
[[nodiscard]] std::string recover_from_of(const Draft& draft);

}  // namespace quorate::plan
