// Bodies in Kubernetes' protobuf encoding, which kubectl uses where it has typed clients.
#pragma once

#include <optional>
#include <string_view>

#include "operator/local/object.h"

namespace quorate::local {

/// Decodes the kinds that `kubectl create` and `kubectl drain` send so: ConfigMap, Secret,
/// Namespace, ServiceAccount, Service, PodDisruptionBudget, RBAC, Eviction, Scale, DeleteOptions.
/// Nothing for other kinds and for bytes that are no such message.
[[nodiscard]] std::optional<Json> decode_protobuf(std::string_view bytes);

}  // namespace quorate::local
