// The StatefulSet of a zone, which does nothing but keep its Pods.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// OnDelete and Parallel: which Pod goes when is the operator's to say. Volumes are never deleted
/// by the StatefulSet.
[[nodiscard]] nlohmann::json stateful_set(const Blueprint& blueprint, const ZoneSet& zone);

}  // namespace quorate::resources
