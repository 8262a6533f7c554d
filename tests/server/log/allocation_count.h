// Counts what this test binary allocates, so that a test can say that there was nothing.
#pragma once

#include <cstdint>

namespace quorate::log {

/// Allocations by operator new of the calling thread so far.
[[nodiscard]] uint64_t allocation_count();

}  // namespace quorate::log
