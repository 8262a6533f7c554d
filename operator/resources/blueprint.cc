// Labels and metadata that all builders share.
#include "operator/resources/blueprint.h"

#include "operator/api/names.h"

namespace quorate::resources {

using nlohmann::json;

json labels_of(const api::ValidatedCluster& cluster) {
  json labels = selector_of(cluster);
  labels[std::string(api::labels::kManagedBy)] = "quorate-operator";
  return labels;
}

json selector_of(const api::ValidatedCluster& cluster) {
  json labels;
  labels[std::string(api::labels::kName)] = "quorate";
  labels[std::string(api::labels::kInstance)] = cluster.name;
  return labels;
}

json metadata_of(const api::ValidatedCluster& cluster, const std::string& name) {
  json owner;
  owner["apiVersion"] = api::kApiVersion;
  owner["kind"] = api::kKind;
  owner["name"] = cluster.name;
  owner["uid"] = cluster.uid;
  owner["controller"] = true;
  owner["blockOwnerDeletion"] = true;
  json metadata;
  metadata["name"] = name;
  metadata["namespace"] = cluster.name_space;
  metadata["labels"] = labels_of(cluster);
  metadata["ownerReferences"] = json::array({std::move(owner)});
  return metadata;
}

}  // namespace quorate::resources
