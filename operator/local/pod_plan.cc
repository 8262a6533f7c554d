// Look-up of a Pod's references.
#include "operator/local/pod_plan.h"

#include <algorithm>

#include "operator/local/builtin_rules.h"

namespace quorate::local {

namespace {

// `metadata.labels['key']` and the other paths that a Pod may name of itself.
std::string field_of_pod(const Json& pod, const std::string& path) {
  for (const char* map : {"labels", "annotations"}) {
    const std::string prefix = std::string("metadata.") + map;
    if (path.starts_with(prefix + "['") && path.ends_with("']")) {
      const std::string key = path.substr(prefix.size() + 2, path.size() - prefix.size() - 4);
      return std::string_view(map) == "labels" ? label(pod, key) : annotation(pod, key);
    }
    if (path == prefix) {
      std::string lines;
      for (const auto& [key, value] : map_at(pod, std::string("metadata/") + map).items()) {
        lines += (lines.empty() ? "" : "\n") + key + "=" + dump(value);
      }
      return lines;
    }
  }
  if (path == "status.podIPs") {
    return text(pod, "status/podIP");
  }
  std::string place = path;
  std::replace(place.begin(), place.end(), '.', '/');
  return text(pod, place);
}

std::string resource_of_container(const Json& container, const std::string& path) {
  std::string place = "resources/" + path;
  std::replace(place.begin(), place.end(), '.', '/');
  const auto milli = parse_quantity_milli(at(container, place));
  return std::to_string((milli.value_or(0) + 999) / 1000);
}

// The content of a key of a ConfigMap or Secret; nothing when it is missing.
std::optional<std::string> content_of(const Json& object, const std::string& key, bool is_secret) {
  const Json& data = map_at(object, "data");
  if (const auto found = data.find(key); found != data.end() && found->is_string()) {
    const auto& value = found->get_ref<const std::string&>();
    return is_secret ? from_base64(value) : std::optional(value);
  }
  const Json& binary = map_at(object, "binaryData");
  if (const auto found = binary.find(key); found != binary.end() && found->is_string()) {
    return from_base64(found->get_ref<const std::string&>());
  }
  return std::nullopt;
}

// Replaces $(NAME) by variables that are known; $$ stands for one $.
std::string expanded(const std::string& source,
                     const std::vector<std::pair<std::string, std::string>>& environment) {
  std::string result;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '$' || i + 1 == source.size()) {
      result += source[i];
      continue;
    }
    if (source[i + 1] == '$') {
      result += '$';
      ++i;
      continue;
    }
    const size_t end = source[i + 1] == '(' ? source.find(')', i) : std::string::npos;
    if (end == std::string::npos) {
      result += '$';
      continue;
    }
    const std::string name = source.substr(i + 2, end - i - 2);
    const auto found = std::find_if(environment.rbegin(), environment.rend(),
                                    [&](const auto& entry) { return entry.first == name; });
    result += found == environment.rend() ? source.substr(i, end - i + 1) : found->second;
    i = end;
  }
  return result;
}

class Planner {
 public:
  Planner(const Objects& objects, const Json& pod) : objects_(objects), pod_(pod) {}

  std::optional<NotReady> add_environment(const Json& container, ContainerPlan& plan) {
    for (const Json& source : list_at(container, "envFrom")) {
      for (const bool is_secret : {false, true}) {
        const Json& reference = at(source, is_secret ? "secretRef" : "configMapRef");
        if (reference.is_null()) {
          continue;
        }
        const ObjectPtr object = lookup(text(reference, "name"), is_secret);
        if (!object) {
          if (boolean(reference, "optional")) {
            continue;
          }
          return missing(text(reference, "name"), is_secret);
        }
        for (const auto& [key, value] : map_at(*object, "data").items()) {
          plan.environment.emplace_back(text(source, "prefix") + key,
                                        content_of(*object, key, is_secret).value_or(""));
        }
      }
    }
    for (const Json& variable : list_at(container, "env")) {
      if (auto refusal = add_variable(container, variable, plan)) {
        return refusal;
      }
    }
    return std::nullopt;
  }

  std::variant<PodVolume, NotReady> volume(const Json& source) {
    PodVolume volume{.name = text(source, "name"), .path = {}, .files = {}};
    if (has(source, "persistentVolumeClaim")) {
      return claim_volume(source, std::move(volume));
    }
    if (has(source, "hostPath")) {
      volume.type = PodVolume::Type::kPath;
      volume.path = text(source, "hostPath/path");
      return volume;
    }
    volume.type = PodVolume::Type::kProjected;
    std::optional<NotReady> refusal;
    if (has(source, "configMap")) {
      refusal = add_files(at(source, "configMap"), text(source, "configMap/name"), false, volume);
    } else if (has(source, "secret")) {
      refusal = add_files(at(source, "secret"), text(source, "secret/secretName"), true, volume);
    } else if (has(source, "projected")) {
      for (const Json& part : list_at(source, "projected/sources")) {
        refusal = refusal ? refusal : add_projection(part, volume);
      }
    } else if (has(source, "downwardAPI")) {
      add_downward(at(source, "downwardAPI"), volume);
    } else {
      volume.type = PodVolume::Type::kEmpty;
    }
    if (refusal) {
      return *refusal;
    }
    return volume;
  }

 private:
  [[nodiscard]] ObjectPtr lookup(const std::string& name, bool is_secret) const {
    return objects_.find(is_secret ? "secrets" : "configmaps", namespace_of(pod_), name);
  }

  static NotReady missing(const std::string& name, bool is_secret) {
    return {
        .reason = "CreateContainerConfigError",
        .message = std::string(is_secret ? "secret" : "configmap") + " \"" + name + "\" not found"};
  }

  std::optional<NotReady> add_variable(const Json& container, const Json& variable,
                                       ContainerPlan& plan) {
    const std::string name = text(variable, "name");
    const Json& source = at(variable, "valueFrom");
    if (source.is_null()) {
      plan.environment.emplace_back(name, expanded(text(variable, "value"), plan.environment));
      return std::nullopt;
    }
    if (has(source, "fieldRef")) {
      plan.environment.emplace_back(name, field_of_pod(pod_, text(source, "fieldRef/fieldPath")));
      return std::nullopt;
    }
    if (has(source, "resourceFieldRef")) {
      plan.environment.emplace_back(
          name, resource_of_container(container, text(source, "resourceFieldRef/resource")));
      return std::nullopt;
    }
    const bool is_secret = has(source, "secretKeyRef");
    const Json& reference = at(source, is_secret ? "secretKeyRef" : "configMapKeyRef");
    const ObjectPtr object = lookup(text(reference, "name"), is_secret);
    const auto value =
        object ? content_of(*object, text(reference, "key"), is_secret) : std::nullopt;
    if (value) {
      plan.environment.emplace_back(name, *value);
      return std::nullopt;
    }
    if (boolean(reference, "optional")) {
      return std::nullopt;
    }
    if (!object) {
      return missing(text(reference, "name"), is_secret);
    }
    return NotReady{.reason = "CreateContainerConfigError",
                    .message = "couldn't find key " + text(reference, "key") + " in " +
                               (is_secret ? "Secret " : "ConfigMap ") + namespace_of(pod_) + "/" +
                               text(reference, "name")};
  }

  std::variant<PodVolume, NotReady> claim_volume(const Json& source, PodVolume volume) const {
    const std::string name = text(source, "persistentVolumeClaim/claimName");
    const ObjectPtr claim = objects_.find("persistentvolumeclaims", namespace_of(pod_), name);
    const ObjectPtr bound =
        claim ? objects_.find("persistentvolumes", "", text(*claim, "spec/volumeName")) : nullptr;
    if (!bound) {
      return NotReady{.reason = "ContainerCreating",
                      .message = "persistentvolumeclaim \"" + name + "\" is not bound"};
    }
    volume.type = PodVolume::Type::kPath;
    volume.path = text(*bound, "spec/hostPath/path", text(*bound, "spec/local/path"));
    return volume;
  }

  std::optional<NotReady> add_files(const Json& source, const std::string& name, bool is_secret,
                                    PodVolume& volume) const {
    const ObjectPtr object = lookup(name, is_secret);
    const bool is_optional = boolean(source, "optional");
    if (!object) {
      NotReady refusal = missing(name, is_secret);
      refusal.reason = "ContainerCreating";
      return is_optional ? std::nullopt : std::optional(std::move(refusal));
    }
    const int64_t mode = integer(source, "defaultMode", 0644);
    const Json& items = list_at(source, "items");
    for (const Json& item : items) {
      const auto content = content_of(*object, text(item, "key"), is_secret);
      if (content) {
        volume.files[text(item, "path")] = {.content = *content,
                                            .mode = integer(item, "mode", mode)};
      } else if (!is_optional) {
        return NotReady{.reason = "ContainerCreating",
                        .message = "references non-existent key: " + text(item, "key")};
      }
    }
    for (const char* field : {"data", "binaryData"}) {
      for (const auto& [key, value] : map_at(*object, field).items()) {
        if (items.empty()) {
          volume.files[key] = {.content = content_of(*object, key, is_secret).value_or(""),
                               .mode = mode};
        }
      }
    }
    return std::nullopt;
  }

  std::optional<NotReady> add_projection(const Json& part, PodVolume& volume) const {
    if (has(part, "configMap")) {
      return add_files(at(part, "configMap"), text(part, "configMap/name"), false, volume);
    }
    if (has(part, "secret")) {
      return add_files(at(part, "secret"), text(part, "secret/name"), true, volume);
    }
    if (has(part, "downwardAPI")) {
      add_downward(at(part, "downwardAPI"), volume);
    }
    return std::nullopt;
  }

  void add_downward(const Json& source, PodVolume& volume) const {
    for (const Json& item : list_at(source, "items")) {
      volume.files[text(item, "path")] = {
          .content = field_of_pod(pod_, text(item, "fieldRef/fieldPath")),
          .mode = integer(item, "mode", 0644)};
    }
  }

  const Objects& objects_;
  const Json& pod_;
};

}  // namespace

std::variant<ContainerPlan, NotReady> plan_container(const Objects& objects, const Json& pod,
                                                     const Json& container) {
  ContainerPlan plan;
  plan.name = text(container, "name");
  plan.image = text(container, "image");
  plan.working_directory = text(container, "workingDir");
  plan.environment.emplace_back("HOSTNAME", text(pod, "spec/hostname", name_of(pod)));
  if (auto refusal = Planner(objects, pod).add_environment(container, plan)) {
    return *refusal;
  }
  for (const Json& word : list_at(container, "command")) {
    plan.command.push_back(
        expanded(word.is_string() ? word.get<std::string>() : "", plan.environment));
  }
  for (const Json& word : list_at(container, "args")) {
    plan.args.push_back(
        expanded(word.is_string() ? word.get<std::string>() : "", plan.environment));
  }
  for (const Json& mount : list_at(container, "volumeMounts")) {
    plan.mounts.push_back({.volume = text(mount, "name"),
                           .mount_path = text(mount, "mountPath"),
                           .sub_path = text(mount, "subPath")});
  }
  return plan;
}

std::variant<std::vector<PodVolume>, NotReady> plan_volumes(const Objects& objects,
                                                            const Json& pod) {
  std::vector<PodVolume> volumes;
  Planner planner(objects, pod);
  for (const Json& source : list_at(pod, "spec/volumes")) {
    auto volume = planner.volume(source);
    if (const auto* refusal = std::get_if<NotReady>(&volume)) {
      return NotReady{.reason = refusal->reason,
                      .message = "MountVolume.SetUp failed for volume \"" + text(source, "name") +
                                 "\" : " + refusal->message};
    }
    volumes.push_back(std::get<PodVolume>(std::move(volume)));
  }
  return volumes;
}

int64_t port_of(const Json& port, const Json& container) {
  if (port.is_number_integer()) {
    return port.get<int64_t>();
  }
  const std::string name = port.is_string() ? port.get<std::string>() : "";
  for (const Json& candidate : list_at(container, "ports")) {
    if (text(candidate, "name") == name) {
      return integer(candidate, "containerPort");
    }
  }
  return parse_integer(name).value_or(0);
}

}  // namespace quorate::local
