// Names under which the operator writes.
#pragma once

#include <string_view>

namespace quorate::controller {

/// Of children and of everything else. Never changes: fields belong to it.
inline constexpr std::string_view kFieldManager = "quorate-operator";
/// Of the status of custom resources, apart from their metadata.
inline constexpr std::string_view kStatusManager = "quorate-operator-status";

}  // namespace quorate::controller
