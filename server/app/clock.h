// The clocks of the machine, read in one place and handed to the core as values.
#pragma once

#include "server/base/time.h"

namespace quorate::app {

/// Both clocks, now. Any thread.
[[nodiscard]] Now read_clocks();
[[nodiscard]] TimePoint monotonic_now();

}  // namespace quorate::app
