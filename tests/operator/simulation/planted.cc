// Bugs planted inside the operator, by the linker.
#include "tests/operator/simulation/planted.h"

namespace quorate::opsim {
void plant(Bug) {}
}  // namespace quorate::opsim
