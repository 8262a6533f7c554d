// The admin Secret.
#include "operator/resources/admin_secret.h"

#include "operator/api/names.h"
#include "server/base/assert.h"

namespace quorate::resources {

nlohmann::json admin_secret(const Blueprint& blueprint) {
  QR_ASSERT(!blueprint.new_admin_token.empty());
  return {
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"metadata", metadata_of(blueprint.cluster, api::admin_secret_name(blueprint.cluster.name))},
      {"type", "Opaque"},
      {"stringData", {{"token", blueprint.new_admin_token}}}};
}

}  // namespace quorate::resources
