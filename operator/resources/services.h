// The Services: one name for each member, and one for clients.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// Headless, for all zones. It publishes members that are not ready: peers must find each other
/// before any of them can be ready.
[[nodiscard]] nlohmann::json members_service(const Blueprint& blueprint);

/// For clients: ready members only.
[[nodiscard]] nlohmann::json client_service(const Blueprint& blueprint);

}  // namespace quorate::resources
