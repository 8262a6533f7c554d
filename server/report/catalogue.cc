// Gauges, counters and our own metrics.
#include "server/report/catalogue.h"

#include <array>
#include <cmath>
#include <limits>

#include "server/report/text.h"
#include "server/report/views.h"

namespace quorate::report {

namespace {

struct NumberRow {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  /// Null: what it counts does not exist in this server; it is there for dashboards, at zero.
  int64_t (*value)(const Inputs&);
};

constexpr MetricKind kGauge = MetricKind::kGauge;
constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kMicrosPerSecond = 1'000'000;

int64_t whole(uint64_t value) { return static_cast<int64_t>(value); }

constexpr std::array kGauges = {
    NumberRow{
        "max_latency", kGauge, "Longest request, milliseconds.",
        [](const Inputs& in) { return in.status.counters.latency.max_us() / kMicrosPerMilli; }},
    NumberRow{
        "min_latency", kGauge, "Shortest request, milliseconds.",
        [](const Inputs& in) { return in.status.counters.latency.min_us() / kMicrosPerMilli; }},
    NumberRow{"packets_received", kGauge, "Requests received.",
              [](const Inputs& in) { return whole(in.status.counters.packets_received); }},
    NumberRow{"packets_sent", kGauge, "Replies and events sent.",
              [](const Inputs& in) { return whole(in.status.counters.packets_sent); }},
    NumberRow{"num_alive_connections", kGauge, "Open client connections.",
              [](const Inputs& in) { return in.status.connection_count; }},
    NumberRow{"outstanding_requests", kGauge, "Requests read and not yet answered.",
              [](const Inputs& in) { return in.status.outstanding_count; }},
    NumberRow{"uptime", kGauge, "Time since start, milliseconds.",
              [](const Inputs& in) { return uptime_ms(in.process); }},
    NumberRow{"znode_count", kGauge, "Nodes in the tree.",
              [](const Inputs& in) { return in.status.node_count; }},
    NumberRow{"watch_count", kGauge, "Watches set.",
              [](const Inputs& in) { return in.status.watch_count; }},
    NumberRow{"ephemerals_count", kGauge, "Ephemeral nodes.",
              [](const Inputs& in) { return in.status.ephemeral_count; }},
    NumberRow{"approximate_data_size", kGauge, "Bytes of paths and data.",
              [](const Inputs& in) { return in.status.approximate_data_bytes; }},
    NumberRow{"global_sessions", kGauge, "Sessions alive.",
              [](const Inputs& in) { return in.status.session_count; }},
    NumberRow{"local_sessions", kGauge, "Local sessions.", nullptr},
    NumberRow{"open_file_descriptor_count", kGauge, "Open file descriptors.",
              [](const Inputs& in) { return in.process.open_file_descriptors; }},
    NumberRow{"max_file_descriptor_count", kGauge, "Limit of file descriptors.",
              [](const Inputs& in) { return in.process.max_file_descriptors; }},
    NumberRow{"last_client_response_size", kGauge, "Bytes of the last reply; -1: none.",
              [](const Inputs& in) {
                const auto& counters = in.status.counters;
                return counters.response_bytes_max < 0 ? -1 : counters.response_bytes_last;
              }},
    NumberRow{"max_client_response_size", kGauge, "Bytes of the largest reply; -1: none.",
              [](const Inputs& in) { return in.status.counters.response_bytes_max; }},
    NumberRow{"min_client_response_size", kGauge, "Bytes of the smallest reply; -1: none.",
              [](const Inputs& in) { return in.status.counters.response_bytes_min; }},
    NumberRow{"outstanding_tls_handshake", kGauge, "TLS handshakes under way.",
              [](const Inputs& in) { return in.net.handshaking; }},
    NumberRow{"auth_failed_count", kGauge, "Failed authentications.",
              [](const Inputs& in) { return whole(in.status.counters.auth_failures); }},
    NumberRow{"non_mtls_remote_conn_count", kGauge, "Connections without a client certificate.",
              nullptr},
    NumberRow{"non_mtls_local_conn_count", kGauge, "The same, from this machine.", nullptr},
};

constexpr std::array kCounters = {
    NumberRow{"snapshot_error_count", kCounter, "Snapshots that failed.",
              [](const Inputs& in) {
                return whole(in.status.counters.snapshot_failures + in.admin.snapshot_errors);
              }},
    NumberRow{"snapshot_rate_limited_count", kCounter, "Snapshot commands refused as too many.",
              [](const Inputs& in) { return whole(in.admin.snapshot_rate_limited); }},
    NumberRow{"restore_error_count", kCounter, "Restore commands that failed.",
              [](const Inputs& in) { return whole(in.admin.restore_errors); }},
    NumberRow{"restore_rate_limited_count", kCounter, "Restore commands refused as too many.",
              [](const Inputs& in) { return whole(in.admin.restore_rate_limited); }},
    NumberRow{"commit_count", kCounter, "Transactions committed.",
              [](const Inputs& in) { return whole(in.status.counters.commits); }},
    NumberRow{"proposal_count", kCounter, "Transactions proposed.",
              [](const Inputs& in) { return whole(in.status.counters.proposals); }},
    NumberRow{"looking_count", kCounter, "Times that the member began to look for a leader.",
              [](const Inputs& in) { return whole(in.status.counters.elections); }},
    NumberRow{"learner_proposal_received_count", kCounter, "Transactions of a leader.",
              [](const Inputs& in) { return whole(in.status.counters.learned_proposals); }},
    NumberRow{"learner_commit_received_count", kCounter, "Transactions that a leader committed.",
              [](const Inputs& in) { return whole(in.status.counters.learned_commits); }},
    NumberRow{"diff_count", kCounter, "Learners brought up to date without a snapshot.",
              [](const Inputs& in) {
                return whole(in.status.counters.diff_syncs + in.status.counters.trunc_syncs);
              }},
    NumberRow{"snap_count", kCounter, "Learners that were sent a snapshot.",
              [](const Inputs& in) { return whole(in.status.counters.snapshot_syncs); }},
    NumberRow{"revalidate_count", kCounter, "Sessions that a leader was asked about.",
              [](const Inputs& in) { return whole(in.status.counters.sessions_moved_in); }},
    NumberRow{"digest_mismatches_count", kCounter, "States whose digest was not the expected one.",
              [](const Inputs& in) { return whole(in.status.digest_mismatches); }},
    NumberRow{"outstanding_changes_queued", kCounter, "Changes proposed.",
              [](const Inputs& in) { return whole(in.status.counters.proposals); }},
    NumberRow{"outstanding_changes_removed", kCounter, "Proposed changes applied.",
              [](const Inputs& in) { return whole(in.status.counters.commits); }},
    NumberRow{"sync_processor_request_queued", kCounter, "Transactions handed to the log.",
              [](const Inputs& in) { return whole(in.status.counters.proposals); }},
    NumberRow{"prep_processor_request_queued", kCounter, "Requests looked at.",
              [](const Inputs& in) {
                return whole(in.status.counters.reads + in.status.counters.writes);
              }},
    NumberRow{"connection_request_count", kCounter, "Sessions asked for.",
              [](const Inputs& in) {
                return whole(in.status.counters.sessions_opened +
                             in.status.counters.sessions_revalidated);
              }},
    NumberRow{"connection_revalidate_count", kCounter, "Sessions that reconnected.",
              [](const Inputs& in) { return whole(in.status.counters.sessions_revalidated); }},
    NumberRow{"connection_rejected", kCounter, "Connections refused by a limit.",
              [](const Inputs& in) { return whole(in.net.rejected); }},
    NumberRow{"sessionless_connections_expired", kCounter,
              "Connections closed because they asked for no session.",
              [](const Inputs& in) { return whole(in.net.sessionless_closed); }},
    NumberRow{"stale_sessions_expired", kCounter, "Sessions expired.",
              [](const Inputs& in) { return whole(in.status.counters.sessions_expired); }},
    NumberRow{"bytes_received_count", kCounter, "Bytes received from clients.",
              [](const Inputs& in) { return whole(in.net.bytes_received); }},
    NumberRow{"response_bytes", kCounter, "Bytes sent to clients.",
              [](const Inputs& in) { return whole(in.net.bytes_sent); }},
    NumberRow{"large_requests_rejected", kCounter, "Large requests refused.",
              [](const Inputs& in) { return whole(in.net.large_requests_rejected); }},
    NumberRow{"request_throttle_wait_count", kCounter, "Connections held back by the throttle.",
              [](const Inputs& in) { return whole(in.net.throttle_waits); }},
    NumberRow{"throttled_ops", kCounter, "Requests refused after they had been held back too long.",
              [](const Inputs& in) { return whole(in.status.counters.requests_throttled); }},
    NumberRow{"unsuccessful_handshake", kCounter, "TLS handshakes that failed.",
              [](const Inputs& in) { return whole(in.net.tls_failed); }},
};

// Counters of ZooKeeper whose subject (dead-watcher cleaning, learners, the response cache) is not
// part of this server.
constexpr std::array<std::string_view, 23> kAbsentCounters = {
    "add_dead_watcher_stall_time",
    "cnxn_closed_without_zk_server_running",
    "connection_drop_count",
    "dead_watchers_cleared",
    "dead_watchers_queued",
    "ensemble_auth_fail",
    "ensemble_auth_skip",
    "ensemble_auth_success",
    "insecure_admin_count",
    "quit_leading_due_to_disloyal_voter",
    "request_commit_queued",
    "requests_not_forwarded_to_commit_processor",
    "response_packet_cache_hits",
    "response_packet_cache_misses",
    "response_packet_get_children_cache_hits",
    "response_packet_get_children_cache_misses",
    "skip_learner_request_to_next_processor_count",
    "stale_replies",
    "stale_requests",
    "stale_requests_dropped",
    "tls_handshake_exceeded",
    "unrecoverable_error_count",
    "watch_bytes"};

constexpr std::array kOwn = {
    NumberRow{"quorate_last_zxid", kGauge, "Last applied transaction.",
              [](const Inputs& in) { return in.status.last_zxid.value; }},
    NumberRow{"quorate_durable_zxid", kGauge, "Last transaction known to be on disk.",
              [](const Inputs& in) { return in.status.durable_zxid.value; }},
    NumberRow{"quorate_serving", kGauge, "1 while requests are served.",
              [](const Inputs& in) { return in.status.serving ? int64_t{1} : int64_t{0}; }},
    NumberRow{"quorate_read_only", kGauge, "1 while readers are served without a leader.",
              [](const Inputs& in) {
                return in.status.role == node::Role::kReadOnly ? int64_t{1} : int64_t{0};
              }},
    NumberRow{"quorate_outstanding_bytes", kGauge, "Bytes of requests not yet answered.",
              [](const Inputs& in) { return in.status.outstanding_bytes; }},
    NumberRow{"quorate_secure_connections", kGauge, "Open client connections over TLS.",
              [](const Inputs& in) { return in.status.secure_connection_count; }},
    NumberRow{"quorate_watched_paths", kGauge, "Paths with a watch.",
              [](const Inputs& in) { return in.status.watched_path_count; }},
    NumberRow{"quorate_watching_connections", kGauge, "Connections with a watch.",
              [](const Inputs& in) { return in.status.watching_connection_count; }},
    NumberRow{"quorate_disk_space_level", kGauge,
              "0: enough; 1: low, writes are refused; 2: exhausted.",
              [](const Inputs& in) { return static_cast<int64_t>(in.status.space); }},
    NumberRow{"quorate_disk_free_bytes", kGauge, "Room in the log's file system; -1: not known.",
              [](const Inputs& in) { return in.storage.free_bytes; }},
    NumberRow{"quorate_data_dir_bytes", kGauge, "Bytes of snapshots.",
              [](const Inputs& in) { return in.storage.data_dir_bytes; }},
    NumberRow{"quorate_log_dir_bytes", kGauge, "Bytes of transaction logs.",
              [](const Inputs& in) { return in.storage.log_dir_bytes; }},
    NumberRow{"quorate_snapshot_zxid", kGauge, "Transaction of the newest durable snapshot.",
              [](const Inputs& in) { return in.status.snapshot_zxid.value; }},
    NumberRow{
        "quorate_snapshot_running", kGauge, "1 while a snapshot is written.",
        [](const Inputs& in) { return in.status.snapshot_running ? int64_t{1} : int64_t{0}; }},
    NumberRow{"quorate_startup_load_ms", kGauge, "Time that recovery took, milliseconds.",
              [](const Inputs& in) { return in.storage.startup_load_ms; }},
    NumberRow{"quorate_reads_total", kCounter, "Read requests.",
              [](const Inputs& in) { return whole(in.status.counters.reads); }},
    NumberRow{"quorate_writes_total", kCounter, "Write requests.",
              [](const Inputs& in) { return whole(in.status.counters.writes); }},
    NumberRow{"quorate_connections_opened_total", kCounter, "Client connections opened.",
              [](const Inputs& in) { return whole(in.status.counters.connections_opened); }},
    NumberRow{"quorate_sessions_opened_total", kCounter, "Sessions opened.",
              [](const Inputs& in) { return whole(in.status.counters.sessions_opened); }},
    NumberRow{"quorate_slow_syncs_total", kCounter, "Log syncs beyond the warning threshold.",
              [](const Inputs& in) { return whole(in.storage.slow_syncs); }},
    NumberRow{"quorate_slow_readers_closed_total", kCounter,
              "Connections closed because the client did not read.",
              [](const Inputs& in) { return whole(in.net.slow_readers_closed); }},
    NumberRow{"quorate_writes_refused_for_space_total", kCounter,
              "Writes refused because the disk was nearly full.",
              [](const Inputs& in) { return whole(in.status.counters.writes_refused_for_space); }},
    NumberRow{"quorate_quota_exceeded_total", kCounter, "Writes beyond a quota.",
              [](const Inputs& in) { return whole(in.status.counters.quota_exceeded); }},
    NumberRow{"quorate_watch_events_created_total", kCounter, "Events of created nodes.",
              [](const Inputs& in) { return whole(in.status.counters.watches_created_fired); }},
    NumberRow{"quorate_watch_events_deleted_total", kCounter, "Events of deleted nodes.",
              [](const Inputs& in) { return whole(in.status.counters.watches_deleted_fired); }},
    NumberRow{"quorate_watch_events_changed_total", kCounter, "Events of changed nodes.",
              [](const Inputs& in) { return whole(in.status.counters.watches_changed_fired); }},
    NumberRow{"quorate_watch_events_children_total", kCounter, "Events of changed children.",
              [](const Inputs& in) { return whole(in.status.counters.watches_children_fired); }},
    NumberRow{"quorate_watch_events_hidden_total", kCounter,
              "Events withheld because the watcher may not read the node.",
              [](const Inputs& in) { return whole(in.status.counters.watches_hidden); }},
    NumberRow{"quorate_snapshots_total", kCounter, "Snapshots written.",
              [](const Inputs& in) { return whole(in.status.counters.snapshots); }},
    NumberRow{"quorate_containers_reaped_total", kCounter, "Containers and TTL nodes deleted.",
              [](const Inputs& in) { return whole(in.status.counters.containers_reaped); }},
    NumberRow{"quorate_unhandled_opcodes_total", kCounter, "Requests of unknown kind.",
              [](const Inputs& in) { return whole(in.status.counters.unhandled_opcodes); }},
    NumberRow{"quorate_certificate_reloads_total", kCounter, "Certificates reloaded.",
              [](const Inputs& in) { return whole(in.net.certificate_reloads); }},
    NumberRow{"quorate_certificate_reload_failures_total", kCounter,
              "Changed certificates that could not be loaded.",
              [](const Inputs& in) { return whole(in.net.certificate_reload_failures); }},
    NumberRow{"quorate_admin_requests_total", kCounter, "Requests to the HTTP server.",
              [](const Inputs& in) { return whole(in.admin.requests); }},
    NumberRow{"quorate_admin_requests_refused_total", kCounter,
              "Requests that the HTTP server refused.",
              [](const Inputs& in) { return whole(in.admin.requests_refused); }},
};

template <size_t Size>
void append(std::vector<Metric>& metrics, const std::array<NumberRow, Size>& rows,
            const Inputs& inputs) {
  for (const NumberRow& row : rows) {
    metrics.push_back({.name = row.name,
                       .kind = row.kind,
                       .help = row.help,
                       .value = row.value == nullptr ? int64_t{0} : row.value(inputs)});
  }
}

}  // namespace

Catalogue::Catalogue(const Inputs& inputs) {
  add_numbers(inputs);
  add_summaries(inputs);
  add_namespaces(inputs);
  add_own(inputs);
  add_ensemble(inputs);
}

void Catalogue::add_numbers(const Inputs& inputs) {
  metrics_.push_back({.name = "avg_latency",
                      .kind = kGauge,
                      .help = "Average request, milliseconds.",
                      .value = average_ms(inputs.status.counters.latency)});
  append(metrics_, kGauges, inputs);
  metrics_.push_back({.name = "connection_drop_probability",
                      .kind = kGauge,
                      .help = "Share of new connections that the throttle drops.",
                      .value = inputs.net.connection_drop_probability});
  append(metrics_, kCounters, inputs);
  for (const std::string_view name : kAbsentCounters) {
    metrics_.push_back({.name = name, .kind = kCounter, .help = "Always zero in this server."});
  }
}

void Catalogue::add_own(const Inputs& inputs) {
  append(metrics_, kOwn, inputs);
  if (inputs.net.certificate_days_to_expiry) {
    metrics_.push_back({.name = "quorate_certificate_days_to_expiry",
                        .kind = kGauge,
                        .help = "Whole days until the first certificate in use ends.",
                        .value = *inputs.net.certificate_days_to_expiry});
  }
  const auto histogram = [&](std::string_view name, std::string_view help, const Histogram& samples,
                             int64_t divisor) {
    metrics_.push_back({.name = name,
                        .kind = MetricKind::kHistogram,
                        .help = help,
                        .samples = &samples,
                        .divisor = divisor,
                        .prometheus_only = true});
  };
  const auto& counters = inputs.status.counters;
  histogram("quorate_read_latency_seconds", "Reads answered at once.", inputs.reads.read_time,
            kMicrosPerSecond);
  histogram("quorate_queued_read_latency_seconds",
            "Reads that waited for a write of their own session.", counters.queued_read_latency,
            kMicrosPerSecond);
  histogram("quorate_write_latency_seconds", "Writes, from reading to replying.",
            counters.write_latency, kMicrosPerSecond);
  histogram("quorate_fsync_seconds", "Write and sync of one batch of the log.",
            inputs.storage.sync_time, kMicrosPerSecond);
  histogram("quorate_queue_log_seconds", "Wait of a batch for the log thread.",
            inputs.storage.log_queue_time, kMicrosPerSecond);
  histogram("quorate_queue_log_batch_txns", "Transactions in one batch of the log.",
            inputs.storage.batch_txns, 1);
  histogram("quorate_snapshot_seconds", "Snapshots, from begin to durable.",
            inputs.storage.snapshot_time, kMicrosPerSecond);
  const auto process = [&](std::string_view name, std::string_view help,
                           std::variant<int64_t, double> value) {
    metrics_.push_back(
        {.name = name, .kind = kGauge, .help = help, .value = value, .prometheus_only = true});
  };
  metrics_.push_back({.name = "process_cpu_seconds_total",
                      .kind = kCounter,
                      .help = "Processor time, user and system.",
                      .value = inputs.process.cpu_seconds,
                      .prometheus_only = true});
  process("process_virtual_memory_bytes", "Virtual memory.", inputs.process.virtual_bytes);
  process("process_resident_memory_bytes", "Resident memory.", inputs.process.resident_bytes);
  process("process_open_fds", "Open file descriptors.", inputs.process.open_file_descriptors);
  process("process_max_fds", "Limit of file descriptors.", inputs.process.max_file_descriptors);
  process("process_start_time_seconds", "Start, seconds since 1970.",
          static_cast<double>(inputs.process.started.value) / 1000);
}

double quantile_of(const Metric& metric, double quantile) {
  if (metric.samples == nullptr || metric.samples->count() == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return metric.samples->quantile_us(quantile) / static_cast<double>(metric.divisor);
}

}  // namespace quorate::report
