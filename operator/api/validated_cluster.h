// The one type that builders and planner accept: a QuorumCluster with defaults, checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/api/problem.h"

namespace quorate::api {

enum class Placement { kThreeDatacentre, kBalanced };
enum class Batch { kMinority, kOne, kZone, kAll };
enum class Reclaim { kRetain, kDelete };

struct ZoneSpec {
  std::string name;
  std::string node_zone;  ///< Value of the nodes' label; the name if the spec has none.
  std::optional<int> voters;
};

struct VolumeSpec {
  std::string size;                          ///< A valid quantity.
  std::optional<std::string> storage_class;  ///< Nothing: the default class. Empty: none.
};

/// What a person adds to each Pod; null where nothing was said.
struct PodSpec {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::map<std::string, std::string> node_selector;
  nlohmann::json tolerations;
  nlohmann::json affinity;
  nlohmann::json topology_spread_constraints;
  nlohmann::json image_pull_secrets;
  nlohmann::json env;
  nlohmann::json resources;
  std::string image_pull_policy;
  std::string priority_class;
  std::string runtime_class;
  std::string service_account;
  int grace_period_s = 60;
};

/// invariant: made by validate() only, so every limit of the .proto holds and names fit.
struct ValidatedCluster {
  std::string name_space;
  std::string name;
  std::string uid;
  int32_t generation = 0;
  bool is_deleting = false;
  bool has_finalizer = false;
  std::string restarted_at;  ///< Annotation quorate.dev/restartedAt; empty without it.
  std::string leader_asked;  ///< Annotation quorate.dev/transferLeader: "<member> <anything>".
  /// Annotation quorate.dev/recover: "<member> <ensemble id that is given up>".
  std::string recovery_asked;

  int voters = 3;
  int observers = 0;
  Placement placement = Placement::kThreeDatacentre;
  bool allow_zone_risk = false;
  std::vector<ZoneSpec> zones;  ///< Empty: found from the nodes.
  std::string image;
  VolumeSpec data;
  std::optional<VolumeSpec> log;
  Reclaim reclaim = Reclaim::kRetain;
  std::map<std::string, std::string> config;
  /// The operator makes the certificates between members; tls_quorum_secret is its own.
  bool tls_managed = false;
  std::string tls_client_secret;  ///< Empty: no TLS for clients.
  std::string tls_quorum_secret;
  std::string superuser_secret;  ///< Empty: no superuser.
  std::string superuser_key;
  Batch batch = Batch::kMinority;
  bool allow_downtime = false;
  bool is_paused = false;
  PodSpec pod;

  [[nodiscard]] bool has_explicit_voters() const {
    return !zones.empty() && zones.front().voters.has_value();
  }
};

/// What the operator's own release supplies.
struct ReleaseDefaults {
  std::string image;
};

/// Either a cluster or every error at once; in both cases what a newer version knows.
struct Validation {
  std::optional<ValidatedCluster> cluster;
  Problems problems;                 ///< Empty exactly if there is a cluster.
  std::vector<std::string> unknown;  ///< Fields that this version does not know.
};

/// Checks a whole QuorumCluster as the API server gave it: the limits and rules of the CRD once
/// more (an object may be older than the CRD), and what the CRD's rules cannot say.
[[nodiscard]] Validation validate(const nlohmann::json& object, const ReleaseDefaults& release);

}  // namespace quorate::api
