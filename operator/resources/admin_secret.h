// The Secret with the token by which the operator speaks to members.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// From Blueprint::new_admin_token, which must not be empty.
[[nodiscard]] nlohmann::json admin_secret(const Blueprint& blueprint);

}  // namespace quorate::resources
