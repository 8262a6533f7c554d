// Checks of built-in kinds, in the words of Kubernetes.
#include <algorithm>
#include <cctype>
#include <set>

#include "operator/local/builtin_rules.h"
#include "operator/local/selector.h"

namespace quorate::local {

namespace {

constexpr int64_t kReplicaCountMax = 1000;
constexpr const char* kImmutable = "field is immutable";

void validate_container(const Json& container, const std::string& place,
                        const std::set<std::string>& volumes, FieldErrors& errors) {
  const std::string name = text(container, "name");
  if (!is_dns_label(name)) {
    errors.push_back(invalid_value(place + ".name", name,
                                   "a lowercase RFC 1123 label must consist of lower case "
                                   "alphanumeric characters or '-', and must start and end with an "
                                   "alphanumeric character"));
  }
  if (text(container, "image").empty()) {
    errors.push_back(required_value(place + ".image"));
  }
  const Json& mounts = list_at(container, "volumeMounts");
  for (size_t i = 0; i < mounts.size(); ++i) {
    if (!volumes.contains(text(mounts[i], "name"))) {
      errors.push_back({.reason = "FieldValueNotFound",
                        .field = place + ".volumeMounts[" + std::to_string(i) + "].name",
                        .detail = "Not found: " + dump(at(mounts[i], "name"))});
    }
  }
  const Json& ports = list_at(container, "ports");
  for (size_t i = 0; i < ports.size(); ++i) {
    const int64_t port = integer(ports[i], "containerPort");
    if (port < 1 || port > 65535) {
      errors.push_back(invalid_value(place + ".ports[" + std::to_string(i) + "].containerPort",
                                     port, "must be between 1 and 65535, inclusive"));
    }
  }
}

// `extra_volumes` are those of claim templates.
void validate_pod_spec(const Json& spec, const std::string& place,
                       std::set<std::string> extra_volumes, FieldErrors& errors) {
  for (const Json& volume : list_at(spec, "volumes")) {
    extra_volumes.insert(text(volume, "name"));
  }
  const Json& containers = list_at(spec, "containers");
  if (containers.empty()) {
    errors.push_back(required_value(place + ".containers"));
  }
  for (size_t i = 0; i < containers.size(); ++i) {
    validate_container(containers[i], place + ".containers[" + std::to_string(i) + "]",
                       extra_volumes, errors);
  }
  const std::string restart = text(spec, "restartPolicy");
  if (restart != "Always" && restart != "OnFailure" && restart != "Never") {
    errors.push_back(
        unsupported_value(place + ".restartPolicy", restart, {"Always", "OnFailure", "Never"}));
  }
  for (const char* list : {"requests", "limits"}) {
    for (size_t i = 0; i < containers.size(); ++i) {
      for (const auto& [name, value] :
           map_at(containers[i], std::string("resources/") + list).items()) {
        if (!parse_quantity_milli(value)) {
          errors.push_back(invalid_value(
              place + ".containers[" + std::to_string(i) + "].resources." + list + "[" + name + "]",
              value, "quantities must match the regular expression"));
        }
      }
    }
  }
}

void validate_stateful_set(const Json& set, FieldErrors& errors) {
  const Json& spec = at(set, "spec");
  if (integer(spec, "replicas") < 0) {
    errors.push_back(
        invalid_value("spec.replicas", at(spec, "replicas"), "must be greater than or equal to 0"));
  }
  const std::string policy = text(spec, "podManagementPolicy");
  if (policy != "OrderedReady" && policy != "Parallel") {
    errors.push_back(
        invalid_value("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  const std::string strategy = text(spec, "updateStrategy/type");
  if (strategy != "OnDelete" && strategy != "RollingUpdate") {
    errors.push_back(invalid_value("spec.updateStrategy", at(spec, "updateStrategy"),
                                   "must be 'RollingUpdate' or 'OnDelete'"));
  }
  const Selector selector = selector_of(at(spec, "selector"));
  if (selector.requirements.empty()) {
    errors.push_back(invalid_value("spec.selector", at(spec, "selector"),
                                   "empty selector is invalid for statefulset"));
  } else if (!selector.matches_labels(at(spec, "template/metadata/labels"))) {
    errors.push_back(invalid_value("spec.template.metadata.labels",
                                   at(spec, "template/metadata/labels"),
                                   "`selector` does not match template `labels`"));
  }
  std::set<std::string> claims;
  for (const Json& claim : list_at(spec, "volumeClaimTemplates")) {
    claims.insert(name_of(claim));
  }
  validate_pod_spec(at(spec, "template/spec"), "spec.template.spec", claims, errors);
  if (text(spec, "template/spec/restartPolicy") != "Always") {
    errors.push_back(unsupported_value("spec.template.spec.restartPolicy",
                                       at(spec, "template/spec/restartPolicy"), {"Always"}));
  }
}

void validate_service(const Json& service, FieldErrors& errors) {
  const Json& spec = at(service, "spec");
  const Json& ports = list_at(spec, "ports");
  const bool needs_ports =
      text(spec, "clusterIP") != "None" && text(spec, "type") != "ExternalName";
  if (ports.empty() && needs_ports) {
    errors.push_back(required_value("spec.ports"));
  }
  for (size_t i = 0; i < ports.size(); ++i) {
    const std::string place = "spec.ports[" + std::to_string(i) + "]";
    if (ports.size() > 1 && text(ports[i], "name").empty()) {
      errors.push_back(required_value(place + ".name"));
    }
    const int64_t port = integer(ports[i], "port");
    if (port < 1 || port > 65535) {
      errors.push_back(
          invalid_value(place + ".port", port, "must be between 1 and 65535, inclusive"));
    }
  }
}

void validate_claim(const Json& claim, FieldErrors& errors) {
  if (list_at(claim, "spec/accessModes").empty()) {
    errors.push_back(required_value("spec.accessModes", "at least 1 access mode is required"));
  }
  const auto size = parse_quantity_milli(at(claim, "spec/resources/requests/storage"));
  if (!has(claim, "spec/resources/requests/storage")) {
    errors.push_back(required_value("spec.resources[storage]"));
  } else if (!size || *size <= 0) {
    errors.push_back(invalid_value("spec.resources[storage]",
                                   at(claim, "spec/resources/requests/storage"),
                                   "must be greater than zero"));
  }
}

void validate_budget(const Json& budget, FieldErrors& errors) {
  if (has(budget, "spec/minAvailable") && has(budget, "spec/maxUnavailable")) {
    errors.push_back(invalid_value("spec", at(budget, "spec"),
                                   "minAvailable and maxUnavailable cannot be both set"));
  }
  const std::string policy = text(budget, "spec/unhealthyPodEvictionPolicy");
  if (!policy.empty() && policy != "IfHealthyBudget" && policy != "AlwaysAllow") {
    errors.push_back(unsupported_value("spec.unhealthyPodEvictionPolicy", policy,
                                       {"AlwaysAllow", "IfHealthyBudget"}));
  }
}

void validate_lease(const Json& lease, FieldErrors& errors) {
  const Json& duration = at(lease, "spec/leaseDurationSeconds");
  if (duration.is_number_integer() && duration.get<int64_t>() <= 0) {
    errors.push_back(
        invalid_value("spec.leaseDurationSeconds", duration, "must be greater than 0"));
  }
  for (const char* field : {"acquireTime", "renewTime"}) {
    const Json& value = at(at(lease, "spec"), field);
    if (value.is_string() && !parse_time(value.get<std::string>())) {
      errors.push_back(invalid_value(std::string("spec.") + field, value, "must be a time"));
    }
  }
}

void validate_data(const Kind& kind, const Json& object, FieldErrors& errors) {
  for (const char* field : {"data", "binaryData"}) {
    for (const auto& [key, value] : map_at(object, field).items()) {
      const bool is_valid = !key.empty() && key.size() <= 253 && key != "." && key != ".." &&
                            std::all_of(key.begin(), key.end(), [](unsigned char c) {
                              return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                            });
      const std::string place = std::string(field) + "[" + key + "]";
      if (!is_valid) {
        errors.push_back(
            invalid_value(place, key,
                          "a valid config key must consist of alphanumeric characters, '-', '_' "
                          "or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
                          "for validation is '[-._a-zA-Z0-9]+')"));
      }
      const bool is_encoded = kind.kind == "Secret" || std::string_view(field) == "binaryData";
      if (is_encoded && value.is_string() && !from_base64(value.get<std::string>())) {
        errors.push_back(invalid_value(place, value, "illegal base64 data"));
      }
    }
  }
}

void validate_definition(const Json& definition, FieldErrors& errors) {
  const std::string expected =
      text(definition, "spec/names/plural") + "." + text(definition, "spec/group");
  if (name_of(definition) != expected) {
    errors.push_back(invalid_value("metadata.name", name_of(definition),
                                   "must be spec.names.plural+\".\"+spec.group"));
  }
  const std::string scope = text(definition, "spec/scope");
  if (scope != "Namespaced" && scope != "Cluster") {
    errors.push_back(unsupported_value("spec.scope", scope, {"Cluster", "Namespaced"}));
  }
  int stored = 0;
  for (const Json& version : list_at(definition, "spec/versions")) {
    stored += boolean(version, "storage") ? 1 : 0;
  }
  if (stored != 1) {
    errors.push_back(invalid_value("spec.versions", "",
                                   "must have exactly one version marked as storage version"));
  }
  (void)kinds_of_definition(definition, errors);
}

// Refuses changes of fields below `spec`.
void require_same(const Json& old_object, const Json& updated, const std::string& path,
                  FieldErrors& errors) {
  if (at(old_object, path) != at(updated, path)) {
    std::string field = path;
    std::replace(field.begin(), field.end(), '/', '.');
    errors.push_back(invalid_value(field, at(updated, path), kImmutable));
  }
}

void validate_stateful_set_update(const Json& old_object, const Json& updated,
                                  FieldErrors& errors) {
  Json left = at(old_object, "spec");
  Json right = at(updated, "spec");
  for (const char* field :
       {"replicas", "ordinals", "template", "updateStrategy",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds", "revisionHistoryLimit"}) {
    left.erase(field);
    right.erase(field);
  }
  if (left != right) {
    errors.push_back(forbidden_value(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        "'minReadySeconds' are forbidden"));
  }
}

void validate_pod_update(const Json& old_object, const Json& updated, FieldErrors& errors) {
  Json left = at(old_object, "spec");
  Json right = at(updated, "spec");
  for (Json* spec : {&left, &right}) {
    for (const char* field :
         {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"}) {
      spec->erase(field);
    }
    if (spec->contains("containers")) {
      for (Json& container : (*spec)["containers"]) {
        container.erase("image");
      }
    }
  }
  if (left != right) {
    errors.push_back(forbidden_value(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,"
        "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
        "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be "
        "set to 1 if it was previously negative)"));
  }
}

void validate_claim_update(const Json& old_object, const Json& updated, FieldErrors& errors) {
  Json left = at(old_object, "spec");
  Json right = at(updated, "spec");
  const auto before = parse_quantity_milli(at(left, "resources/requests/storage"));
  const auto after = parse_quantity_milli(at(right, "resources/requests/storage"));
  const bool is_bound = text(old_object, "status/phase") == "Bound";
  left.erase("resources");
  right.erase("resources");
  if (!has(left, "volumeName")) {
    right.erase("volumeName");
  }
  if (left != right) {
    errors.push_back(forbidden_value("spec",
                                     "spec is immutable after creation except resources.requests "
                                     "and volumeAttributesClassName for bound claims"));
  }
  if (before && after && *after < *before) {
    errors.push_back(forbidden_value("spec.resources.requests.storage",
                                     "field can not be less than status.capacity"));
  } else if (before != after && !is_bound) {
    errors.push_back(forbidden_value("spec",
                                     "spec is immutable after creation except resources.requests "
                                     "and volumeAttributesClassName for bound claims"));
  }
}

void validate_immutable_data(const Json& old_object, const Json& updated, FieldErrors& errors) {
  if (!boolean(old_object, "immutable")) {
    return;
  }
  for (const char* field : {"data", "binaryData", "immutable"}) {
    if (at(old_object, field) != at(updated, field)) {
      errors.push_back(forbidden_value(field, "field is immutable when `immutable` is set"));
    }
  }
}

}  // namespace

void validate_builtin_create(const Kind& kind, const Json& object, FieldErrors& errors) {
  if (kind.kind == "Pod") {
    validate_pod_spec(at(object, "spec"), "spec", {}, errors);
  } else if (kind.kind == "StatefulSet") {
    validate_stateful_set(object, errors);
  } else if (kind.kind == "Service") {
    validate_service(object, errors);
  } else if (kind.kind == "PersistentVolumeClaim") {
    validate_claim(object, errors);
  } else if (kind.kind == "PodDisruptionBudget") {
    validate_budget(object, errors);
  } else if (kind.kind == "Lease") {
    validate_lease(object, errors);
  } else if (kind.kind == "ConfigMap" || kind.kind == "Secret") {
    validate_data(kind, object, errors);
  } else if (kind.kind == "CustomResourceDefinition") {
    validate_definition(object, errors);
  }
}

void validate_builtin_update(const Kind& kind, const Json& old_object, const Json& updated,
                             FieldErrors& errors) {
  if (kind.kind == "Pod") {
    validate_pod_update(old_object, updated, errors);
    return;
  }
  validate_builtin_create(kind, updated, errors);
  if (kind.kind == "StatefulSet") {
    validate_stateful_set_update(old_object, updated, errors);
  } else if (kind.kind == "Service") {
    if (text(old_object, "spec/type") != "ExternalName" && has(old_object, "spec/clusterIP")) {
      require_same(old_object, updated, "spec/clusterIP", errors);
    }
  } else if (kind.kind == "PersistentVolumeClaim") {
    validate_claim_update(old_object, updated, errors);
  } else if (kind.kind == "ConfigMap" || kind.kind == "Secret") {
    validate_immutable_data(old_object, updated, errors);
    if (kind.kind == "Secret") {
      require_same(old_object, updated, "type", errors);
    }
  } else if (kind.kind == "CustomResourceDefinition") {
    require_same(old_object, updated, "spec/group", errors);
    require_same(old_object, updated, "spec/scope", errors);
    require_same(old_object, updated, "spec/names/plural", errors);
    require_same(old_object, updated, "spec/names/kind", errors);
  } else if (kind.kind == "StorageClass") {
    require_same(old_object, updated, "provisioner", errors);
    require_same(old_object, updated, "parameters", errors);
    require_same(old_object, updated, "volumeBindingMode", errors);
    require_same(old_object, updated, "reclaimPolicy", errors);
  } else if (kind.kind == "RoleBinding" || kind.kind == "ClusterRoleBinding") {
    require_same(old_object, updated, "roleRef", errors);
  }
}

std::optional<ApiError> check_admission(const Kind& kind, const Json& object, const Store& store) {
  const std::string priority = text(object, "spec/priorityClassName");
  if (kind.resource() == "pods" && !priority.empty() && !priority.starts_with("system-") &&
      !store.find({"priorityclasses.scheduling.k8s.io", "", priority})) {
    return forbidden(kind.subject(name_of(object)),
                     "no PriorityClass with name " + priority + " was found");
  }
  return std::nullopt;
}

}  // namespace quorate::local
