// What every Kubernetes object has: its metadata, read with care.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/resource_kind.h"

namespace quorate::kube {

[[nodiscard]] std::string name_of(const nlohmann::json& object);
[[nodiscard]] std::string namespace_of(const nlohmann::json& object);
[[nodiscard]] ObjectKey key_of(const nlohmann::json& object);
[[nodiscard]] std::string uid_of(const nlohmann::json& object);
/// Opaque: compared for equality only.
[[nodiscard]] std::string resource_version_of(const nlohmann::json& object);
/// 0 when it has none.
[[nodiscard]] int64_t generation_of(const nlohmann::json& object);
/// Whether it has a deletionTimestamp: it goes as soon as its finalizers are gone.
[[nodiscard]] bool is_being_deleted(const nlohmann::json& object);
/// Empty when it has no such label.
[[nodiscard]] std::string label_of(const nlohmann::json& object, std::string_view key);
[[nodiscard]] std::string annotation_of(const nlohmann::json& object, std::string_view key);
[[nodiscard]] bool has_finalizer(const nlohmann::json& object, std::string_view finalizer);

/// One entry of metadata.ownerReferences.
struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool is_controller = false;

  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

/// All owners, in the object's order; entries without a uid are left out.
[[nodiscard]] std::vector<OwnerReference> owners_of(const nlohmann::json& object);
/// The owner that controls it.
[[nodiscard]] std::optional<OwnerReference> controller_of(const nlohmann::json& object);
/// An owner reference to `owner`, which is of `kind`, as a child's metadata holds it: controller,
/// and deletion of the owner in the foreground waits for the child.
[[nodiscard]] nlohmann::json owner_reference_to(const ResourceKind& kind,
                                                const nlohmann::json& owner);

/// Drops what only fills memory: metadata.managedFields and kubectl's copy of the object in its
/// annotation.
void strip_bulk(nlohmann::json& object);

/// Whether anything but the status, and the metadata that goes with it, differs: specification,
/// labels, annotations, finalizers, deletion. What wakes the reconciler of a custom resource, but
/// not a filter for StatefulSets and Pods, whose status is what they are watched for.
[[nodiscard]] bool differs_beyond_status(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace quorate::kube
