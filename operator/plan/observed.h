// What the API server shows of a cluster, reduced to what the planner looks at.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/api/validated_cluster.h"
#include "operator/kube/shared_object.h"
#include "server/base/time.h"

namespace quorate::plan {

struct Pod {
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string revision;     ///< Label controller-revision-hash.
  std::string config_hash;  ///< Annotation of the template that it was made from.
  std::string role;         ///< Label quorate.dev/role.
  bool is_ready = false;
  bool is_terminating = false;
  /// Why it will not start by itself: CrashLoopBackOff, ImagePullBackOff, ErrImagePull,
  /// InvalidImageName, CreateContainerConfigError, Unschedulable, Failed; empty if it may.
  std::string stuck;
  std::string stuck_detail;  ///< Unschedulable: why, in the scheduler's words.
  WallMillis created;
  WallMillis ready_changed;  ///< When it last became ready or unready.
};

struct Set {
  std::string name;
  std::string uid;
  int replicas = 0;
  /// Revision of the template; empty until the controller has seen the newest template.
  std::string revision;
  std::string applied_hash;  ///< Of what was applied: resources::with_applied_hash.
  std::string data_size;
  std::string log_size;
  std::string ensemble_id;  ///< That its claims bear from the beginning.
  bool is_terminating = false;
};

struct Claim {
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string ensemble_id;
  std::string cluster_uid;
  std::string zone;
  std::string node_zone;
  std::optional<int> zone_index;
  std::string size;  ///< Requested.
  bool is_lost = false;
  bool is_terminating = false;
  bool is_retired = false;
  bool needs_restart = false;  ///< FileSystemResizePending.
};

/// An object of one of our names that is not ours.
struct Conflict {
  std::string kind;
  std::string name;
  std::string owner;  ///< "QuorumCluster other", or "nobody".
};

/// A Secret that the spec names and that cannot be used.
struct SecretProblem {
  std::string secret;
  std::string problem;  ///< "does not exist", "has no key tls.crt".
};

/// For the condition CertificatesValid.
struct CertificateHealth {
  bool is_valid = false;
  std::string reason;
  std::string message;
};

struct Observed {
  std::map<std::string, Pod> pods;      ///< Of our StatefulSets, by name.
  std::map<std::string, Set> sets;      ///< Ours, by name.
  std::map<std::string, Claim> claims;  ///< Of our names, whoever made them.
  std::vector<Conflict> conflicts;
  bool has_admin_secret = false;
  /// With tls.managed: how the certificates are; nothing: not looked at.
  std::optional<CertificateHealth> certificates;
  std::string superuser_hash;
  std::vector<SecretProblem> secret_problems;
  /// Classes that the spec names and that are not there; looked for where volumes are to be made.
  std::vector<std::string> missing_storage_classes;
  /// What the API server refused the last time, in its words: "StatefulSet zoo-a: ...".
  std::vector<std::string> refusals;
  /// Zones of the nodes, sorted; an empty text: nodes without the label. Empty: not looked at.
  std::vector<std::string> node_zones;
};

/// The objects of the cluster's namespace that bear its name's label or one of its names, as the
/// API server or its cache gave them, and all nodes. More than needed does no harm.
struct Objects {
  std::vector<kube::SharedObject> pods;
  std::vector<kube::SharedObject> stateful_sets;
  std::vector<kube::SharedObject> claims;
  std::vector<kube::SharedObject> services;
  std::vector<kube::SharedObject> config_maps;
  std::vector<kube::SharedObject> secrets;  ///< Those that the spec names, too.
  std::vector<kube::SharedObject> disruption_budgets;
  std::vector<kube::SharedObject> nodes;
};

/// Reduces the objects. Ownership goes by the owner's uid, never by names or labels.
[[nodiscard]] Observed observe(const api::ValidatedCluster& cluster, const Objects& objects);

}  // namespace quorate::plan
