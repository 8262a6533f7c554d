// Everything that a cluster consists of, built at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// All objects of a cluster. Whoever applies it takes it whole, by in_order().
struct Bundle {
  nlohmann::json service_account;
  std::optional<nlohmann::json> admin_secret;  ///< Only where it is yet to be made.
  nlohmann::json config_map;
  nlohmann::json members_service;
  nlohmann::json client_service;
  nlohmann::json disruption_budget;
  std::vector<nlohmann::json> stateful_sets;  ///< By ascending zone index.
};

[[nodiscard]] Bundle build(const Blueprint& blueprint);

/// The objects in the order in which they are to be applied: what Pods need comes before Pods.
[[nodiscard]] std::vector<nlohmann::json> in_order(Bundle bundle);

/// The hash of an object as it is wanted, and the object as it is applied: with that hash as
/// annotation, which tells later what was applied.
[[nodiscard]] std::string applied_hash_of(const nlohmann::json& wanted);
[[nodiscard]] nlohmann::json with_applied_hash(nlohmann::json wanted);

}  // namespace quorate::resources
