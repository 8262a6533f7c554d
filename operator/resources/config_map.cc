// The ConfigMap: one file, mounted by every member.
#include "operator/resources/config_map.h"

#include "operator/api/names.h"
#include "operator/resources/zoo_cfg.h"

namespace quorate::resources {

nlohmann::json config_map(const Blueprint& blueprint) {
  return {
      {"apiVersion", "v1"},
      {"kind", "ConfigMap"},
      {"metadata", metadata_of(blueprint.cluster, api::config_map_name(blueprint.cluster.name))},
      {"data", {{"zoo.cfg", zoo_cfg(blueprint)}}}};
}

}  // namespace quorate::resources
