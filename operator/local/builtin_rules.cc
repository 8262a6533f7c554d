// Defaults and assigned values of built-in kinds.
#include "operator/local/builtin_rules.h"

#include <set>

namespace quorate::local {

namespace {

void default_probe_and_port(Json& container) {
  for (const char* name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    if (has(container, std::string(name) + "/httpGet") &&
        text(container, std::string(name) + "/httpGet/path").empty()) {
      container[name]["httpGet"]["path"] = "/";
    }
  }
  if (!container.contains("imagePullPolicy")) {
    const std::string image = text(container, "image");
    const bool is_latest = image.ends_with(":latest") || image.find(':') == std::string::npos;
    container["imagePullPolicy"] = is_latest ? "Always" : "IfNotPresent";
  }
  if (!container.contains("resources")) {
    container["resources"] = Json::object();
  }
}

void default_pod_spec(Json& spec) {
  for (const char* list : {"containers", "initContainers"}) {
    const auto found = spec.find(list);
    if (found != spec.end() && found->is_array()) {
      for (Json& container : *found) {
        default_probe_and_port(container);
      }
    }
  }
}

void prepare_pod(Json& pod) {
  default_pod_spec(pod["spec"]);
  if (text(pod, "spec/serviceAccountName").empty()) {
    pod["spec"]["serviceAccountName"] = "default";
    pod["spec"]["serviceAccount"] = "default";
  }
  pod["status"] = {{"phase", "Pending"}, {"qosClass", "BestEffort"}};
  for (const Json& container : list_at(pod, "spec/containers")) {
    if (!map_at(container, "resources/requests").empty() ||
        !map_at(container, "resources/limits").empty()) {
      pod["status"]["qosClass"] = "Burstable";
    }
  }
}

void prepare_secret(Json& secret) {
  if (const Json plain = map_at(secret, "stringData"); !plain.empty()) {
    for (const auto& [key, value] : plain.items()) {
      secret["data"][key] = base64(value.is_string() ? value.get<std::string>() : dump(value));
    }
  }
  secret.erase("stringData");
}

void default_stateful_set(Json& set) {
  Json& spec = set["spec"];
  if (has(spec, "template/spec")) {
    default_pod_spec(spec["template"]["spec"]);
  }
  Json& strategy = make_at(spec, "updateStrategy");
  if (text(strategy, "type").empty()) {
    strategy["type"] = "RollingUpdate";
  }
  if (text(strategy, "type") == "RollingUpdate" && !has(strategy, "rollingUpdate/partition")) {
    make_at(strategy, "rollingUpdate/partition") = 0;
  }
  if (const auto templates = spec.find("volumeClaimTemplates"); templates != spec.end()) {
    for (Json& claim : *templates) {
      claim["apiVersion"] = "v1";
      claim["kind"] = "PersistentVolumeClaim";
      claim["status"] = {{"phase", "Pending"}};
    }
  }
}

// The first free address of a range below the prefix.
std::string free_service_address(const Objects& objects) {
  std::set<std::string> used;
  for (const ObjectPtr& service : objects.store().list("services")) {
    used.insert(text(*service, "spec/clusterIP"));
  }
  for (int high = 128; high < 255; ++high) {
    for (int low = 1; low < 255; ++low) {
      std::string address = objects.surroundings().address_prefix + "." + std::to_string(high) +
                            "." + std::to_string(low);
      if (!used.contains(address)) {
        return address;
      }
    }
  }
  return "None";
}

void prepare_service(Json& service, const Objects& objects) {
  Json& spec = service["spec"];
  if (text(spec, "type") != "ExternalName") {
    if (text(spec, "clusterIP").empty()) {
      spec["clusterIP"] = free_service_address(objects);
    }
    spec["clusterIPs"] = Json::array({spec["clusterIP"]});
    spec["ipFamilies"] = Json::array({"IPv4"});
    spec["ipFamilyPolicy"] = "SingleStack";
  }
  if (const auto ports = spec.find("ports"); ports != spec.end()) {
    for (Json& port : *ports) {
      if (!port.contains("targetPort")) {
        port["targetPort"] = at(port, "port");
      }
    }
  }
  service["status"] = {{"loadBalancer", Json::object()}};
}

void prepare_claim(Json& claim, const Objects& objects) {
  if (!has(claim, "spec/storageClassName")) {
    for (const ObjectPtr& storage : objects.store().list("storageclasses.storage.k8s.io")) {
      if (annotation(*storage, "storageclass.kubernetes.io/is-default-class") == "true") {
        make_at(claim, "spec/storageClassName") = name_of(*storage);
      }
    }
  }
  add_finalizer(claim, "kubernetes.io/pvc-protection");
  claim["status"] = {{"phase", "Pending"}};
}

void prepare_definition(Json& definition) {
  Json& names = make_at(definition, "spec/names");
  const std::string kind = text(names, "kind");
  if (text(names, "singular").empty()) {
    std::string singular;
    for (const char c : kind) {
      singular += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    names["singular"] = singular;
  }
  if (text(names, "listKind").empty()) {
    names["listKind"] = kind + "List";
  }
}

}  // namespace

void prepare_builtin_create(const Kind& kind, Json& object, const Objects& objects) {
  if (kind.is_custom) {
    return;
  }
  if (kind.kind == "Pod") {
    prepare_pod(object);
  } else if (kind.kind == "Secret") {
    prepare_secret(object);
  } else if (kind.kind == "StatefulSet") {
    default_stateful_set(object);
    object["status"] = {{"replicas", 0}, {"availableReplicas", 0}};
  } else if (kind.kind == "Service") {
    prepare_service(object, objects);
  } else if (kind.kind == "PersistentVolumeClaim") {
    prepare_claim(object, objects);
  } else if (kind.kind == "PersistentVolume") {
    add_finalizer(object, "kubernetes.io/pv-protection");
    object["status"] = {{"phase", "Available"}};
  } else if (kind.kind == "Namespace") {
    make_at(object, "metadata/labels")["kubernetes.io/metadata.name"] = name_of(object);
    object["spec"]["finalizers"] = Json::array({"kubernetes"});
    object["status"] = {{"phase", "Active"}};
  } else if (kind.kind == "CustomResourceDefinition") {
    prepare_definition(object);
    add_finalizer(object, "customresourcecleanup.apiextensions.k8s.io");
  }
}

void prepare_builtin_update(const Kind& kind, const Json& old_object, Json& updated) {
  if (kind.is_custom) {
    return;
  }
  if (kind.kind == "Secret") {
    prepare_secret(updated);
  } else if (kind.kind == "StatefulSet") {
    default_stateful_set(updated);
  } else if (kind.kind == "Service") {
    for (const char* field : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
      if (!has(updated["spec"], field) && has(old_object["spec"], field)) {
        updated["spec"][field] = old_object["spec"][field];
      }
    }
    if (const auto ports = updated["spec"].find("ports"); ports != updated["spec"].end()) {
      for (Json& port : *ports) {
        if (!port.contains("targetPort")) {
          port["targetPort"] = at(port, "port");
        }
      }
    }
  } else if (kind.kind == "PersistentVolumeClaim") {
    if (!has(updated, "spec/volumeName") && has(old_object, "spec/volumeName")) {
      updated["spec"]["volumeName"] = old_object["spec"]["volumeName"];
    }
    if (!has(updated, "spec/storageClassName") && has(old_object, "spec/storageClassName")) {
      updated["spec"]["storageClassName"] = old_object["spec"]["storageClassName"];
    }
  } else if (kind.kind == "Namespace") {
    updated["spec"] = old_object["spec"];
  } else if (kind.kind == "CustomResourceDefinition") {
    prepare_definition(updated);
  } else if (kind.kind == "Pod") {
    default_pod_spec(updated["spec"]);
  }
}

}  // namespace quorate::local
