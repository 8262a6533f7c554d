// What to say when the API refuses, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "operator/kube/api_error.h"
#include "operator/kube/request.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// Where a request went, for messages.
struct Place {
  std::string url;
  std::string source;  ///< The kubeconfig and its context.
  std::string space;
};

/// A refused request in words that name what was asked, where, why not, and what to do.
[[nodiscard]] Error complaint(const kube::Request& request, const Place& place,
                              const kube::ApiError& error);

/// The CRD is not there, so no operator can be.
[[nodiscard]] Error no_definition(const Place& place);
/// There is no QuorumCluster `name`; `present` are those that there are.
[[nodiscard]] Error no_cluster(const std::string& name, const Place& place,
                               const std::vector<std::string>& present);
/// No name was given, and there is none or not one.
[[nodiscard]] Error not_one_cluster(const Place& place, const std::vector<std::string>& present);

}  // namespace quorate::plugin
