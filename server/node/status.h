// Everything that a member says of itself: the one source of four-letter words, admin and metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/histogram.h"
#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/node/event.h"
#include "server/tree/watches.h"
#include "server/wire/opcode.h"
#include "server/zab/leader.h"

namespace quorate::node {

/// kReadOnly: looking, and serving readers.
enum class Role : uint8_t { kStandalone, kLooking, kFollowing, kLeading, kObserving, kReadOnly };

/// Counters since start or the last reset (srst).
struct Counters {
  uint64_t packets_received = 0;
  uint64_t packets_sent = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t connections_opened = 0;
  uint64_t sessions_opened = 0;
  uint64_t sessions_revalidated = 0;
  uint64_t sessions_expired = 0;
  uint64_t auth_failures = 0;
  uint64_t writes_refused_for_space = 0;
  uint64_t quota_exceeded = 0;
  uint64_t watches_created_fired = 0;
  uint64_t watches_deleted_fired = 0;
  uint64_t watches_changed_fired = 0;
  uint64_t watches_children_fired = 0;
  uint64_t watches_hidden = 0;  ///< Events withheld because the watcher may not read the node.
  uint64_t proposals = 0;
  uint64_t commits = 0;
  uint64_t snapshots = 0;
  uint64_t snapshot_failures = 0;
  uint64_t containers_reaped = 0;
  uint64_t unhandled_opcodes = 0;
  uint64_t elections = 0;            ///< Times that the member began to look for a leader.
  uint64_t learned_proposals = 0;    ///< Transactions that a leader has sent.
  uint64_t learned_commits = 0;      ///< Those of them that were committed while it was followed.
  uint64_t diff_syncs = 0;           ///< Leading: learners brought up to date by DIFF,
  uint64_t trunc_syncs = 0;          ///< by TRUNC and what follows,
  uint64_t snapshot_syncs = 0;       ///< by a snapshot.
  uint64_t log_syncs = 0;            ///< Those without a snapshot that took the log on disk.
  uint64_t sessions_moved_in = 0;    ///< Leading: sessions that members have asked about.
  int64_t proposal_bytes_last = -1;  ///< Leading; -1: nothing was proposed yet.
  int64_t proposal_bytes_min = -1;
  int64_t proposal_bytes_max = -1;
  uint64_t requests_throttled = 0;  ///< Refused because they had been held back for too long.
  int64_t response_bytes_last = 0;
  int64_t response_bytes_min = -1;
  int64_t response_bytes_max = -1;
  Histogram latency;              ///< All requests, from the step that read them to their reply.
  Histogram write_latency;        ///< Writes only.
  Histogram election_time;        ///< From the start of looking to a decision.
  Histogram detection_time;       ///< From the last sign of a leader's life to giving it up.
  Histogram unavailable_time;     ///< From not serving to serving again.
  Histogram quorum_ack_latency;   ///< Leading: from a proposal to its commit.
  Histogram queued_read_latency;  ///< Reads that had to wait behind a write of their session.
};

/// One client connection, as `cons` and /commands/connections show it.
struct ConnectionStatus {
  ConnectionId connection;
  std::string address;
  uint16_t port = 0;
  bool secure = false;
  SessionId session;  ///< 0 before the handshake.
  int32_t timeout_ms = 0;
  int64_t outstanding = 0;
  uint64_t received = 0;
  uint64_t sent = 0;
  WallMillis established;
  wire::OpCode last_op = wire::OpCode::kNotification;  ///< kNotification: none yet.
  int32_t last_xid = 0;
  Zxid last_zxid;
  WallMillis last_response;
  int64_t latency_ms_last = 0;
  int64_t latency_ms_min = 0;
  int64_t latency_ms_max = 0;
  double latency_ms_avg = 0;
};

struct SessionBucket {
  int64_t expires_in_ms = 0;
  std::vector<SessionId> sessions;
};
struct SessionEphemerals {
  SessionId session;
  std::vector<std::string> paths;
};
struct WatchedPath {
  std::string path;
  std::vector<SessionId> sessions;
};

/// Name of what namespaces without a place of their own share; no node can have it.
inline constexpr std::string_view kOtherNamespace = "/other";

/// What was read and written below one node under the root, in bytes (in place of microseconds).
struct NamespaceTraffic {
  std::string name;  ///< Without a slash, or kOtherNamespace.
  Histogram reads;
  Histogram writes;
  uint64_t quota_exceeded = 0;
};
/// Sums of the quotas at and below one node under the root. -1 in place of a limit or a use that a
/// quota does not have, as Apache sums them.
struct NamespaceQuota {
  std::string name;
  bool has_limits = false;
  int64_t count_limit = 0;
  int64_t bytes_limit = 0;
  bool has_usage = false;
  int64_t count_used = 0;
  int64_t bytes_used = 0;
};

/// Parts of a Status that cost more than a look at a counter.
struct StatusDetail {
  bool connections = false;
  bool sessions = false;
  bool watches = false;
  bool namespaces = false;
};

/// What only a member of an ensemble has.
struct EnsembleStatus {
  ServerId leader{-1};  ///< -1: it looks for one, or does not serve yet.
  Epoch accepted;
  Epoch current;
  ConfigVersion config_version;
  std::string configuration;  ///< Its text.
  bool is_formed = false;     ///< There was a reconfig.
  bool may_vote = true;       ///< False: the disk has to be filled first.
  bool takes_clients = true;  ///< False: not formed yet, or a leader that serves none.
  size_t voter_count = 0;
  Duration looking_for{};                    ///< Not serving: since when.
  Duration leading_for{};                    ///< Serving as the leader: since when.
  std::vector<zab::LearnerStatus> learners;  ///< Of a leader.
};

struct Status {
  std::optional<EnsembleStatus> ensemble;  ///< Nothing: standalone.
  Role role = Role::kStandalone;
  ServerId server;
  Zxid last_zxid;      ///< Applied.
  Zxid proposed_zxid;  ///< Newest txn handed to the log.
  Zxid durable_zxid;   ///< Newest txn known to be on disk.
  SpaceLevel space = SpaceLevel::kEnough;
  bool serving = true;

  int64_t node_count = 0;
  int64_t ephemeral_count = 0;
  int64_t approximate_data_bytes = 0;
  uint64_t tree_digest = 0;
  int64_t session_count = 0;
  int64_t connection_count = 0;
  int64_t secure_connection_count = 0;
  int64_t outstanding_count = 0;
  int64_t outstanding_bytes = 0;
  int64_t watch_count = 0;
  int64_t watched_path_count = 0;
  int64_t watching_connection_count = 0;
  Counters counters;

  uint64_t digest_mismatches = 0;  ///< Since start; not 0 is a bug.
  bool snapshot_running = false;
  Zxid snapshot_zxid;  ///< Newest durable snapshot.
  WallMillis snapshot_time;

  struct DigestEntry {
    Zxid zxid;
    uint64_t digest = 0;
  };
  std::vector<DigestEntry> digests;  ///< Every 128th txn, newest last, at most 1024.

  std::vector<ConnectionStatus> connections;   ///< StatusDetail::connections.
  std::vector<SessionBucket> session_buckets;  ///< StatusDetail::sessions.
  std::vector<SessionEphemerals> ephemerals;   ///< StatusDetail::sessions.
  std::vector<WatchedPath> watched_paths;      ///< StatusDetail::watches.
  std::vector<NamespaceTraffic> namespaces;    ///< StatusDetail::namespaces, sorted by name.
  std::vector<NamespaceQuota> quotas;          ///< StatusDetail::namespaces, sorted by name.
};

}  // namespace quorate::node
