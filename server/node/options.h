// Settings of the node machine: values, already checked and with units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/auth/authenticate.h"
#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/election/election.h"
#include "server/quorum/configuration.h"
#include "server/request/prepare.h"
#include "server/zab/leader.h"

namespace quorate::node {

/// Of a member of an ensemble.
struct EnsembleOptions {
  quorum::Configuration configuration;             ///< Committed.
  std::optional<quorum::Configuration> last_seen;  ///< Proposed, not known to be committed.
  Epoch accepted;                                  ///< Of the epoch files.
  Epoch current;
  bool may_vote = true;  ///< False: the disk is empty where it must not be, damaged, or marked.
  bool is_marked_unfit = false;  ///< Found on the disk; see QuorumActions::marks_unfit.
  quorum::Witness witness;       ///< Found on the disk.
  zab::Timing timing;
  bool force_snapshot_sync = false;  ///< Learners always get a snapshot.
  /// Up to so many times the size of a snapshot a learner is sent the log on disk instead;
  /// negative: never.
  double snapshot_size_factor = 0.33;
  size_t link_bytes_max = size_t{8} << 20;
  Duration finalize_wait = std::chrono::milliseconds(200);
  bool reconfig_enabled = false;
  bool standalone_enabled = true;
  bool leader_serves = true;       ///< False: a leader turns clients away.
  bool read_only_enabled = false;  ///< Serve readers while there is no leader.
  /// False: clients are turned away until the ensemble was formed, which is its first reconfig.
  bool serves_before_formed = true;
  std::string ensemble_id;
  std::string extension;  ///< Encoded wire::PeerExtension of this member.
};

struct Options {
  ServerId server{1};  ///< myid; a standalone member uses 1 in the ids of its sessions.
  Duration tick = std::chrono::milliseconds(3000);
  int32_t session_timeout_ms_min = 6000;
  int32_t session_timeout_ms_max = 60000;

  request::PrepareOptions prepare;
  auth::AuthOptions auth;
  bool enforce_auth = false;                      ///< enforce.auth.enabled.
  std::vector<std::string> enforce_auth_schemes;  ///< Any of these authenticates a connection.

  /// Requests and bytes in flight (logged but not synced, or waiting behind a write) above which
  /// connections that have some are not read from.
  size_t outstanding_count_max = 65536;
  size_t outstanding_bytes_max = 256 << 20;
  /// The same for a single connection.
  size_t connection_outstanding_count_max = 16384;
  size_t connection_outstanding_bytes_max = 16 << 20;

  /// Requests with more payload bytes are large, and Actions tells when each is done with; -1: none
  /// is.
  int64_t large_request_threshold = -1;

  /// Snapshot after a random number of txns in (count/2, count], or bytes in (bytes/2, bytes].
  int64_t snapshot_txn_count = 100000;
  int64_t snapshot_log_bytes = int64_t{4} << 30;
  size_t snapshot_slice_bytes = 256 << 10;
  uint64_t random_seed = 1;  ///< Of the snapshot thresholds.

  /// Committed txns that are kept in memory for followers that are a little behind.
  size_t committed_window_count = 500;
  size_t committed_window_bytes = size_t{32} << 20;

  Duration container_check_interval = std::chrono::minutes(1);  ///< 0: never.
  int64_t container_max_per_minute = 10000;
  std::optional<EnsembleOptions> ensemble;  ///< Nothing: standalone.

  int64_t container_never_used_ms_max = 0;  ///< 0: containers that never had a child stay.
};

}  // namespace quorate::node
