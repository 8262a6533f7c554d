// Summaries of ZooKeeper's names, and their lines in mntr.
#include <array>
#include <cmath>

#include "server/report/catalogue.h"
#include "server/report/text.h"

namespace quorate::report {

namespace {

constexpr MetricKind kBasic = MetricKind::kSummary;
constexpr MetricKind kDetailed = MetricKind::kDetailedSummary;
constexpr std::string_view kAbsentHelp = "Never measured in this server.";

// Summaries of ZooKeeper whose stage (commit processor, syncs of learners, Netty, Java's pauses)
// this server does not have; ZooKeeper shows them empty too when it is standalone.
constexpr std::array<std::string_view, 34> kAbsentBasic = {
    "commit_commit_proc_req_queued",
    "commit_process_time",
    "concurrent_request_processing_in_commit_processor",
    "follower_sync_time",
    "inflight_diff_count",
    "inflight_snap_count",
    "leader_unavailable_time",
    "learner_request_processor_queue_size",
    "netty_queued_buffer_capacity",
    "node_changed_watch_count",
    "node_children_watch_count",
    "node_created_watch_count",
    "node_deleted_watch_count",
    "observer_sync_time",
    "pending_session_queue_size",
    "prep_process_time",
    "prep_processor_queue_size",
    "proposal_process_time",
    "read_commit_proc_issued",
    "read_commit_proc_req_queued",
    "reads_after_write_in_session_queue",
    "reads_issued_from_session_queue",
    "requests_in_session_queue",
    "restore_time",
    "session_queues_drained",
    "socket_closing_time",
    "startup_snap_load_time",
    "startup_txns_load_time",
    "sync_process_time",
    "sync_processor_queue_size",
    "time_waiting_empty_pool_in_commit_processor_read_ms",
    "write_batch_time_in_commit_processor",
    "write_commit_proc_issued",
    "write_commit_proc_req_queued"};

constexpr std::array<std::string_view, 16> kAbsentDetailed = {
    "close_session_prep_time",        "commit_propagation_latency",
    "dead_watchers_cleaner_latency",  "jvm_pause_time_ms",
    "local_write_committed_time_ms",  "om_commit_process_time_ms",
    "om_proposal_process_time_ms",    "prep_processor_queue_time_ms",
    "proposal_ack_creation_latency",  "proposal_latency",
    "read_commitproc_time_ms",        "read_final_proc_time_ms",
    "server_write_committed_time_ms", "sync_processor_queue_and_flush_time_ms",
    "write_commitproc_time_ms",       "write_final_proc_time_ms"};

struct Percentile {
  std::string_view prefix;
  double quantile;
};
constexpr std::array<Percentile, 4> kPercentiles = {
    {{"p50_", 0.5}, {"p95_", 0.95}, {"p99_", 0.99}, {"p999_", 0.999}}};

/// As members of sets are called in mntr: "a_read_per_namespace".
std::string keyed_name(const Metric& metric) {
  return (metric.is_set ? std::string(metric.key) + "_" : "") + std::string(metric.name);
}

void append_summary(const Metric& metric, std::vector<NamedText>& lines) {
  const Histogram none;
  const Histogram& samples = metric.samples == nullptr ? none : *metric.samples;
  const auto count = static_cast<int64_t>(samples.count());
  const double sum = static_cast<double>(samples.sum_us()) / static_cast<double>(metric.divisor);
  const auto add = [&](std::string_view prefix, std::variant<int64_t, double> value) {
    lines.push_back({std::string(prefix) + keyed_name(metric), value});
  };
  add("avg_", count == 0 ? 0.0 : rounded(sum / static_cast<double>(count)));
  add("min_", samples.min_us() / metric.divisor);
  add("max_", samples.max_us() / metric.divisor);
  add("cnt_", count);
  add("sum_", samples.sum_us() / metric.divisor);
  if (metric.kind != kDetailed) {
    return;
  }
  for (const Percentile& percentile : kPercentiles) {
    const double value = count == 0 ? 0 : quantile_of(metric, percentile.quantile);
    add(percentile.prefix, static_cast<int64_t>(value));
  }
}

}  // namespace

void Catalogue::summary(std::string_view name, MetricKind kind, std::string_view help,
                        const Histogram* samples, int64_t divisor) {
  metrics_.push_back(
      {.name = name, .kind = kind, .help = help, .samples = samples, .divisor = divisor});
}

const Histogram* Catalogue::single(int64_t value_us) {
  derived_.emplace_back().record(Duration(value_us));
  return &derived_.back();
}

void Catalogue::add_summaries(const Inputs& inputs) {
  const auto& storage = inputs.storage;
  const auto& counters = inputs.status.counters;
  derived_.push_back(inputs.reads.read_time);
  derived_.back().merge(counters.queued_read_latency);
  const Histogram* reads = &derived_.back();

  summary("fsynctime", kBasic, "Write and sync of one batch of the log, milliseconds.",
          &storage.sync_time);
  summary("snapshottime", kBasic, "Snapshots, from begin to durable, milliseconds.",
          &storage.snapshot_time);
  summary("dbinittime", kBasic, "Recovery at start, milliseconds.",
          single(storage.startup_load_ms * 1000));
  summary("startup_txns_loaded", kBasic, "Transactions replayed at start.",
          single(storage.startup_txns_loaded), 1);
  summary("connection_token_deficit", kBasic,
          "Tokens missing in the connection throttle when a session was let in.",
          &inputs.net.connection_token_deficit, 1);
  summary("sync_processor_batch_size", kBasic, "Transactions in one batch of the log.",
          &storage.batch_txns, 1);
  summary("election_time", kBasic, "From looking for a leader to a decision, milliseconds.",
          &counters.election_time);
  summary("unavailable_time", kBasic, "From not serving to serving again, milliseconds.",
          &counters.unavailable_time);
  for (const std::string_view name : kAbsentBasic) {
    summary(name, kBasic, kAbsentHelp, nullptr);
  }
  summary("readlatency", kDetailed, "Reads, milliseconds.", reads);
  summary("updatelatency", kDetailed, "Writes, milliseconds.", &counters.write_latency);
  summary("propagation_latency", kDetailed, "Writes, until applied here, milliseconds.",
          &counters.write_latency);
  summary("request_throttle_queue_time_ms", kDetailed,
          "Time that the throttle held requests back, milliseconds.",
          &inputs.net.throttle_wait_time);
  summary("sync_processor_queue_time_ms", kDetailed, "Wait for the log thread, milliseconds.",
          &storage.log_queue_time);
  summary("sync_processor_queue_flush_time_ms", kDetailed,
          "Write and sync of one batch of the log, milliseconds.", &storage.sync_time);
  summary("quorum_ack_latency", kDetailed, "From a proposal to its commit, milliseconds.",
          &counters.quorum_ack_latency);
  for (const std::string_view name : kAbsentDetailed) {
    summary(name, kDetailed, kAbsentHelp, nullptr);
  }
}

std::vector<NamedText> monitor_lines(const Catalogue& catalogue) {
  std::vector<NamedText> lines;
  for (const Metric& metric : catalogue.metrics()) {
    const bool is_head = metric.is_set && metric.key.empty();
    if (metric.prometheus_only || is_head) {
      continue;
    }
    if (metric.kind == kBasic || metric.kind == kDetailed) {
      append_summary(metric, lines);
    } else {
      lines.push_back({keyed_name(metric), metric.value});
    }
  }
  return lines;
}

}  // namespace quorate::report
