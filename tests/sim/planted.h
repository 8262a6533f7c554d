// Bugs planted inside the node, by the linker: its calls go through here.
#pragma once

#include "tests/sim/settings.h"

namespace quorate::sim {

/// From now on the process has this bug, if it is one of those.
void plant(Bug bug);

}  // namespace quorate::sim
