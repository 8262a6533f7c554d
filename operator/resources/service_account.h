// The members' ServiceAccount, which may do nothing.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

[[nodiscard]] nlohmann::json service_account(const Blueprint& blueprint);

}  // namespace quorate::resources
