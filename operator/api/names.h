// Names of everything that belongs to a cluster. They are an interface: they never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quorate::api {

/// A StatefulSet's name has room for ten characters of revision and a dash in a label of 63.
inline constexpr size_t kSetNameBytesMax = 52;
inline constexpr size_t kClusterNameBytesMax = 40;
/// Of an annotation by which a person asks for something: it may be copied into the status.
inline constexpr size_t kAskedBytesMax = 300;
inline constexpr int kZonesMax = 7;
inline constexpr int kMembersPerZoneMax = 32;
inline constexpr int kVotersMax = 15;

/// A label by DNS-1035: lower-case letters, digits and '-', beginning with a letter, at most 63.
[[nodiscard]] bool is_dns1035_label(std::string_view text);

/// "<cluster>-<zone>": the StatefulSet of a zone.
[[nodiscard]] std::string set_name(std::string_view cluster, std::string_view zone);
/// "<cluster>-<zone>-<ordinal>": a Pod, which is a member's name.
[[nodiscard]] std::string member_name(std::string_view cluster, std::string_view zone, int ordinal);
[[nodiscard]] std::string members_service_name(std::string_view cluster);
[[nodiscard]] std::string client_service_name(std::string_view cluster);
[[nodiscard]] std::string config_map_name(std::string_view cluster);
[[nodiscard]] std::string admin_secret_name(std::string_view cluster);
/// With tls.managed: the authority's keys, and the members' certificates.
[[nodiscard]] std::string authority_secret_name(std::string_view cluster);
[[nodiscard]] std::string quorum_tls_secret_name(std::string_view cluster);
[[nodiscard]] std::string disruption_budget_name(std::string_view cluster);
[[nodiscard]] std::string service_account_name(std::string_view cluster);
/// "data-<member>", "log-<member>".
[[nodiscard]] std::string volume_name(std::string_view kind, std::string_view member);
/// The host of a member, the same inside and outside its namespace. It needs no cluster domain: the
/// resolver's search list has it.
[[nodiscard]] std::string member_host(std::string_view member, std::string_view cluster,
                                      std::string_view namespace_name);

/// The ordinal in the name of a member of that set; nothing if it is none of its names.
[[nodiscard]] std::optional<int> ordinal_of(std::string_view member, std::string_view set);

/// Id of a member: 32 * zone index + ordinal + 1, so 1 to 224.
[[nodiscard]] int32_t myid_of(int zone_index, int ordinal);

/// A zone name from the value of a node label, which may hold capitals, '_' and '.': lower case,
/// other characters as '-', cut to `bytes_max`; where that changed anything, with a short hash of
/// the value, so that two values never share a name.
[[nodiscard]] std::string zone_name_of(std::string_view label_value, size_t bytes_max);

/// FNV-1a, for names and for telling whether something changed; not against adversaries.
[[nodiscard]] uint64_t fnv1a(std::string_view text);
/// 16 hexadecimal digits.
[[nodiscard]] std::string hex64(uint64_t value);

namespace labels {
inline constexpr std::string_view kName = "app.kubernetes.io/name";
inline constexpr std::string_view kInstance = "app.kubernetes.io/instance";
inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kZone = "quorate.dev/zone";
inline constexpr std::string_view kRole = "quorate.dev/role";
inline constexpr std::string_view kRetired = "quorate.dev/retired";
inline constexpr std::string_view kNodeZone = "topology.kubernetes.io/zone";
}  // namespace labels

namespace annotations {
inline constexpr std::string_view kEnsembleId = "quorate.dev/ensemble-id";
inline constexpr std::string_view kZoneIndex = "quorate.dev/zone-index";
inline constexpr std::string_view kNodeZone = "quorate.dev/node-zone";
inline constexpr std::string_view kConfigHash = "quorate.dev/config-hash";
inline constexpr std::string_view kSecretHash = "quorate.dev/secret-hash";
inline constexpr std::string_view kRestartedAt = "quorate.dev/restartedAt";
inline constexpr std::string_view kTransferLeader = "quorate.dev/transferLeader";
inline constexpr std::string_view kRecover = "quorate.dev/recover";
/// "true": the member's admin port speaks TLS.
inline constexpr std::string_view kAdminTls = "quorate.dev/admin-tls";
inline constexpr std::string_view kClusterUid = "quorate.dev/cluster-uid";
inline constexpr std::string_view kAppliedHash = "quorate.dev/applied-hash";
}  // namespace annotations

inline constexpr std::string_view kGroup = "quorate.dev";
inline constexpr std::string_view kApiVersion = "quorate.dev/v1alpha1";
inline constexpr std::string_view kKind = "QuorumCluster";
inline constexpr std::string_view kFinalizer = "quorate.dev/cluster";

}  // namespace quorate::api
