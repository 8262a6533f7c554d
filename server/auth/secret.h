// Comparing secrets without telling by the time it takes how much of a guess was right.
#pragma once

#include <string_view>

namespace quorate::auth {

/// Whether both are equal, in a time that depends on their sizes alone.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace quorate::auth
