// Facts that are recorded once: the ensemble's id, the zones and their numbers, the first members.
#pragma once

#include "operator/plan/draft.h"

namespace quorate::plan {

/// Fills status.ensembleId, status.zones, status.initialVoters and status.members where they are
/// missing, before any Pod exists.
///
/// Where kept volumes of this cluster's name are found, their ensemble is taken over: id, zone
/// numbers and members are those of the volumes, and members start in join mode. Volumes that bear
/// no ensemble's id, or several, block the bootstrap.
///
/// Later it adds zones that the spec has gained, with the lowest free number, and drops those that
/// it has lost once no member, Pod, volume or server line bears an id of theirs.
///
/// kStop: blocked, and nothing may be applied.
[[nodiscard]] Flow record_identity(const Input& input, Draft& draft);

}  // namespace quorate::plan
