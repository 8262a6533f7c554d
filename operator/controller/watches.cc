// The kinds of the operator.
#include "operator/controller/watches.h"

#include <utility>

#include "operator/api/names.h"

namespace quorate::controller {

std::vector<WatchSpec> operator_watches(const std::string& label_selector) {
  const std::string ours = std::string(api::labels::kManagedBy) + "=quorate-operator";
  std::vector<WatchSpec> watches;
  watches.push_back({.kind = kube::kQuorumCluster,
                     .label_selector = label_selector,
                     .concerns = concerns_itself});
  for (const kube::ResourceKind& kind : {kube::kStatefulSet, kube::kService, kube::kConfigMap,
                                         kube::kPodDisruptionBudget, kube::kServiceAccount}) {
    watches.push_back(
        {.kind = kind, .label_selector = ours, .concerns = concerns_owner(kube::kQuorumCluster)});
  }
  // Pods belong to their StatefulSets, volume claims to nobody.
  for (const kube::ResourceKind& kind : {kube::kPod, kube::kPersistentVolumeClaim}) {
    watches.push_back({.kind = kind,
                       .label_selector = ours,
                       .indexed_labels = {std::string(api::labels::kInstance)},
                       .concerns = concerns_label(std::string(api::labels::kInstance))});
  }
  return watches;
}

}  // namespace quorate::controller
