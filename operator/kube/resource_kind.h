// Kinds of Kubernetes resources that the operator uses, and where the API serves them.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace quorate::kube {

/// One kind as the API knows it. The texts are literals or outlive their users.
struct ResourceKind {
  std::string_view group;  ///< Empty: the core group.
  std::string_view version;
  std::string_view kind;
  std::string_view plural;
  bool is_namespaced = true;

  /// `apps/v1`, or `v1` for the core group.
  [[nodiscard]] std::string api_version() const;

  friend bool operator==(const ResourceKind&, const ResourceKind&) = default;
};

inline constexpr ResourceKind kQuorumCluster{"quorate.dev", "v1alpha1", "QuorumCluster",
                                             "quorumclusters"};
inline constexpr ResourceKind kPod{"", "v1", "Pod", "pods"};
inline constexpr ResourceKind kService{"", "v1", "Service", "services"};
inline constexpr ResourceKind kConfigMap{"", "v1", "ConfigMap", "configmaps"};
inline constexpr ResourceKind kSecret{"", "v1", "Secret", "secrets"};
inline constexpr ResourceKind kServiceAccount{"", "v1", "ServiceAccount", "serviceaccounts"};
inline constexpr ResourceKind kPersistentVolumeClaim{"", "v1", "PersistentVolumeClaim",
                                                     "persistentvolumeclaims"};
inline constexpr ResourceKind kPersistentVolume{"", "v1", "PersistentVolume", "persistentvolumes",
                                                false};
inline constexpr ResourceKind kNode{"", "v1", "Node", "nodes", false};
inline constexpr ResourceKind kNamespace{"", "v1", "Namespace", "namespaces", false};
inline constexpr ResourceKind kStatefulSet{"apps", "v1", "StatefulSet", "statefulsets"};
inline constexpr ResourceKind kControllerRevision{"apps", "v1", "ControllerRevision",
                                                  "controllerrevisions"};
inline constexpr ResourceKind kPodDisruptionBudget{"policy", "v1", "PodDisruptionBudget",
                                                   "poddisruptionbudgets"};
inline constexpr ResourceKind kStorageClass{"storage.k8s.io", "v1", "StorageClass",
                                            "storageclasses", false};
inline constexpr ResourceKind kLease{"coordination.k8s.io", "v1", "Lease", "leases"};
inline constexpr ResourceKind kEvent{"events.k8s.io", "v1", "Event", "events"};
inline constexpr ResourceKind kCustomResourceDefinition{
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false};

/// Names one object of a kind. `space` is its namespace; empty for kinds without.
struct ObjectKey {
  std::string space;
  std::string name;

  /// `space/name`, or `name`.
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// `text` with everything but letters, digits and `-._~` as %XX: one segment of a path or one value
/// of a query, whatever it holds.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// The path of all objects of a kind: in one namespace, or everywhere when `space` is empty.
[[nodiscard]] std::string collection_path(const ResourceKind& kind, std::string_view space);

/// The path of one object, or of its `subresource` (`status`, `scale`, `eviction`).
[[nodiscard]] std::string object_path(const ResourceKind& kind, const ObjectKey& key,
                                      std::string_view subresource = {});

}  // namespace quorate::kube
