// Apply: brings the objects of a cluster to what the bundle says, writing only what differs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/controller/reconciler.h"
#include "operator/reconcile/observe.h"

namespace quorate::reconcile {

/// What the API said to the bundle.
struct Applied {
  size_t writes = 0;
  /// Nothing: everything is as it should be. Later objects were not written.
  std::optional<kube::ApiError> error = std::nullopt;
  std::string object;  ///< With an error: "StatefulSet zoo-a".
};

/// Applies the objects in their order, each by server-side apply and only where the present one is
/// another. An object of one of our names that is not ours is never written.
///
/// @param objects Of the bundle, in the order of resources::in_order.
/// @param owner The uid of the cluster.
[[nodiscard]] Applied apply_bundle(controller::Pass& pass,
                                   const std::vector<nlohmann::json>& objects,
                                   const std::string& owner, const Seen& seen);

/// Deletes objects that the cluster owns and the bundle has no more; StatefulSets are the
/// planner's.
[[nodiscard]] Applied sweep_orphans(controller::Pass& pass,
                                    const std::vector<nlohmann::json>& objects,
                                    const std::string& owner);

/// Whether applying `desired` would change `present`: it was made from another text, or somebody
/// changed a field that it has. Fields that the API server added do not count.
[[nodiscard]] bool differs(const nlohmann::json& desired, const nlohmann::json& present);

}  // namespace quorate::reconcile
