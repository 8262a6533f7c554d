// The ConfigMap with zoo.cfg.
#pragma once

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

[[nodiscard]] nlohmann::json config_map(const Blueprint& blueprint);

}  // namespace quorate::resources
