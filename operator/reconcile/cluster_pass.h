// ClusterPass: the stages of one pass, and what they hand on to each other.
#pragma once

#include <optional>
#include <string>

#include "operator/api/quorumcluster.pb.h"
#include "operator/api/validated_cluster.h"
#include "operator/controller/reconciler.h"
#include "operator/kube/shared_object.h"
#include "operator/plan/plan.h"
#include "operator/reconcile/apply.h"
#include "operator/reconcile/cluster_reconciler.h"
#include "operator/reconcile/managed_tls.h"
#include "operator/reconcile/observe.h"
#include "operator/reconcile/perform.h"

namespace quorate::reconcile {

/// What outlives a pass.
struct Shared {
  const ReconcilerParts& parts;
  Rounds& rounds;
  SecretReader& secrets;
  Refusals& refusals;
};

/// Stages in the order in which they are called. Each returns nothing to go on, or how the pass
/// ends.
class ClusterPass {
 public:
  using End = std::optional<controller::ReconcileResult>;

  ClusterPass(controller::Pass& pass, kube::SharedObject object, Shared shared)
      : pass_(pass), shared_(shared), object_(std::move(object)) {}

  /// Reads the object: what a person wants and what was recorded.
  [[nodiscard]] End validate();
  /// Reads Kubernetes' objects and the members' reports. Ends when a round of members is under way.
  [[nodiscard]] End observe();
  /// Decides; touches nothing.
  [[nodiscard]] End plan();
  /// Records the decision, before anything is done about it, and tells people.
  [[nodiscard]] End status();
  /// Does it: objects first, then actions, stopping at the first that fails.
  [[nodiscard]] End apply();
  /// When to look again.
  [[nodiscard]] controller::ReconcileResult next() const;

 private:
  [[nodiscard]] End refuse(const api::Validation& validation);
  [[nodiscard]] plan::Input input() const;
  [[nodiscard]] kube::ApiResult<bool> is_still_planned(const plan::Action& action);
  [[nodiscard]] End look_at_certificates();
  [[nodiscard]] End apply_certificates();
  [[nodiscard]] End apply_objects();
  void remember_refusal(const kube::ApiError& error, const std::string& message);
  [[nodiscard]] End refused(const Applied& applied);
  [[nodiscard]] End perform(const plan::Action& action);
  void forget_token();
  void tell(const plan::Event& event);

  controller::Pass& pass_;
  const Shared shared_;
  kube::SharedObject object_;  ///< The QuorumCluster, as it was last answered.
  api::QuorumClusterStatus recorded_;
  std::optional<api::ValidatedCluster> cluster_;
  Seen seen_;
  ManagedSecrets certificates_;
  MemberReports reports_;
  std::string fresh_ensemble_id_;
  std::string fresh_token_;
  plan::Plan plan_;
  bool has_acted_ = false;
};

}  // namespace quorate::reconcile
