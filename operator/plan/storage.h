// Volumes: growth, and what becomes of those whose member has left.
#pragma once

#include <string>
#include <vector>

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Grows each claim that is smaller than the spec, whatever the health of its member: a full disk
/// must not keep itself from growing. When all claims of a zone ask for the new size, its
/// StatefulSet, whose claims cannot be changed, is deleted without its Pods and made anew.
[[nodiscard]] Flow grow_volumes(const Facts& facts, Draft& draft);

/// Deletes, without their Pods, StatefulSets whose claims are to be others: larger, or of the
/// ensemble that is rather than of the one before a recovery. Returns their names.
std::vector<std::string> recreate_outdated_sets(const Facts& facts, Draft& draft);

/// After a recovery: writes the ensemble's id on the claims of members that have shown that they
/// bear it.
void stamp_volumes(const Facts& facts, Draft& draft);

/// Volumes of members that left, once their Pod is gone: deleted or marked as retired, by policy.
/// Only those that bear the id of this ensemble.
void reclaim_volumes(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
