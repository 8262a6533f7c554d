// From Kubernetes' objects to Observed.
#include "operator/plan/observed.h"

#include <algorithm>
#include <set>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "server/base/text.h"

namespace quorate::plan {

namespace {

using kube::text_at;
using nlohmann::json;

WallMillis time_at(const json& object, std::initializer_list<std::string_view> path) {
  return api::parse_time(text_at(object, path)).value_or(WallMillis{0});
}

const json& list_at(const json& object, std::initializer_list<std::string_view> path) {
  static const json kEmpty = json::array();
  const json* const found = kube::find_at(object, path);
  return found != nullptr && found->is_array() ? *found : kEmpty;
}

/// The condition of that type, or null.
const json* condition_of(const json& object, std::string_view type) {
  for (const json& each : list_at(object, {"status", "conditions"})) {
    if (text_at(each, {"type"}) == type) {
      return &each;
    }
  }
  return nullptr;
}

bool is_condition(const json& object, std::string_view type, std::string_view status) {
  const json* const found = condition_of(object, type);
  return found != nullptr && text_at(*found, {"status"}) == status;
}

/// The condition with which the scheduler says that no node takes the Pod, or null.
const json* unschedulable(const json& pod) {
  const json* const scheduled = condition_of(pod, "PodScheduled");
  const bool is_refused = scheduled != nullptr && text_at(*scheduled, {"status"}) == "False" &&
                          text_at(*scheduled, {"reason"}) == "Unschedulable";
  return is_refused ? scheduled : nullptr;
}

/// Why a container that waits will wait for ever without somebody's help.
std::string stuck_reason(const json& pod) {
  static const std::set<std::string, std::less<>> kStuck{
      "CrashLoopBackOff",           "ImagePullBackOff",     "ErrImagePull",     "InvalidImageName",
      "CreateContainerConfigError", "CreateContainerError", "RunContainerError"};
  for (const char* const field : {"initContainerStatuses", "containerStatuses"}) {
    for (const json& each : list_at(pod, {"status", field})) {
      const std::string reason = text_at(each, {"state", "waiting", "reason"});
      if (kStuck.contains(reason)) {
        return reason;
      }
    }
  }
  if (unschedulable(pod) != nullptr) {
    return "Unschedulable";
  }
  return text_at(pod, {"status", "phase"}) == "Failed" ? "Failed" : "";
}

Pod pod_of(const json& object) {
  Pod pod;
  pod.name = kube::name_of(object);
  pod.uid = kube::uid_of(object);
  pod.resource_version = kube::resource_version_of(object);
  pod.revision = kube::label_of(object, "controller-revision-hash");
  pod.config_hash = kube::annotation_of(object, api::annotations::kConfigHash);
  pod.role = kube::label_of(object, api::labels::kRole);
  pod.is_ready = is_condition(object, "Ready", "True");
  pod.is_terminating = kube::is_being_deleted(object);
  pod.stuck = stuck_reason(object);
  if (const json* const refusal = unschedulable(object); pod.stuck == "Unschedulable") {
    pod.stuck_detail = text_at(*refusal, {"message"});
  }
  pod.created = time_at(object, {"metadata", "creationTimestamp"});
  const json* const ready = condition_of(object, "Ready");
  pod.ready_changed = ready == nullptr ? pod.created : time_at(*ready, {"lastTransitionTime"});
  return pod;
}

Set set_of(const json& object) {
  Set set;
  set.name = kube::name_of(object);
  set.uid = kube::uid_of(object);
  set.replicas = static_cast<int>(kube::integer_at(object, {"spec", "replicas"}).value_or(1));
  set.is_terminating = kube::is_being_deleted(object);
  set.applied_hash = kube::annotation_of(object, api::annotations::kAppliedHash);
  const auto seen = kube::integer_at(object, {"status", "observedGeneration"});
  if (seen && *seen >= kube::generation_of(object)) {
    set.revision = text_at(object, {"status", "updateRevision"});
  }
  for (const json& claim : list_at(object, {"spec", "volumeClaimTemplates"})) {
    const std::string size = text_at(claim, {"spec", "resources", "requests", "storage"});
    (kube::name_of(claim) == "log" ? set.log_size : set.data_size) = size;
    set.ensemble_id = kube::annotation_of(claim, api::annotations::kEnsembleId);
  }
  return set;
}

Claim claim_of(const json& object) {
  Claim claim;
  claim.name = kube::name_of(object);
  claim.uid = kube::uid_of(object);
  claim.resource_version = kube::resource_version_of(object);
  claim.ensemble_id = kube::annotation_of(object, api::annotations::kEnsembleId);
  claim.cluster_uid = kube::annotation_of(object, api::annotations::kClusterUid);
  claim.zone = kube::label_of(object, api::labels::kZone);
  claim.node_zone = kube::annotation_of(object, api::annotations::kNodeZone);
  const auto index = parse_integer(kube::annotation_of(object, api::annotations::kZoneIndex), 0,
                                   api::kZonesMax - 1);
  if (index) {
    claim.zone_index = static_cast<int>(*index);
  }
  claim.size = text_at(object, {"spec", "resources", "requests", "storage"});
  claim.is_lost = text_at(object, {"status", "phase"}) == "Lost";
  claim.is_terminating = kube::is_being_deleted(object);
  claim.is_retired = kube::label_of(object, api::labels::kRetired) == "true";
  claim.needs_restart = is_condition(object, "FileSystemResizePending", "True");
  return claim;
}

class Reducer {
 public:
  Reducer(const api::ValidatedCluster& cluster, const Objects& objects)
      : cluster_(cluster), objects_(objects) {}

  Observed reduce() {
    reduce_sets();
    reduce_pods();
    reduce_claims();
    check_names(
        objects_.services, "Service",
        {api::members_service_name(cluster_.name), api::client_service_name(cluster_.name)});
    check_names(objects_.config_maps, "ConfigMap", {api::config_map_name(cluster_.name)});
    check_names(objects_.disruption_budgets, "PodDisruptionBudget",
                {api::disruption_budget_name(cluster_.name)});
    check_names(objects_.secrets, "Secret", {api::admin_secret_name(cluster_.name)});
    reduce_secrets();
    reduce_nodes();
    return std::move(observed_);
  }

 private:
  [[nodiscard]] bool is_ours(const json& object) const {
    const auto owner = kube::controller_of(object);
    return owner && owner->uid == cluster_.uid;
  }

  [[nodiscard]] bool is_here(const json& object) const {
    return kube::namespace_of(object) == cluster_.name_space;
  }

  void add_conflict(const json& object, const char* kind) {
    const auto owner = kube::controller_of(object);
    observed_.conflicts.push_back({.kind = kind,
                                   .name = kube::name_of(object),
                                   .owner = owner ? owner->kind + " " + owner->name : "nobody"});
  }

  /// A set of ours is one that we own; one that only has a name that we might use is a conflict
  /// when that name is one of our zones'.
  void reduce_sets() {
    for (const json& object : objects_.stateful_sets) {
      if (!is_here(object)) {
        continue;
      }
      if (is_ours(object)) {
        Set set = set_of(object);
        set_uids_.insert(set.uid);
        observed_.sets.emplace(set.name, std::move(set));
      } else if (std::ranges::any_of(cluster_.zones, [&](const api::ZoneSpec& zone) {
                   return api::set_name(cluster_.name, zone.name) == kube::name_of(object);
                 })) {
        add_conflict(object, "StatefulSet");
      }
    }
  }

  /// Pods whose StatefulSet was deleted to be made anew have no owner for a moment: then the labels
  /// tell.
  void reduce_pods() {
    for (const json& object : objects_.pods) {
      if (!is_here(object)) {
        continue;
      }
      const auto owner = kube::controller_of(object);
      const bool is_orphan = !owner &&
                             kube::label_of(object, api::labels::kInstance) == cluster_.name &&
                             kube::label_of(object, api::labels::kName) == "quorate";
      if (is_orphan || (owner && set_uids_.contains(owner->uid))) {
        observed_.pods.emplace(kube::name_of(object), pod_of(object));
      }
    }
  }

  void reduce_claims() {
    for (const json& object : objects_.claims) {
      if (is_here(object) && kube::label_of(object, api::labels::kInstance) == cluster_.name) {
        observed_.claims.emplace(kube::name_of(object), claim_of(object));
      }
    }
  }

  void check_names(const std::vector<kube::SharedObject>& objects, const char* kind,
                   const std::vector<std::string>& names) {
    for (const json& object : objects) {
      if (is_here(object) && std::ranges::find(names, kube::name_of(object)) != names.end() &&
          !is_ours(object)) {
        add_conflict(object, kind);
      }
    }
  }

  [[nodiscard]] const json* secret(const std::string& name) const {
    const auto found = std::ranges::find_if(objects_.secrets, [&](const json& each) {
      return is_here(each) && kube::name_of(each) == name;
    });
    return found == objects_.secrets.end() ? nullptr : &**found;
  }

  void check_secret(const std::string& name, const std::vector<std::string>& keys) {
    const json* const found = secret(name);
    if (found == nullptr) {
      observed_.secret_problems.push_back({name, "does not exist"});
      return;
    }
    for (const std::string& key : keys) {
      if (text_at(*found, {"data", key}).empty()) {
        observed_.secret_problems.push_back({name, "has no key " + key});
      }
    }
  }

  void reduce_secrets() {
    const json* const admin = secret(api::admin_secret_name(cluster_.name));
    observed_.has_admin_secret = admin != nullptr && !text_at(*admin, {"data", "token"}).empty();
    if (admin != nullptr && !observed_.has_admin_secret) {
      observed_.secret_problems.push_back(
          {kube::name_of(*admin), "has no key token: delete it, and it is made anew"});
    }
    if (!cluster_.tls_client_secret.empty()) {
      check_secret(cluster_.tls_client_secret, {"tls.crt", "tls.key"});
    }
    if (!cluster_.tls_quorum_secret.empty() && !cluster_.tls_managed) {
      check_secret(cluster_.tls_quorum_secret, {"ca.crt"});
    }
    if (!cluster_.superuser_secret.empty()) {
      check_secret(cluster_.superuser_secret, {cluster_.superuser_key});
      if (const json* const found = secret(cluster_.superuser_secret)) {
        observed_.superuser_hash =
            api::hex64(api::fnv1a(text_at(*found, {"data", cluster_.superuser_key})));
      }
    }
  }

  void reduce_nodes() {
    std::set<std::string> zones;
    for (const json& node : objects_.nodes) {
      if (!kube::flag_at(node, {"spec", "unschedulable"})) {
        zones.insert(kube::label_of(node, api::labels::kNodeZone));
      }
    }
    observed_.node_zones = {zones.begin(), zones.end()};
  }

  const api::ValidatedCluster& cluster_;
  const Objects& objects_;
  Observed observed_;
  std::set<std::string> set_uids_;
};

}  // namespace

Observed observe(const api::ValidatedCluster& cluster, const Objects& objects) {
  return Reducer(cluster, objects).reduce();
}

}  // namespace quorate::plan
