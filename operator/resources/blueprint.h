// What the builders build from: the cluster and the facts that the planner recorded.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/api/validated_cluster.h"

namespace quorate::resources {

/// Whether members are to form an ensemble or to join the one that there is.
enum class Mode { kForm, kJoin };

/// One server line.
struct Server {
  std::string member;
  int myid = 0;
  bool is_voter = false;
};

/// One StatefulSet.
struct ZoneSet {
  std::string zone;
  int index = 0;
  std::string node_zone;  ///< Empty: nodes without zones, so no affinity.
  int replicas = 0;
  /// Sizes that the claims state. A StatefulSet's claims cannot be changed, so these are those of
  /// the present one until it is made anew; empty: what the spec says.
  std::string data_size;
  std::string log_size;
  std::string ensemble_id;  ///< That the claims state, likewise; empty: the blueprint's.
};

/// Everything that a builder may look at.
struct Blueprint {
  api::ValidatedCluster cluster;
  std::string ensemble_id;  ///< 16 hexadecimal digits.
  Mode mode = Mode::kForm;
  /// Value of the member's key quorate.recoverFrom; empty: nobody takes over a former ensemble's
  /// disk.
  std::string recover_from;
  std::vector<Server> servers;  ///< By ascending id.
  std::vector<ZoneSet> zones;   ///< By ascending index.
  /// Voters that must stay available while somebody evicts others.
  int voters_available_min = 0;
  /// Hash of the superuser's digest; empty without one.
  std::string superuser_hash;
  /// For a Secret that is yet to be made; empty: it exists and is left alone.
  std::string new_admin_token;
};

/// Ports of a member; they are an interface.
namespace port {
inline constexpr int kClient = 2181;
inline constexpr int kClientTls = 2281;
inline constexpr int kQuorum = 2888;
inline constexpr int kElection = 3888;
inline constexpr int kAdmin = 8080;
inline constexpr int kMetrics = 7000;
}  // namespace port

/// Labels that every object of the cluster bears.
[[nodiscard]] nlohmann::json labels_of(const api::ValidatedCluster& cluster);
/// Labels by which the cluster's Pods are selected, and nobody else's.
[[nodiscard]] nlohmann::json selector_of(const api::ValidatedCluster& cluster);
/// Metadata of an object that the cluster owns.
[[nodiscard]] nlohmann::json metadata_of(const api::ValidatedCluster& cluster,
                                         const std::string& name);

}  // namespace quorate::resources
