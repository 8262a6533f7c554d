// The registry of kinds.
#include "operator/local/kinds.h"

#include <algorithm>

#include "server/base/assert.h"

namespace quorate::local {

namespace {

// group | version | kind | plural | short names | categories | letters: n namespaced, s status,
// g generation, c scale.
struct Row {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  const char* short_names;
  const char* categories;
  const char* letters;
};

constexpr Row kRows[] = {
    {"", "v1", "ConfigMap", "configmaps", "cm", "", "n"},
    {"", "v1", "Endpoints", "endpoints", "ep", "", "n"},
    {"", "v1", "Event", "events", "ev", "", "n"},
    {"", "v1", "Namespace", "namespaces", "ns", "", "s"},
    {"", "v1", "Node", "nodes", "no", "", "s"},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "", "ns"},
    {"", "v1", "PersistentVolume", "persistentvolumes", "pv", "", "s"},
    {"", "v1", "Pod", "pods", "po", "all", "ns"},
    {"", "v1", "Secret", "secrets", "", "", "n"},
    {"", "v1", "Service", "services", "svc", "all", "ns"},
    {"", "v1", "ServiceAccount", "serviceaccounts", "sa", "", "n"},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
     "crd,crds", "api-extensions", "sg"},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", "", "", "n"},
    {"apps", "v1", "StatefulSet", "statefulsets", "sts", "all", "nsgc"},
    {"coordination.k8s.io", "v1", "Lease", "leases", "", "", "n"},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", "", "ng"},
    {"events.k8s.io", "v1", "Event", "events", "ev", "", "n"},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "", "nsg"},
    {"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", "", "n"},
    {"rbac.authorization.k8s.io", "v1", "Role", "roles", "", "", "n"},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", "", ""},
    {"storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", "", ""},
};

bool has_letter(const Row& row, char letter) {
  return std::string_view(row.letters).find(letter) != std::string_view::npos;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

std::string place_of(std::string_view group, std::string_view version, std::string_view plural) {
  return std::string(group) + "/" + std::string(version) + "/" + std::string(plural);
}

std::vector<std::string> strings_of(const Json& list) {
  std::vector<std::string> found;
  for (const Json& item : list) {
    if (item.is_string()) {
      found.push_back(item.get<std::string>());
    }
  }
  return found;
}

Kind kind_of_version(const Json& definition, const Json& version, size_t index,
                     FieldErrors& errors) {
  const Json& names = map_at(definition, "spec/names");
  Kind kind;
  kind.group = text(definition, "spec/group");
  kind.version = text(version, "name");
  kind.kind = text(names, "kind");
  kind.plural = text(names, "plural");
  kind.singular = text(names, "singular", lower(kind.kind));
  kind.is_namespaced = text(definition, "spec/scope") == "Namespaced";
  kind.short_names = strings_of(list_at(names, "shortNames"));
  kind.categories = strings_of(list_at(names, "categories"));
  kind.has_status = has(version, "subresources/status");
  kind.tracks_generation = true;
  kind.is_custom = true;
  kind.is_stored = boolean(version, "storage");
  if (const Json& scale = at(version, "subresources/scale"); scale.is_object()) {
    kind.scale = ScalePaths{.spec_replicas = text(scale, "specReplicasPath"),
                            .status_replicas = text(scale, "statusReplicasPath"),
                            .label_selector = text(scale, "labelSelectorPath")};
  }
  for (const Json& column : list_at(version, "additionalPrinterColumns")) {
    kind.columns.push_back({.name = text(column, "name"),
                            .type = text(column, "type"),
                            .json_path = text(column, "jsonPath"),
                            .description = text(column, "description"),
                            .priority = integer(column, "priority")});
  }
  const std::string place = "spec.versions[" + std::to_string(index) + "].schema.openAPIV3Schema";
  if (const Json& schema = at(version, "schema/openAPIV3Schema"); schema.is_object()) {
    kind.schema = read_schema(schema, place, errors);
  } else {
    errors.push_back(required_value(place, "schemas are required"));
  }
  return kind;
}

}  // namespace

Kinds::Kinds() {
  for (const Row& row : kRows) {
    Kind kind{.group = row.group,
              .version = row.version,
              .kind = row.kind,
              .plural = row.plural,
              .singular = lower(row.kind),
              .is_namespaced = has_letter(row, 'n'),
              .short_names = split(row.short_names, ','),
              .categories = split(row.categories, ','),
              .has_status = has_letter(row, 's'),
              .scale = {},
              .tracks_generation = has_letter(row, 'g'),
              .schema = builtin_schema(row.kind),
              .columns = {}};
    if (has_letter(row, 'c')) {
      kind.scale = ScalePaths{.spec_replicas = ".spec.replicas",
                              .status_replicas = ".status.replicas",
                              .label_selector = ".status.selector"};
    }
    add(std::move(kind));
  }
}

namespace {

// Every object has the same metadata, whatever its schema says.
SchemaPtr with_metadata(const SchemaPtr& schema) {
  auto full = schema ? std::make_shared<Schema>(*schema) : std::make_shared<Schema>();
  const auto string = std::make_shared<Schema>();
  string->type = Schema::Type::kString;
  full->properties["apiVersion"] = string;
  full->properties["kind"] = string;
  full->properties["metadata"] = builtin_schema("ObjectMeta");
  return full;
}

}  // namespace

void Kinds::add(Kind kind) {
  kind.schema = with_metadata(kind.schema);
  std::string place = place_of(kind.group, kind.version, kind.plural);
  by_place_[std::move(place)] = std::make_shared<const Kind>(std::move(kind));
}

KindPtr Kinds::find(std::string_view group, std::string_view version,
                    std::string_view plural) const {
  const auto found = by_place_.find(place_of(group, version, plural));
  return found == by_place_.end() ? nullptr : found->second;
}

KindPtr Kinds::find_kind(std::string_view api_version, std::string_view kind) const {
  for (const auto& [place, candidate] : by_place_) {
    if (candidate->kind == kind && candidate->api_version() == api_version) {
      return candidate;
    }
  }
  return nullptr;
}

KindPtr Kinds::find_resource(std::string_view resource) const {
  for (const auto& [place, candidate] : by_place_) {
    if (candidate->is_stored && candidate->resource() == resource) {
      return candidate;
    }
  }
  return nullptr;
}

std::vector<KindPtr> Kinds::all() const {
  std::vector<KindPtr> found;
  for (const auto& [place, kind] : by_place_) {
    found.push_back(kind);
  }
  return found;
}

void Kinds::set_definition(const Json& definition) {
  remove_definition(name_of(definition));
  FieldErrors ignored;  // Definitions with errors are never stored.
  std::vector<std::string>& places = places_of_definition_[name_of(definition)];
  for (Kind& kind : kinds_of_definition(definition, ignored)) {
    places.push_back(place_of(kind.group, kind.version, kind.plural));
    add(std::move(kind));
  }
}

void Kinds::remove_definition(const std::string& name) {
  const auto found = places_of_definition_.find(name);
  if (found == places_of_definition_.end()) {
    return;
  }
  for (const std::string& place : found->second) {
    by_place_.erase(place);
  }
  places_of_definition_.erase(found);
}

std::vector<Kind> kinds_of_definition(const Json& definition, FieldErrors& errors) {
  std::vector<Kind> kinds;
  const Json& versions = list_at(definition, "spec/versions");
  for (size_t i = 0; i < versions.size(); ++i) {
    Kind kind = kind_of_version(definition, versions[i], i, errors);
    if (boolean(versions[i], "served") || kind.is_stored) {
      kinds.push_back(std::move(kind));
    }
  }
  return kinds;
}

}  // namespace quorate::local
