// The ServiceAccount.
#include "operator/resources/service_account.h"

#include "operator/api/names.h"

namespace quorate::resources {

nlohmann::json service_account(const Blueprint& blueprint) {
  return {
      {"apiVersion", "v1"},
      {"kind", "ServiceAccount"},
      {"metadata",
       metadata_of(blueprint.cluster, api::service_account_name(blueprint.cluster.name))},
      {"automountServiceAccountToken", false},
  };
}

}  // namespace quorate::resources
