// Perform: one action of a plan, as requests to the API or orders to members.
#pragma once

#include <string>

#include "operator/controller/reconciler.h"
#include "operator/plan/action.h"
#include "operator/reconcile/member_client.h"
#include "operator/reconcile/observe.h"

namespace quorate::reconcile {

/// What actions of a pass are made with. References outlive it.
struct ActionScope {
  controller::Pass& pass;
  const api::ValidatedCluster& cluster;
  const api::QuorumClusterStatus& recorded;
  const Seen& seen;
  MemberClient& members;
  /// The QuorumCluster as it was last answered: its finalizers and its version.
  kube::SharedObject& object;
};

/// How an action ended.
struct ActionEnd {
  enum class Kind {
    kDone,     ///< It was made, or it had been made before.
    kLater,    ///< Refused for now: look again.
    kUnknown,  ///< Whether it was made shows when one looks again.
    kFailed,   ///< `error` says why.
  };
  Kind kind = Kind::kDone;
  std::string message = {};
  kube::ApiError error = {};
  bool is_token_refused = false;
};

[[nodiscard]] ActionEnd perform_action(const ActionScope& scope, const plan::Action& action);

}  // namespace quorate::reconcile
