// What reports are made from: the node's status and the facts that only the shell knows, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/histogram.h"
#include "server/base/time.h"
#include "server/config/config.h"
#include "server/node/status.h"

namespace quorate::report {

/// The process and its machine.
struct ProcessFacts {
  std::string version;   ///< "0.1.0".
  std::string built_on;  ///< Date of the build or the commit.
  std::string host_name;
  std::string os_name;
  std::string os_version;
  std::string os_arch;
  std::string user_name;
  std::string working_directory;
  WallMillis started;
  WallMillis now;
  int64_t open_file_descriptors = 0;
  int64_t max_file_descriptors = 0;
  int64_t resident_bytes = 0;
  int64_t virtual_bytes = 0;
  double cpu_seconds = 0;  ///< Of all threads since the start, user and system.
};

/// Disk and log thread.
struct StorageFacts {
  int64_t data_dir_bytes = 0;
  int64_t log_dir_bytes = 0;
  int64_t free_bytes = -1;   ///< -1: not known.
  Histogram sync_time;       ///< Write and fsync of one batch.
  Histogram log_queue_time;  ///< From submission to the start of the write.
  Histogram batch_txns;      ///< Txns in a batch (the unit is txns).
  Histogram snapshot_time;
  uint64_t slow_syncs = 0;
  int64_t startup_load_ms = 0;  ///< Recovery: snapshot and log.
  int64_t startup_txns_loaded = 0;
};

/// Client port.
struct NetFacts {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t tls_failed = 0;
  uint64_t sessionless_closed = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  int64_t handshaking = 0;
  uint64_t slow_readers_closed = 0;
  uint64_t large_requests_rejected = 0;
  double connection_drop_probability = 0;
  Histogram connection_token_deficit;  ///< Tokens missing when a session was let in.
  uint64_t throttle_waits = 0;         ///< Connections held back by the request throttle.
  Histogram throttle_wait_time;
  std::optional<int64_t> certificate_days_to_expiry;  ///< Without TLS: nothing.
  uint64_t certificate_reloads = 0;
  uint64_t certificate_reload_failures = 0;
};

/// Reads answered at once, timed by the shell around the step that answered them.
struct ReadFacts {
  Histogram read_time;
};

/// What the HTTP server counts; ZooKeeper's metrics name them.
struct AdminFacts {
  uint64_t snapshot_rate_limited = 0;
  uint64_t snapshot_errors = 0;
  uint64_t restore_rate_limited = 0;
  uint64_t restore_errors = 0;
  uint64_t requests = 0;
  uint64_t requests_refused = 0;  ///< Wrong or missing credentials, too many, malformed.
};

/// Trace mask of ZooKeeper, which gtmk shows and stmk sets. Nothing here is traced by it.
inline constexpr int64_t kTraceMaskDefault = 306;

struct Inputs {
  node::Status status;
  ProcessFacts process;
  StorageFacts storage;
  NetFacts net;
  ReadFacts reads;
  AdminFacts admin;
  int64_t trace_mask = kTraceMaskDefault;
  /// The configuration, ports as bound; outlives the report.
  const config::Config* config = nullptr;
  std::string initial_configuration;  ///< Raw text of zoo.cfg, secrets redacted.
};

}  // namespace quorate::report
