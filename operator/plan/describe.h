// The status: what is, as members, zones, numbers and conditions.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Brings draft.status up to date with the facts, and its plan with the draft; its conditions are
/// judge()'s. Also asks for role labels that Pods lack.
void describe(const Facts& facts, Draft& draft);

/// Whether `next` says anything that `recorded` does not: zxids and small lags alone are not worth
/// a write, or a busy cluster would cause one every pass.
[[nodiscard]] bool is_worth_writing(const api::QuorumClusterStatus& recorded,
                                    const api::QuorumClusterStatus& next);

/// What has become new between two statuses, as Events.
[[nodiscard]] std::vector<Event> events_between(const api::QuorumClusterStatus& recorded,
                                                const api::QuorumClusterStatus& next);

}  // namespace quorate::plan
