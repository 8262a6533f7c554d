// From the object of the API server to a ValidatedCluster, or every reason why not.
#include "operator/api/validated_cluster.h"

#include <algorithm>
#include <utility>

#include "operator/api/config_keys.h"
#include "operator/api/json_mapping.h"
#include "operator/api/limits.h"
#include "operator/api/names.h"
#include "operator/api/quantity.h"
#include "operator/api/quorumcluster.pb.h"

namespace quorate::api {

namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_metadata(const json& metadata, ValidatedCluster& to) {
  to.name = text_at(metadata, "name");
  to.name_space = text_at(metadata, "namespace");
  to.uid = text_at(metadata, "uid");
  if (const auto found = metadata.find("generation");
      found != metadata.end() && found->is_number_integer()) {
    to.generation = found->get<int32_t>();
  }
  to.is_deleting = !text_at(metadata, "deletionTimestamp").empty();
  if (const auto found = metadata.find("finalizers");
      found != metadata.end() && found->is_array()) {
    to.has_finalizer = std::ranges::find(*found, json(kFinalizer)) != found->end();
  }
  if (const auto found = metadata.find("annotations");
      found != metadata.end() && found->is_object()) {
    to.restarted_at = text_at(*found, std::string(annotations::kRestartedAt).c_str());
    const auto asked = [&](std::string_view key) {
      std::string text = text_at(*found, std::string(key).c_str());
      return text.size() > kAskedBytesMax ? std::string() : text;
    };
    to.leader_asked = asked(annotations::kTransferLeader);
    to.recovery_asked = asked(annotations::kRecover);
  }
}

VolumeSpec data_volume(const Storage& storage) {
  VolumeSpec volume{.size = storage.size(), .storage_class = {}};
  if (storage.has_storage_class_name()) {
    volume.storage_class = storage.storage_class_name();
  }
  return volume;
}

std::optional<VolumeSpec> log_volume(const Storage& storage) {
  if (!storage.has_log()) {
    return std::nullopt;
  }
  VolumeSpec volume = data_volume(storage);
  volume.size = storage.log().size();
  if (storage.log().has_storage_class_name()) {
    volume.storage_class = storage.log().storage_class_name();
  }
  return volume;
}

PodSpec pod_of(const QuorumClusterSpec& spec) {
  const PodExtras& extras = spec.pod();
  return {.labels = {extras.labels().begin(), extras.labels().end()},
          .annotations = {extras.annotations().begin(), extras.annotations().end()},
          .node_selector = {extras.node_selector().begin(), extras.node_selector().end()},
          .tolerations = parse_raw(extras.tolerations()),
          .affinity = parse_raw(extras.affinity()),
          .topology_spread_constraints = parse_raw(extras.topology_spread_constraints()),
          .image_pull_secrets = parse_raw(extras.image_pull_secrets()),
          .env = parse_raw(extras.env()),
          .resources = parse_raw(spec.resources()),
          .image_pull_policy = extras.image_pull_policy(),
          .priority_class = extras.priority_class_name(),
          .runtime_class = extras.runtime_class_name(),
          .service_account = extras.service_account_name(),
          .grace_period_s = extras.has_termination_grace_period_seconds()
                                ? extras.termination_grace_period_seconds()
                                : 60};
}

Batch batch_of(const std::string& text) {
  if (text == "One") {
    return Batch::kOne;
  }
  if (text == "Zone") {
    return Batch::kZone;
  }
  return text == "All" ? Batch::kAll : Batch::kMinority;
}

void read_spec(const QuorumClusterSpec& spec, ValidatedCluster& to) {
  to.voters = spec.voters();
  to.observers = spec.observers();
  to.placement =
      spec.placement() == "Balanced" ? Placement::kBalanced : Placement::kThreeDatacentre;
  to.allow_zone_risk = spec.allow_zone_risk();
  for (const Zone& zone : spec.zones()) {
    to.zones.push_back({.name = zone.name(),
                        .node_zone = zone.has_node_zone() ? zone.node_zone() : zone.name(),
                        .voters = {}});
    if (zone.has_voters()) {
      to.zones.back().voters = zone.voters();
    }
  }
  if (spec.has_image()) {
    to.image = spec.image();
  }
  to.data = data_volume(spec.storage());
  to.log = log_volume(spec.storage());
  to.reclaim = spec.storage().reclaim_policy() == "Delete" ? Reclaim::kDelete : Reclaim::kRetain;
  to.config = {spec.config().begin(), spec.config().end()};
  to.tls_client_secret = spec.tls().client().secret_name();
  to.tls_quorum_secret = spec.tls().quorum().secret_name();
  to.tls_managed = spec.tls().managed() && to.tls_quorum_secret.empty();
  if (to.tls_managed) {
    to.tls_quorum_secret = quorum_tls_secret_name(to.name);
  }
  to.superuser_secret = spec.superuser().secret_name();
  to.superuser_key = spec.superuser().key();
  to.batch = batch_of(spec.update().batch());
  to.allow_downtime = spec.update().allow_downtime();
  to.is_paused = spec.update().paused();
  to.pod = pod_of(spec);
}

/// The rules over several fields; the first letters of paths are those of the JSON.
class RuleChecker {
 public:
  explicit RuleChecker(const ValidatedCluster& cluster) : cluster_(cluster) {}

  Problems check() {
    check_names();
    check_voters();
    check_zones();
    check_explicit_voters();
    check_config();
    check_storage();
    if (cluster_.batch == Batch::kAll && !cluster_.allow_downtime) {
      add("spec.update.batch", "\"All\"",
          "stops every member at once: set allowDowntime to say that this is meant");
    }
    return std::move(problems_);
  }

 private:
  void check_names() {
    if (!is_dns1035_label(cluster_.name) || cluster_.name.size() > kClusterNameBytesMax) {
      add("metadata.name", quoted_json(cluster_.name),
          "must be a DNS-1035 label of at most 40 characters: lower-case letters, digits and '-', "
          "beginning with a letter");
    }
    for (size_t i = 0; i < cluster_.zones.size(); ++i) {
      const std::string name = set_name(cluster_.name, cluster_.zones[i].name);
      if (name.size() > kSetNameBytesMax) {
        add("spec.zones[" + std::to_string(i) + "].name", quoted_json(cluster_.zones[i].name),
            "makes the name " + name + " of " + std::to_string(name.size()) +
                " characters, at most 52");
      }
    }
  }

  void check_voters() {
    if (cluster_.voters % 2 == 0) {
      add("spec.voters", std::to_string(cluster_.voters),
          "must be odd, for an even number survives no more failures: use " +
              std::to_string(cluster_.voters - 1) + " voters and an observer");
    }
  }

  void check_zones() {
    for (size_t i = 0; i < cluster_.zones.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (cluster_.zones[i].node_zone == cluster_.zones[j].node_zone &&
            cluster_.zones[i].name != cluster_.zones[j].name) {
          add("spec.zones[" + std::to_string(i) + "].nodeZone",
              quoted_json(cluster_.zones[i].node_zone),
              "is the node zone of " + cluster_.zones[j].name + " already");
        }
      }
    }
    const auto zones = static_cast<int>(cluster_.zones.size());
    const int members = cluster_.voters + cluster_.observers;
    if (zones > 0 && cluster_.observers > zones * kMembersPerZoneMax - cluster_.voters) {
      add("spec.observers", std::to_string(cluster_.observers),
          "makes " + std::to_string(members) + " members, at most " +
              std::to_string(zones * kMembersPerZoneMax) + " in " + std::to_string(zones) +
              " zones");
    }
  }

  void check_explicit_voters() {
    const auto has = [](const ZoneSpec& zone) { return zone.voters.has_value(); };
    if (std::ranges::none_of(cluster_.zones, has)) {
      return;
    }
    if (!std::ranges::all_of(cluster_.zones, has)) {
      add("spec.zones", "", "set voters in every zone or in none");
      return;
    }
    int sum = 0;
    for (const ZoneSpec& zone : cluster_.zones) {
      sum += *zone.voters;
    }
    if (sum != cluster_.voters) {
      add("spec.zones", std::to_string(sum) + " voters",
          "must add up to spec.voters, " + std::to_string(cluster_.voters));
      return;
    }
    if (cluster_.allow_zone_risk || cluster_.zones.size() < 3 || cluster_.voters < 3) {
      return;
    }
    for (size_t i = 0; i < cluster_.zones.size(); ++i) {
      if (*cluster_.zones[i].voters * 2 > cluster_.voters) {
        add("spec.zones[" + std::to_string(i) + "].voters",
            std::to_string(*cluster_.zones[i].voters),
            "is a majority of " + std::to_string(cluster_.voters) +
                ", so losing this zone would stop the cluster: at most " +
                std::to_string((cluster_.voters - 1) / 2) + ", or set allowZoneRisk");
      }
    }
  }

  void check_config() {
    for (const auto& [key, value] : cluster_.config) {
      if (!is_config_key(key)) {
        add("spec.config[" + quoted_json(key) + "]", quoted_json(value),
            std::string(kConfigKeyMessage));
      } else if (is_owned_key(key)) {
        add("spec.config[" + key + "]", quoted_json(value), owned_keys_message());
      }
    }
  }

  void check_storage() {
    check_size("spec.storage.size", cluster_.data.size);
    if (cluster_.log) {
      check_size("spec.storage.log.size", cluster_.log->size);
    }
  }

  void check_size(const std::string& path, const std::string& size) {
    const auto quantity = parse_quantity(size);
    if (!quantity || *quantity == 0) {
      add(path, quoted_json(size), "must be a size above 0, such as 10Gi");
    }
  }

  void add(std::string path, std::string value, std::string allowed) {
    problems_.push_back({std::move(path), std::move(value), std::move(allowed)});
  }

  const ValidatedCluster& cluster_;
  Problems problems_;
};

void append(Problems& to, Problems more) {
  for (Problem& each : more) {
    // A value of a wrong type leaves its field unset; one report of it is enough.
    const bool is_known =
        std::ranges::any_of(to, [&](const Problem& known) { return known.path == each.path; });
    if (!is_known) {
      to.push_back(std::move(each));
    }
  }
}

}  // namespace

Validation validate(const json& object, const ReleaseDefaults& release) {
  Validation result;
  ValidatedCluster cluster;
  cluster.image = release.image;
  if (!object.is_object() || !object.contains("metadata") || !object["metadata"].is_object()) {
    result.problems.push_back({"metadata", "", "is required"});
    return result;
  }
  read_metadata(object["metadata"], cluster);
  // Nothing is copied before its depth is known: copies recurse.
  static const json kEmpty = json::object();
  const auto found = object.find("spec");
  const json& spec = found == object.end() || found->is_null() ? kEmpty : *found;
  Read<QuorumClusterSpec> read_spec_result = read<QuorumClusterSpec>(spec, "spec");
  result.unknown = std::move(read_spec_result.notes.unknown);
  result.problems = std::move(read_spec_result.notes.problems);
  apply_defaults(read_spec_result.value);
  append(result.problems, check_limits(read_spec_result.value, "spec"));
  read_spec(read_spec_result.value, cluster);
  append(result.problems, RuleChecker(cluster).check());
  if (cluster.image.empty()) {
    append(result.problems,
           {{"spec.image", "", "is required: this operator has no image of its own"}});
  }
  if (result.problems.empty()) {
    result.cluster = std::move(cluster);
  }
  return result;
}

}  // namespace quorate::api
