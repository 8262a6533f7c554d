// What `status` and `plan` print: a QuorumCluster for people.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace quorate::plugin {

/// One cluster in full: totals, members, zones, the change that goes on, what comes next, and the
/// conditions that ask for attention. `object` is as the API gave it.
[[nodiscard]] std::string status_text(const nlohmann::json& object, bool has_colour);

/// What comes next and, where nothing does, why.
[[nodiscard]] std::string plan_text(const nlohmann::json& object, bool has_colour);

/// A line for each of several clusters.
[[nodiscard]] std::string list_text(const std::vector<nlohmann::json>& objects, bool has_spaces,
                                    bool has_colour);

/// The object without what only the API server needs, for -o json.
[[nodiscard]] nlohmann::json tidied(nlohmann::json object);

}  // namespace quorate::plugin
