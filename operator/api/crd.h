// The CustomResourceDefinition of QuorumCluster, from the .proto alone.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace quorate::api {

/// The whole object: structural schema, defaults, printer columns, subresources, rules.
[[nodiscard]] nlohmann::json crd();

/// What deploy/crd/quorumclusters.quorate.dev.yaml holds.
[[nodiscard]] std::string crd_file();

/// A value as YAML in block style, keys in their order; ends in a line end.
[[nodiscard]] std::string to_yaml(const nlohmann::json& value);

}  // namespace quorate::api
