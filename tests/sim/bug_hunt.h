// The planted bugs, each of which has to be found.
#pragma once

#include <cstddef>

namespace quorate::sim {

/// Plants each bug in turn and runs seeds until one finds it, in so many processes at once; prints
/// which did. Returns the status to exit with: 0 if all were found.
[[nodiscard]] int find_all_bugs(size_t jobs);

}  // namespace quorate::sim
