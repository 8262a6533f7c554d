// The template of a member's Pod.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// Passes the Pod security standard "restricted": user 65532, read-only root, no capabilities.
/// Where a person's extras touch what the operator sets, the operator's wins.
[[nodiscard]] nlohmann::json pod_template(const Blueprint& blueprint, const ZoneSet& zone);

/// Labels of the Pods of one zone, by which its StatefulSet selects them.
[[nodiscard]] nlohmann::json zone_selector(const Blueprint& blueprint, const ZoneSet& zone);

}  // namespace quorate::resources
