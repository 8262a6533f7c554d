// Name and version of this build.
#pragma once

namespace quorate::app {

inline constexpr const char* kVersion = QUORATE_VERSION;
/// Date of the commit, or "unknown" outside of a checkout: builds of one commit are alike.
inline constexpr const char* kBuiltOn = QUORATE_BUILT_ON;

}  // namespace quorate::app
