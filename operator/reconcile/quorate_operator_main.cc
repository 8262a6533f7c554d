// quorate-operator: reconciles QuorumCluster objects until SIGTERM.
#include <chrono>
#include <memory>
#include <variant>

#include "operator/controller/flags.h"
#include "operator/controller/metrics.h"
#include "operator/controller/run_operator.h"
#include "operator/reconcile/cluster_metrics.h"
#include "operator/reconcile/cluster_reconciler.h"
#include "operator/reconcile/http_members.h"

namespace {

quorate::certificates::Terms terms_of(const quorate::controller::Flags& flags) {
  quorate::certificates::Terms terms;
  const auto take = [](quorate::Duration from, int64_t& to_ms) {
    if (from > quorate::Duration::zero()) {
      to_ms = std::chrono::duration_cast<std::chrono::milliseconds>(from).count();
    }
  };
  take(flags.certificate_life, terms.leaf_life_ms);
  take(flags.authority_life, terms.authority_life_ms);
  take(flags.certificate_spread, terms.spread_ms);
  return terms;
}

}  // namespace

int main(int argc, char** argv) {
  namespace controller = quorate::controller;
  namespace reconcile = quorate::reconcile;
  auto parsed = controller::parse_flags(argc, argv);
  if (const auto* end = std::get_if<controller::FlagsEnd>(&parsed)) {
    return end->code;
  }
  const auto& flags = std::get<controller::Flags>(parsed);
  if (const quorate::Status started = quorate::log::start(flags.log); !started) {
    return 1;
  }
  controller::Metrics metrics("quorumcluster");
  reconcile::ClusterMetrics cluster_metrics(metrics.registry());
  reconcile::HttpMembers members({});
  const std::unique_ptr<reconcile::Random> random = reconcile::system_random();
  reconcile::ClusterReconciler reconciler({.members = members,
                                           .random = *random,
                                           .metrics = cluster_metrics,
                                           .release = {.image = flags.member_image},
                                           .certificate_terms = terms_of(flags)});
  return controller::run_operator(flags, reconciler, metrics);
}
