// Volumes: growth, and what becomes of those whose member has left.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Grows each claim that is smaller than the spec, whatever the health of its member: a full disk
/// must not keep itself from growing. When all claims of a zone ask for the new size, its
/// StatefulSet, whose claims cannot be changed, is deleted without its Pods and made anew.
[[nodiscard]] Flow grow_volumes(const Facts& facts, Draft& draft);

/// Volumes of members that left, once their Pod is gone: deleted or marked as retired, by policy.
/// Only those that bear the id of this ensemble.
void reclaim_volumes(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
