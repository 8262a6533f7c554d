// The PodDisruptionBudget.
#include "operator/resources/disruption_budget.h"

#include <string>

#include "operator/api/names.h"

namespace quorate::resources {

nlohmann::json disruption_budget(const Blueprint& blueprint) {
  nlohmann::json voters = selector_of(blueprint.cluster);
  voters[std::string(api::labels::kRole)] = "voter";
  return {{"apiVersion", "policy/v1"},
          {"kind", "PodDisruptionBudget"},
          {"metadata",
           metadata_of(blueprint.cluster, api::disruption_budget_name(blueprint.cluster.name))},
          {"spec",
           {{"minAvailable", blueprint.voters_available_min},
            {"selector", {{"matchLabels", std::move(voters)}}}}}};
}

}  // namespace quorate::resources
