// Metadata of objects.
#include "operator/kube/object.h"

#include "operator/kube/json_value.h"

namespace quorate::kube {

std::string name_of(const nlohmann::json& object) { return text_at(object, {"metadata", "name"}); }

std::string namespace_of(const nlohmann::json& object) {
  return text_at(object, {"metadata", "namespace"});
}

ObjectKey key_of(const nlohmann::json& object) {
  return {.space = namespace_of(object), .name = name_of(object)};
}

std::string uid_of(const nlohmann::json& object) { return text_at(object, {"metadata", "uid"}); }

std::string resource_version_of(const nlohmann::json& object) {
  return text_at(object, {"metadata", "resourceVersion"});
}

int64_t generation_of(const nlohmann::json& object) {
  return integer_at(object, {"metadata", "generation"}).value_or(0);
}

bool is_being_deleted(const nlohmann::json& object) {
  return !text_at(object, {"metadata", "deletionTimestamp"}).empty();
}

std::string label_of(const nlohmann::json& object, std::string_view key) {
  return text_at(object, {"metadata", "labels", key});
}

std::string annotation_of(const nlohmann::json& object, std::string_view key) {
  return text_at(object, {"metadata", "annotations", key});
}

bool has_finalizer(const nlohmann::json& object, std::string_view finalizer) {
  const nlohmann::json* found = find_at(object, {"metadata", "finalizers"});
  if (found == nullptr || !found->is_array()) {
    return false;
  }
  for (const nlohmann::json& each : *found) {
    if (each.is_string() && each.get_ref<const std::string&>() == finalizer) {
      return true;
    }
  }
  return false;
}

std::vector<OwnerReference> owners_of(const nlohmann::json& object) {
  std::vector<OwnerReference> owners;
  const nlohmann::json* found = find_at(object, {"metadata", "ownerReferences"});
  if (found == nullptr || !found->is_array()) {
    return owners;
  }
  for (const nlohmann::json& each : *found) {
    OwnerReference owner{.api_version = text_at(each, {"apiVersion"}),
                         .kind = text_at(each, {"kind"}),
                         .name = text_at(each, {"name"}),
                         .uid = text_at(each, {"uid"}),
                         .is_controller = flag_at(each, {"controller"})};
    if (!owner.uid.empty()) {
      owners.push_back(std::move(owner));
    }
  }
  return owners;
}

std::optional<OwnerReference> controller_of(const nlohmann::json& object) {
  for (OwnerReference& owner : owners_of(object)) {
    if (owner.is_controller) {
      return std::move(owner);
    }
  }
  return std::nullopt;
}

nlohmann::json owner_reference_to(const ResourceKind& kind, const nlohmann::json& owner) {
  return {{"apiVersion", kind.api_version()},
          {"kind", kind.kind},
          {"name", name_of(owner)},
          {"uid", uid_of(owner)},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

void strip_bulk(nlohmann::json& object) {
  if (!object.is_object()) {
    return;
  }
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) {
    return;
  }
  metadata->erase("managedFields");
  const auto annotations = metadata->find("annotations");
  if (annotations != metadata->end() && annotations->is_object()) {
    annotations->erase("kubectl.kubernetes.io/last-applied-configuration");
  }
}

bool differs_beyond_status(const nlohmann::json& before, const nlohmann::json& after) {
  const auto part = [](const nlohmann::json& object, std::initializer_list<std::string_view> path) {
    const nlohmann::json* found = find_at(object, path);
    return found == nullptr ? nlohmann::json() : *found;
  };
  if (uid_of(before) != uid_of(after) || generation_of(before) != generation_of(after)) {
    return true;
  }
  for (const std::string_view key :
       {"labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp"}) {
    if (part(before, {"metadata", key}) != part(after, {"metadata", key})) {
      return true;
    }
  }
  return part(before, {"spec"}) != part(after, {"spec"});
}

}  // namespace quorate::kube
