// quorate-operator: reconciles QuorumCluster objects until SIGTERM.
#include <variant>

#include "operator/controller/flags.h"
#include "operator/controller/metrics.h"
#include "operator/controller/reconciler.h"
#include "operator/controller/run_operator.h"
#include "operator/kube/object.h"

namespace {

using quorate::controller::Pass;
using quorate::controller::Reconciler;
using quorate::controller::ReconcileResult;

/// Says what it sees of each object and changes nothing.
class Observer final : public Reconciler {
 public:
  ReconcileResult reconcile(Pass& pass) override {
    const auto cluster = pass.cache().get(quorate::kube::kQuorumCluster, pass.key());
    quorate::log::info("observed",
                       {{"reconcile_id", pass.id()},
                        {"namespace", pass.key().space},
                        {"name", pass.key().name},
                        {"exists", cluster.has_value()},
                        {"generation", cluster ? quorate::kube::generation_of(*cluster) : 0}});
    return ReconcileResult::done();
  }
};

}  // namespace

int main(int argc, char** argv) {
  auto parsed = quorate::controller::parse_flags(argc, argv);
  if (const auto* end = std::get_if<quorate::controller::FlagsEnd>(&parsed)) {
    return end->code;
  }
  const auto& flags = std::get<quorate::controller::Flags>(parsed);
  if (const quorate::Status started = quorate::log::start(flags.log); !started) {
    return 1;
  }
  Observer reconciler;
  quorate::controller::Metrics metrics("quorumcluster");
  return quorate::controller::run_operator(flags, reconciler, metrics);
}
