// Leadership moves because a person asked for it, by an annotation of the object.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// The annotation quorate.dev/transferLeader is "<member> <anything that makes it new>". Each value
/// is honoured once: when that member leads, the value is recorded and asks for nothing any more.
/// Nothing moves without a quorum, to a member that does not vote or is not synced, or while
/// members restart.
[[nodiscard]] Flow move_leader(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
