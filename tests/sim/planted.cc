// Bugs planted inside the node, by the linker.
//
// CMakeLists.txt has the linker send the node's own calls of the functions below to __wrap_NAME,
// which can reach the production code as __real_NAME. So the code that ships knows nothing of them.
#include "tests/sim/planted.h"

#include <limits>

#include "server/node/ensemble.h"

namespace quorate::sim {
namespace {

Bug planted_bug = Bug::kNone;

}  // namespace

void plant(Bug bug) { planted_bug = bug; }

}  // namespace quorate::sim

extern "C" {

using quorate::Zxid;
using quorate::node::Actions;
using quorate::node::ClientFrames;
using quorate::node::Connection;
using quorate::node::InFlight;
using quorate::node::InFlightRequest;
using quorate::node::State;
using quorate::sim::Bug;

// InFlight::settle(const wire::TxnHeader&)
#define SETTLE _ZN7quorate4node8InFlight6settleERKNS_4wire9TxnHeaderE
#define PASTE(a, b) a##b
#define REAL(name) PASTE(__real_, name)
#define WRAP(name) PASTE(__wrap_, name)

const InFlightRequest* REAL(SETTLE)(InFlight* self, const quorate::wire::TxnHeader& header);
const InFlightRequest* WRAP(SETTLE)(InFlight* self, const quorate::wire::TxnHeader& header);
const InFlightRequest* WRAP(SETTLE)(InFlight* self, const quorate::wire::TxnHeader& header) {
  if (quorate::sim::planted_bug == Bug::kMatchedByCxidAlone) {
    quorate::wire::TxnHeader later = header;
    later.zxid = Zxid{std::numeric_limits<int64_t>::max()};
    return REAL(SETTLE)(self, later);
  }
  return REAL(SETTLE)(self, header);
}
}
