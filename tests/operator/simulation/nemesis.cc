// Faults and wishes.
#include "tests/operator/simulation/nemesis.h"

namespace quorate::opsim {
Nemesis::Nemesis(Context& context, Kubernetes& kubernetes, Ensemble& ensemble, Judge& judge,
                 Operators& operators)
    : context_(context),
      kubernetes_(kubernetes),
      ensemble_(ensemble),
      judge_(judge),
      operators_(operators) {}
void Nemesis::start() {}
void Nemesis::stop() { context_.is_calm = true; }
}  // namespace quorate::opsim
