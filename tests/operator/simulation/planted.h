// Bugs planted inside the operator, by the linker; see planted.cc.
#pragma once

#include "tests/operator/simulation/settings.h"

namespace quorate::opsim {

/// From now on, and until another is named.
void plant(Bug bug);

}  // namespace quorate::opsim
