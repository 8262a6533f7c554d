// The StatefulSet and the claims of its volumes.
#include "operator/resources/stateful_set.h"

#include <string>

#include "operator/api/names.h"
#include "operator/resources/pod_template.h"

namespace quorate::resources {

namespace {

using nlohmann::json;

/// A claim outlives cluster and operator, so it says itself whose it is.
json claim(const Blueprint& blueprint, const ZoneSet& zone, const char* name,
           const api::VolumeSpec& volume, const std::string& size) {
  json labels = labels_of(blueprint.cluster);
  labels[std::string(api::labels::kZone)] = zone.zone;
  json annotations;
  annotations[std::string(api::annotations::kEnsembleId)] =
      zone.ensemble_id.empty() ? blueprint.ensemble_id : zone.ensemble_id;
  annotations[std::string(api::annotations::kClusterUid)] = blueprint.cluster.uid;
  annotations[std::string(api::annotations::kZoneIndex)] = std::to_string(zone.index);
  annotations[std::string(api::annotations::kNodeZone)] = zone.node_zone;
  json spec = {{"accessModes", json::array({"ReadWriteOnce"})},
               {"resources", {{"requests", {{"storage", size.empty() ? volume.size : size}}}}}};
  if (volume.storage_class) {
    spec["storageClassName"] = *volume.storage_class;
  }
  return {
      {"apiVersion", "v1"},
      {"kind", "PersistentVolumeClaim"},
      {"metadata",
       {{"name", name}, {"labels", std::move(labels)}, {"annotations", std::move(annotations)}}},
      {"spec", std::move(spec)}};
}

}  // namespace

json stateful_set(const Blueprint& blueprint, const ZoneSet& zone) {
  const api::ValidatedCluster& cluster = blueprint.cluster;
  json metadata = metadata_of(cluster, api::set_name(cluster.name, zone.zone));
  metadata["labels"][std::string(api::labels::kZone)] = zone.zone;
  json claims = json::array();
  claims.push_back(claim(blueprint, zone, "data", cluster.data, zone.data_size));
  if (cluster.log) {
    claims.push_back(claim(blueprint, zone, "log", *cluster.log, zone.log_size));
  }
  return {{"apiVersion", "apps/v1"},
          {"kind", "StatefulSet"},
          {"metadata", std::move(metadata)},
          {"spec",
           {{"replicas", zone.replicas},
            {"serviceName", api::members_service_name(cluster.name)},
            {"podManagementPolicy", "Parallel"},
            {"updateStrategy", {{"type", "OnDelete"}}},
            {"persistentVolumeClaimRetentionPolicy",
             {{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}}},
            {"revisionHistoryLimit", 5},
            {"selector", {{"matchLabels", zone_selector(blueprint, zone)}}},
            {"template", pod_template(blueprint, zone)},
            {"volumeClaimTemplates", std::move(claims)}}}};
}

}  // namespace quorate::resources
