// ClusterReconciler: one pass over one QuorumCluster: observe, validate, plan, apply, status.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "operator/api/validated_cluster.h"
#include "operator/certificates/lifecycle.h"
#include "operator/controller/reconciler.h"
#include "operator/reconcile/cluster_metrics.h"
#include "operator/reconcile/member_client.h"
#include "operator/reconcile/rounds.h"
#include "operator/reconcile/secrets.h"

namespace quorate::reconcile {

/// Random texts that a new cluster needs; tests give fixed ones. Any thread.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::string ensemble_id() = 0;  ///< 16 hexadecimal digits.
  [[nodiscard]] virtual std::string token() = 0;        ///< 64 hexadecimal digits.
};

/// Of the system's generator, which is fit for secrets.
[[nodiscard]] std::unique_ptr<Random> system_random();

/// What API servers refused of a cluster's objects, so that its status can say it.
class Refusals {
 public:
  void set(const kube::ObjectKey& key, int32_t generation, std::string message);
  void clear(const kube::ObjectKey& key);
  /// Those of this generation of the spec: a changed one may be taken.
  [[nodiscard]] std::vector<std::string> of(const kube::ObjectKey& key, int32_t generation) const;

 private:
  struct Refusal {
    int32_t generation = 0;
    std::string message;
  };
  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, Refusal> refusals_;
};

/// What passes share; all of it outlives the reconciler.
struct ReconcilerParts {
  MemberClient& members;
  Random& random;
  ClusterMetrics& metrics;
  api::ReleaseDefaults release;
  certificates::Terms certificate_terms = {};
};

/// Keeps nothing that a pass depends on but hints: what was reported a moment ago, Secrets of the
/// last minute, the last refusal. Everything else is in the objects, so that a process that is
/// killed anywhere and one that takes over find the same.
class ClusterReconciler final : public controller::Reconciler {
 public:
  explicit ClusterReconciler(ReconcilerParts parts)
      : parts_(std::move(parts)), rounds_(parts_.members) {}

  [[nodiscard]] controller::ReconcileResult reconcile(controller::Pass& pass) override;

 private:
  void forget(const kube::ObjectKey& key);

  const ReconcilerParts parts_;
  Rounds rounds_;
  SecretReader secrets_;
  Refusals refusals_;
};

}  // namespace quorate::reconcile
