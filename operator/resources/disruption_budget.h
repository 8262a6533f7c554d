// The PodDisruptionBudget that drains, autoscalers and rolls share.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// Covers the Pods that bear the role label `voter`, by an absolute number: a share or
/// maxUnavailable would count the StatefulSets' observers as voters that are missing.
[[nodiscard]] nlohmann::json disruption_budget(const Blueprint& blueprint);

}  // namespace quorate::resources
