// The Pod: one container, which is the member.
#include "operator/resources/pod_template.h"

#include <string>

#include "operator/api/names.h"
#include "operator/resources/zoo_cfg.h"

namespace quorate::resources {

namespace {

using nlohmann::json;

constexpr const char* kConfigDir = "/etc/quorate/config";
constexpr const char* kAdminDir = "/etc/quorate/admin";
constexpr const char* kClientTlsDir = "/etc/quorate/tls/client";
constexpr const char* kQuorumTlsDir = "/etc/quorate/tls/quorum";
constexpr const char* kDataDir = "/var/lib/quorate/data";
constexpr const char* kLogDir = "/var/lib/quorate/log";
constexpr int kUser = 65532;

/// Endpoints are withdrawn before the member hears of its end.
constexpr int kPreStopSleepS = 2;

struct ProbeTimes {
  int period_s;
  int timeout_s;
  int failures;
};
/// A member may replay its log for half an hour.
constexpr ProbeTimes kStartup{.period_s = 2, .timeout_s = 5, .failures = 900};
constexpr ProbeTimes kLiveness{.period_s = 10, .timeout_s = 5, .failures = 6};
constexpr ProbeTimes kReadiness{.period_s = 2, .timeout_s = 3, .failures = 2};

std::string key(std::string_view text) { return std::string(text); }

json arguments(const api::ValidatedCluster& cluster) {
  json list = json::array({"--config", std::string(kConfigDir) + "/zoo.cfg", "--data-dir", kDataDir,
                           "--log-dir", cluster.log ? kLogDir : kDataDir, "--token-file",
                           std::string(kAdminDir) + "/token"});
  if (!cluster.tls_client_secret.empty()) {
    list.push_back("--tls-dir");
    list.push_back(kClientTlsDir);
  }
  if (!cluster.tls_quorum_secret.empty()) {
    list.push_back("-Dquorate.quorumTlsDir=" + std::string(kQuorumTlsDir));
  }
  for (const char* const each : {"--name", "$(POD_NAME)", "--listen", "$(POD_IP)"}) {
    list.push_back(each);
  }
  return list;
}

json field_variable(const char* name, const char* path) {
  return {{"name", name}, {"valueFrom", {{"fieldRef", {{"fieldPath", path}}}}}};
}

/// A person's variables but those that are the operator's own.
json free_variables(const api::ValidatedCluster& cluster) {
  json list = json::array();
  if (cluster.pod.env.is_array()) {
    for (const json& each : cluster.pod.env) {
      const bool is_named = each.is_object() && each.contains("name");
      if (is_named && each["name"] != "POD_NAME" && each["name"] != "POD_IP" &&
          each["name"] != "SUPERUSER_DIGEST") {
        list.push_back(each);
      }
    }
  }
  return list;
}

/// Adds an option to the variable that the member reads options from, beside a person's own.
void add_option(json& variables, const std::string& option) {
  for (json& each : variables) {
    if (each["name"] == "SERVER_JVMFLAGS" && each.contains("value") && each["value"].is_string()) {
      each["value"] = each["value"].get<std::string>() + " " + option;
      return;
    }
  }
  variables.push_back({{"name", "SERVER_JVMFLAGS"}, {"value", option}});
}

json environment(const api::ValidatedCluster& cluster) {
  json list = json::array();
  list.push_back(field_variable("POD_NAME", "metadata.name"));
  list.push_back(field_variable("POD_IP", "status.podIP"));
  json free = free_variables(cluster);
  if (!cluster.superuser_secret.empty()) {
    const json reference = {{"name", cluster.superuser_secret}, {"key", cluster.superuser_key}};
    list.push_back({{"name", "SUPERUSER_DIGEST"}, {"valueFrom", {{"secretKeyRef", reference}}}});
    add_option(free, "-Dzookeeper.DigestAuthenticationProvider.superDigest=$(SUPERUSER_DIGEST)");
  }
  list.insert(list.end(), free.begin(), free.end());
  return list;
}

json container_port(const char* name, int number) {
  return {{"name", name}, {"containerPort", number}, {"protocol", "TCP"}};
}

json ports(const api::ValidatedCluster& cluster) {
  json list = json::array();
  list.push_back(container_port("tcp-client", port::kClient));
  if (!cluster.tls_client_secret.empty()) {
    list.push_back(container_port("tcp-client-tls", port::kClientTls));
  }
  list.push_back(container_port("tcp-quorum", port::kQuorum));
  list.push_back(container_port("tcp-election", port::kElection));
  list.push_back(container_port("http-admin", port::kAdmin));
  list.push_back(container_port("http-metrics", port::kMetrics));
  return list;
}

/// Over TLS no certificate is verified: the kubelet asks an address.
json probe(const api::ValidatedCluster& cluster, const char* path, const ProbeTimes& times) {
  json request = {{"path", path}, {"port", "http-admin"}};
  if (cluster.tls_managed) {
    request["scheme"] = "HTTPS";
  }
  return {{"httpGet", std::move(request)},
          {"periodSeconds", times.period_s},
          {"timeoutSeconds", times.timeout_s},
          {"failureThreshold", times.failures}};
}

json mount(const char* name, const char* path, bool read_only) {
  json value = {{"name", name}, {"mountPath", path}};
  if (read_only) {
    value["readOnly"] = true;
  }
  return value;
}

json mounts(const api::ValidatedCluster& cluster) {
  json list = json::array();
  list.push_back(mount("data", kDataDir, false));
  if (cluster.log) {
    list.push_back(mount("log", kLogDir, false));
  }
  list.push_back(mount("config", kConfigDir, true));
  list.push_back(mount("admin", kAdminDir, true));
  if (!cluster.tls_client_secret.empty()) {
    list.push_back(mount("tls-client", kClientTlsDir, true));
  }
  if (!cluster.tls_quorum_secret.empty()) {
    list.push_back(mount("tls-quorum", kQuorumTlsDir, true));
  }
  return list;
}

json secret_volume(const char* name, const std::string& secret) {
  return {{"name", name}, {"secret", {{"secretName", secret}, {"defaultMode", 0440}}}};
}

json volumes(const api::ValidatedCluster& cluster) {
  json list = json::array();
  list.push_back(
      {{"name", "config"}, {"configMap", {{"name", api::config_map_name(cluster.name)}}}});
  list.push_back(secret_volume("admin", api::admin_secret_name(cluster.name)));
  if (!cluster.tls_client_secret.empty()) {
    list.push_back(secret_volume("tls-client", cluster.tls_client_secret));
  }
  if (!cluster.tls_quorum_secret.empty()) {
    list.push_back(secret_volume("tls-quorum", cluster.tls_quorum_secret));
  }
  return list;
}

json container(const api::ValidatedCluster& cluster) {
  json value = {
      {"name", "member"},
      {"image", cluster.image},
      {"args", arguments(cluster)},
      {"env", environment(cluster)},
      {"ports", ports(cluster)},
      {"startupProbe", probe(cluster, "/livez", kStartup)},
      {"livenessProbe", probe(cluster, "/livez", kLiveness)},
      {"readinessProbe", probe(cluster, "/readyz", kReadiness)},
      {"lifecycle", {{"preStop", {{"sleep", {{"seconds", kPreStopSleepS}}}}}}},
      {"volumeMounts", mounts(cluster)},
      {"securityContext",
       {{"allowPrivilegeEscalation", false},
        {"readOnlyRootFilesystem", true},
        {"capabilities", {{"drop", json::array({"ALL"})}}}}},
  };
  if (!cluster.pod.image_pull_policy.empty()) {
    value["imagePullPolicy"] = cluster.pod.image_pull_policy;
  }
  if (cluster.pod.resources.is_object()) {
    value["resources"] = cluster.pod.resources;
  }
  return value;
}

json zone_term(const std::string& node_zone) {
  const json expression = {
      {"key", api::labels::kNodeZone}, {"operator", "In"}, {"values", json::array({node_zone})}};
  return {{"matchExpressions", json::array({expression})}};
}

/// Binds the Pod to its zone whatever else a person's affinity asks for: terms are alternatives, so
/// the zone goes into each of them.
void require_zone(json& affinity, const std::string& node_zone) {
  const json zone = zone_term(node_zone);
  json& node = affinity["nodeAffinity"];
  if (!node.is_object()) {
    node = json::object();
  }
  json& required = node["requiredDuringSchedulingIgnoredDuringExecution"];
  json terms = json::array();
  if (required.is_object() && required.contains("nodeSelectorTerms") &&
      required["nodeSelectorTerms"].is_array()) {
    for (json term : required["nodeSelectorTerms"]) {
      if (!term.is_object()) {
        continue;
      }
      if (!term.contains("matchExpressions") || !term["matchExpressions"].is_array()) {
        term["matchExpressions"] = json::array();
      }
      term["matchExpressions"].push_back(zone["matchExpressions"][0]);
      terms.push_back(std::move(term));
    }
  }
  if (terms.empty()) {
    terms.push_back(zone);
  }
  required = {{"nodeSelectorTerms", std::move(terms)}};
}

json affinity_of(const Blueprint& blueprint, const ZoneSet& zone) {
  json affinity = blueprint.cluster.pod.affinity;
  if (!affinity.is_object()) {
    affinity = json::object();
  }
  if (!zone.node_zone.empty()) {
    require_zone(affinity, zone.node_zone);
  }
  if (!affinity.contains("podAntiAffinity")) {
    // Members on nodes of their own, where there are enough of them.
    const json term = {{"labelSelector", {{"matchLabels", selector_of(blueprint.cluster)}}},
                       {"topologyKey", "kubernetes.io/hostname"}};
    affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
        json::array({json({{"weight", 100}, {"podAffinityTerm", term}})});
  }
  return affinity;
}

/// A name server that went with its zone is asked half of the time until its Service leaves it out.
/// The default of 5 s a question is longer than an election may take.
json name_lookup() {
  const auto option = [](const char* name, const char* value) {
    return json{{"name", name}, {"value", value}};
  };
  return {{"options", json::array({option("timeout", "1"), option("attempts", "5")})}};
}

json pod_spec(const Blueprint& blueprint, const ZoneSet& zone) {
  const api::ValidatedCluster& cluster = blueprint.cluster;
  json spec = {
      {"automountServiceAccountToken", false},
      {"enableServiceLinks", false},
      {"serviceAccountName", cluster.pod.service_account.empty()
                                 ? api::service_account_name(cluster.name)
                                 : cluster.pod.service_account},
      {"terminationGracePeriodSeconds", cluster.pod.grace_period_s},
      {"securityContext",
       {{"runAsNonRoot", true},
        {"runAsUser", kUser},
        {"runAsGroup", kUser},
        {"fsGroup", kUser},
        {"fsGroupChangePolicy", "OnRootMismatch"},
        {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"affinity", affinity_of(blueprint, zone)},
      {"dnsConfig", name_lookup()},
      {"containers", json::array({container(cluster)})},
      {"volumes", volumes(cluster)},
  };
  const auto add = [&](const char* name, const json& value) {
    if (!value.is_null() && !value.empty()) {
      spec[name] = value;
    }
  };
  add("tolerations", cluster.pod.tolerations);
  add("topologySpreadConstraints", cluster.pod.topology_spread_constraints);
  add("imagePullSecrets", cluster.pod.image_pull_secrets);
  add("nodeSelector", json(cluster.pod.node_selector));
  if (!cluster.pod.priority_class.empty()) {
    spec["priorityClassName"] = cluster.pod.priority_class;
  }
  if (!cluster.pod.runtime_class.empty()) {
    spec["runtimeClassName"] = cluster.pod.runtime_class;
  }
  return spec;
}

}  // namespace

json zone_selector(const Blueprint& blueprint, const ZoneSet& zone) {
  json labels = selector_of(blueprint.cluster);
  labels[key(api::labels::kZone)] = zone.zone;
  return labels;
}

json pod_template(const Blueprint& blueprint, const ZoneSet& zone) {
  const api::ValidatedCluster& cluster = blueprint.cluster;
  json labels(cluster.pod.labels);
  if (labels.is_null()) {
    labels = json::object();
  }
  // The role is a Pod's own: a template that set it would name every member alike.
  labels.erase(key(api::labels::kRole));
  labels.update(labels_of(cluster));
  labels[key(api::labels::kZone)] = zone.zone;
  json annotations(cluster.pod.annotations);
  if (annotations.is_null()) {
    annotations = json::object();
  }
  annotations[key(api::annotations::kConfigHash)] = config_hash(cluster);
  if (!blueprint.superuser_hash.empty()) {
    annotations[key(api::annotations::kSecretHash)] = blueprint.superuser_hash;
  }
  if (cluster.tls_managed) {
    annotations[key(api::annotations::kAdminTls)] = "true";
  }
  if (!cluster.restarted_at.empty()) {
    annotations[key(api::annotations::kRestartedAt)] = cluster.restarted_at;
  }
  return {{"metadata", {{"labels", std::move(labels)}, {"annotations", std::move(annotations)}}},
          {"spec", pod_spec(blueprint, zone)}};
}

}  // namespace quorate::resources
