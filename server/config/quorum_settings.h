// Quorum keys of zoo.cfg: the servers, their groups and weights, the limits of election and sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/server_spec.h"

namespace quorate::config {

using quorum::ClientAddress;
using quorum::ServerRole;
using quorum::ServerSpec;

/// What makes this member part of an ensemble. Empty `servers` and no dynamic file: standalone.
struct QuorumSettings {
  /// The `server.N` lines, by id.
  std::map<ServerId, ServerSpec> servers;
  /// Group of each server (`group.G=a:b:c`); empty: plain majority.
  std::map<ServerId, int64_t> groups;
  /// Weight of each server (`weight.N`), >= 0; 1 where absent.
  std::map<ServerId, int64_t> weights;
  /// File that holds the servers instead of zoo.cfg; empty: none. Default empty.
  std::string dynamic_config_file;
  /// Ticks that a learner has to connect and sync, and to answer. No default: both are required
  /// as soon as there is a quorum; 0: not set.
  int32_t init_limit_ticks = 0;
  int32_t sync_limit_ticks = 0;
  /// Ticks that a learner tries to reach its master; 0: init_limit_ticks. Default 0.
  int32_t connect_to_learner_master_limit_ticks = 0;
  /// What this member says it is; the server list decides. Absent: not said.
  std::optional<ServerRole> peer_type;
  /// Whether one server in the list runs standalone. Default true.
  bool standalone_enabled = true;
  /// Whether the operation reconfig is allowed. Default false.
  bool reconfig_enabled = false;
  /// Whether the leader serves clients. Default true.
  bool leader_serves = true;
  /// Whether quorum and election ports listen on every address. Default false.
  bool listen_on_all_addresses = false;
  /// Whether observers log and snapshot. Default true.
  bool observer_sync_enabled = true;
  /// Port of the observer master; 0: off. Default 0.
  uint16_t observer_master_port = 0;
  /// Milliseconds to connect to a peer for election. Default 5000.
  int32_t connect_timeout_ms = 5000;
  /// Milliseconds that an election connection may be silent; -1: for ever. Default -1.
  int32_t election_read_timeout_ms = -1;
  /// Bounds, in milliseconds, of the wait for notifications. Defaults 200 and 60000.
  int32_t notification_interval_min_ms = 200;
  int32_t notification_interval_max_ms = 60000;
  /// Attempts to bind the election port; 0: without end. Default 3.
  int32_t election_port_bind_retries = 3;
  /// Milliseconds that a leader waits for the epoch; -1: no bound. Default -1.
  int32_t epoch_wait_max_ms = -1;
  /// Milliseconds before an observer reconnects, and before its election. Defaults 0 and 200.
  int32_t observer_reconnect_delay_ms = 0;
  int32_t observer_election_delay_ms = 200;
  /// Up to so many times the size of a snapshot a learner is sent the log instead; negative: never.
  /// Default 0.33.
  double snapshot_size_factor = 0.33;
  /// Whether learners are always sent a snapshot. Default false.
  bool force_snapshot_sync = false;
  /// Learners that are brought up to date at once, by snapshot and by log. Defaults 10 and 100.
  int32_t snapshot_syncs_max = 10;
  int32_t diff_syncs_max = 100;
  /// Whether a server may have several addresses, and how they are probed. Defaults false, true,
  /// 1000 ms.
  bool multi_address_enabled = false;
  bool reachability_check_enabled = true;
  int32_t reachability_check_timeout_ms = 1000;
  /// Whether members speak TLS to each other, and plain text beside it. Default false, false.
  bool tls_enabled = false;
  bool tls_port_unification = false;
  /// This member's name: its id is that of the server line whose first host label is the name.
  /// Empty: the file myid decides. Default empty.
  std::string member_name;
  /// Id of the ensemble, borne by its disks: a disk or a peer with another is refused. Empty: none.
  /// Default empty.
  std::string ensemble_id;
  /// What an empty disk means: kForm, the ensemble is being formed, and takes no clients before
  /// POST /v1/formed; kJoin, the ensemble exists, and this member does not vote before it has its
  /// history; kNone, as ZooKeeper has it. Default kNone.
  enum class Bootstrap { kNone, kForm, kJoin } bootstrap = Bootstrap::kNone;
  /// Where a quorum was lost for good: the member that makes its disk of `former_ensemble_id` the
  /// first of this ensemble, with itself as the only voter. Nothing for all others, whose disks are
  /// refused. Default nothing.
  struct Recovery {
    ServerId member;
    std::string former_ensemble_id;
  };
  std::optional<Recovery> recovery;
};

/// Servers that vote.
[[nodiscard]] size_t voter_count(const QuorumSettings& quorum);

/// Whether the member is part of an ensemble rather than standalone: more than one voter, or
/// standaloneEnabled=false. Where there is a dynamic_config_file, its servers count, so they must
/// have been added first. Source: ZooKeeper 3.9 QuorumPeerConfig.isDistributed.
[[nodiscard]] bool needs_quorum(const QuorumSettings& quorum);

/// The same before a dynamic_config_file was read: whether there may be an ensemble.
[[nodiscard]] bool may_need_quorum(const QuorumSettings& quorum);

}  // namespace quorate::config
