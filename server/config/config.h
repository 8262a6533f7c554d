// Config: everything that zoo.cfg, -D properties and arguments decide, as plain typed fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/config/quorum_settings.h"
#include "server/config/tls_settings.h"

namespace quorate::config {

/// Where clients connect. The member listens on every address at the same port.
struct Listener {
  /// Host names or literal addresses, IPv6 without brackets. Empty: every address of the machine.
  std::vector<std::string> addresses;
  /// TCP port; 0 lets the system choose one. Absent: the listener is off.
  std::optional<uint16_t> port;
  friend bool operator==(const Listener&, const Listener&) = default;
};

/// Files: where they are, how they grow, when they go.
struct StorageSettings {
  /// Directory of snapshots, epochs and myid; required, so never empty after a successful parse.
  std::string data_dir;
  /// Directory of the transaction log; data_dir unless set.
  std::string data_log_dir;
  /// Transactions between snapshots, at most; a random half is taken off. Default 100000.
  int32_t snap_count = 100000;
  /// Log KiB between snapshots, at most; a random half is taken off. <= 0: no such limit.
  int64_t snap_size_limit_kb = 4194304;
  /// KiB at which a log file is closed and the next begun. <= 0: only at snapshots. Default -1.
  int64_t txn_log_size_limit_kb = -1;
  /// KiB by which a log file is extended ahead of need; 0: not at all. Default 65536.
  int64_t prealloc_size_kb = 65536;
  /// Whether a write is on disk before it is acknowledged. Default true; false can lose writes.
  bool force_sync = true;
  /// Milliseconds after which one fsync is logged as slow. Default 1000.
  int64_t fsync_warning_threshold_ms = 1000;
  /// Committed transactions kept in memory to bring learners up to date. Default 500.
  int32_t commit_log_count = 500;
  /// How snapshots are compressed. Default none.
  enum class Compression { kNone, kGzip } snapshot_compression = Compression::kNone;
  /// Whether logs without any valid snapshot are replayed from empty. Default false: refuse.
  bool snapshot_trust_empty = false;
  /// Whether an empty data directory starts as an empty database. Default true.
  bool autocreate_db = true;
  /// Whether missing data directories are created. Default true.
  bool autocreate_data_dir = true;
  /// Snapshots kept by the purge, >= 3. Default 3.
  int32_t purge_retain_count = 3;
  /// Milliseconds between purges; 0: never. Default 1 h (ZooKeeper: never).
  int64_t purge_interval_ms = 3600000;
};

/// Sessions and the tick that they are measured in.
struct SessionSettings {
  /// Milliseconds of a tick, the unit of heartbeats and of session expiry. Default 3000.
  int32_t tick_time_ms = 3000;
  /// Bounds, in milliseconds, of what a client may negotiate. Default 2 and 20 ticks.
  int32_t min_session_timeout_ms = 6000;
  int32_t max_session_timeout_ms = 60000;
  /// Milliseconds that a connection has until it has a session. Default 10000.
  int32_t handshake_timeout_ms = 10000;
  /// Whether the closing of a session lists its ephemerals in the log. Default true.
  bool close_session_lists_paths = true;
};

/// What one client, or all of them, may use.
struct LimitSettings {
  /// Connections from one address; 0: no limit. Default 60.
  int32_t max_client_cnxns = 60;
  /// Connections in all; 0: no limit. Default 0.
  int32_t max_cnxns = 0;
  /// Bytes of one request frame, at most. Default 1048575.
  int32_t jute_max_buffer_bytes = 1048575;
  /// Bytes that a record which the server wrote itself may exceed that by. Default the same.
  int32_t jute_max_buffer_extra_bytes = 1048575;
  /// Requests in flight in all before a busy connection is read no further. Default 65536:
  /// ZooKeeper's 1000 would pause 16 clients that pipeline, and ours counts their bytes as well.
  int32_t global_outstanding_limit = 65536;
  /// Bytes above which a request counts as large; -1: none is. Default -1.
  int32_t large_request_threshold_bytes = -1;
  /// Bytes of large requests in flight in all, at most. Default 100 MiB.
  int32_t large_request_max_bytes = 104857600;
  /// Requests in flight in all before the throttle delays any more; 0: no throttle. Default 0.
  int32_t request_throttle_max = 0;
  /// Milliseconds after which a delayed request is refused; 0: never. Default 0.
  int32_t throttled_op_wait_ms = 0;
  /// TLS handshakes in progress, at most; 0 or less: 512. Default -1.
  int32_t outstanding_handshakes = -1;
};

/// The token bucket that new connections draw from.
struct ConnectionThrottleSettings {
  /// Size of the bucket, tokens; 0: no throttle. Default 0.
  int32_t tokens_max = 0;
  /// Milliseconds between refills, and tokens a refill. Default 1 and 1.
  int32_t fill_time_ms = 1;
  int32_t fill_count = 1;
  /// Milliseconds between changes of the drop probability; -1: it never changes. Default -1.
  int32_t freeze_time_ms = -1;
  /// Steps by which the drop probability rises and falls, 0..1. Defaults 0.02 and 0.002.
  double drop_increase = 0.02;
  double drop_decrease = 0.002;
  /// Share of tokens in use up to which the probability falls, 0..1. Default 0.
  double decrease_ratio = 0.0;
  /// Whether a connection costs by its kind, and the cost of each, tokens. Defaults false, 3, 2.
  bool weight_enabled = false;
  int32_t global_session_weight = 3;
  int32_t renew_session_weight = 2;
};

/// What the tree allows and keeps.
struct TreeSettings {
  /// Whether hard quotas refuse writes. Default false.
  bool enforce_quota = false;
  /// Whether TTL nodes may be created. Default false.
  bool extended_types_enabled = false;
  /// Whether TTL owners are read as ZooKeeper 3.5.3 wrote them. Default false.
  bool emulate_353_ttl_nodes = false;
  /// Whether transactions and snapshots carry a digest of the tree. Default true.
  bool digest_enabled = true;
  /// Milliseconds between searches for empty containers and expired TTL nodes. Default 60000.
  int32_t container_check_interval_ms = 60000;
  /// Containers and TTL nodes deleted in a minute, at most. Default 10000.
  int32_t container_max_per_minute = 10000;
  /// Milliseconds after which a container that never had a child goes; 0: never. Default 0.
  int64_t container_max_never_used_ms = 0;
};

/// Hash of the digest scheme. Default SHA-1, the only one that ZooKeeper before 3.7 knows.
enum class DigestAlgorithm { kSha1, kSha256, kSha384, kSha512, kSha3_256, kSha3_384, kSha3_512 };

/// Who may do what.
struct AuthSettings {
  /// Whether no ACL is checked. Default false.
  bool skip_acl = false;
  /// Whether the digest scheme is offered. Default true.
  bool digest_scheme_enabled = true;
  DigestAlgorithm digest_algorithm = DigestAlgorithm::kSha1;
  /// `super:base64(hash)` of the user above all ACLs; empty: there is none. Default empty.
  Secret super_digest;
  /// Whether a client certificate gives an x509 id. Default: when secure_client is on.
  bool x509_enabled = false;
  /// Id of the certificate above all ACLs; empty: there is none. Default empty.
  std::string x509_super_user;
  /// Whether an alternative name of a client certificate is its id, rather than its subject; the
  /// fields below say which. Default false.
  bool x509_id_is_alternative_name = false;
  /// Kind of that name as RFC 5280 numbers them (1 email, 2 DNS, 4 directory, 6 URI, 7 IP address,
  /// 8 registered id); -1: not said. Default -1.
  int32_t x509_name_type = -1;
  /// Exactly one name of that kind must have a match of the first expression; the id is the first
  /// match of the second one in it, or a group of that. Defaults `.*`, `.*` and 0, the whole match.
  std::string x509_name_match = ".*";
  std::string x509_name_extract = ".*";
  int32_t x509_name_extract_group = 0;
  /// Whether the ensemble scheme is offered. Default false.
  bool ensemble_scheme_enabled = false;
  /// Names of this ensemble that a client may state; empty: any. Default empty.
  std::vector<std::string> ensemble_names;
  /// Whether a client must authenticate by one of enforced_schemes first. Default false.
  bool enforce_auth = false;
  std::vector<std::string> enforced_schemes;
};

/// The HTTP server of commands and health.
struct AdminSettings {
  /// Whether it runs. Default true.
  bool enabled = true;
  /// Host name or literal address. Default 127.0.0.1 (ZooKeeper: 0.0.0.0).
  std::string address = "127.0.0.1";
  /// TCP port; 0 lets the system choose one. Default 8080.
  uint16_t port = 8080;
  /// Path before the name of a command. Default /commands.
  std::string command_path = "/commands";
  /// File whose first line is the bearer token of commands that change state; empty: such
  /// commands are refused. Default empty.
  std::string token_file;
  /// Milliseconds after which an idle connection is closed. Default 30000.
  int32_t idle_timeout_ms = 30000;
  /// Milliseconds between snapshots, and between restores, that clients may ask for. Default 5 min.
  int64_t rate_limit_interval_ms = 300000;
  /// Whether the commands snapshot and restore are offered. Default true, true.
  bool snapshot_enabled = true;
  bool restore_enabled = true;
  /// TLS beside plain HTTP on the port; TLS only; client certificates needed. Default all false.
  bool port_unification = false;
  bool force_https = false;
  bool need_client_auth = false;
};

/// The page that Prometheus reads.
struct MetricsSettings {
  /// Whether it is served. Default false; on by metricsProvider.className or .httpPort.
  bool enabled = false;
  /// Host name or literal address. Default 0.0.0.0.
  std::string address = "0.0.0.0";
  /// TCP port; 0 lets the system choose one. Default 7000.
  uint16_t port = 7000;
};

/// The member's own log lines.
struct LogSettings {
  enum class Format { kText, kJson } format = Format::kText;
  enum class Level { kTrace, kDebug, kInfo, kWarn, kError, kOff } level = Level::kInfo;
  /// File that lines go to; empty: standard error. Default empty.
  std::string file;
  /// MiB at which the file is rotated, and rotated files kept. Defaults 100 and 4.
  int32_t file_size_max_mb = 100;
  int32_t file_count = 4;
};

/// One member's whole configuration; valid as a whole when parse() reports no error.
struct Config {
  /// Addresses of the ports that have none of their own, the admin and metrics servers' too (which
  /// use the first). Empty: each has its own default. Default empty.
  std::vector<std::string> listen_addresses;
  Listener client;
  /// Needs tls.key_store, or tls.directory.
  Listener secure_client;
  /// Connections that wait to be accepted; -1: what the system allows. Default -1.
  int32_t listen_backlog = -1;
  /// Whether client sockets, and peer sockets, use TCP keep-alive. Default false.
  bool client_tcp_keep_alive = false;
  bool peer_tcp_keep_alive = false;
  /// Four-letter words that are answered, lower case, sorted; `*` is expanded; srvr is always among
  /// them. Default srvr.
  std::vector<std::string> four_letter_words_allowed = {"srvr"};
  /// Whether read-only clients are served without a quorum. Default false.
  bool read_only_mode_enabled = false;

  StorageSettings storage;
  SessionSettings session;
  LimitSettings limits;
  ConnectionThrottleSettings connection_throttle;
  TreeSettings tree;
  AuthSettings auth;
  /// TLS towards clients (ssl.*) and between members (ssl.quorum.*).
  TlsSettings tls;
  TlsSettings quorum_tls;
  AdminSettings admin;
  MetricsSettings metrics;
  LogSettings log;
  QuorumSettings quorum;
};

/// Whether a port of clients speaks TLS.
[[nodiscard]] bool clients_use_tls(const Config& config);

/// The settings of the TLS of the HTTP server of commands: those between members where they have a
/// key store, as in ZooKeeper, or a directory; or else those of the clients; null when it speaks no
/// TLS.
[[nodiscard]] const TlsSettings* admin_tls(const Config& config);

}  // namespace quorate::config
