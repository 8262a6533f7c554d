// From a Pod to what a runner needs: environment, arguments and volumes with every reference
// looked up.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "operator/local/objects.h"
#include "operator/local/pod_runtime.h"

namespace quorate::local {

/// Why a container cannot be made yet: a waiting reason and a message.
struct NotReady {
  std::string reason;
  std::string message;
};

/// Looks up a container's environment and expands `$(NAME)`.
[[nodiscard]] std::variant<ContainerPlan, NotReady> plan_container(const Objects& objects,
                                                                   const Json& pod,
                                                                   const Json& container);
/// Looks up every volume of a Pod.
[[nodiscard]] std::variant<std::vector<PodVolume>, NotReady> plan_volumes(const Objects& objects,
                                                                          const Json& pod);
/// The number of a port by number, digits or name; 0 when there is none.
[[nodiscard]] int64_t port_of(const Json& port, const Json& container);

}  // namespace quorate::local
