// The metric catalogue: one table of names, kinds and values for mntr, /commands/monitor and
// Prometheus.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/histogram.h"
#include "server/report/inputs.h"

namespace quorate::report {

enum class MetricKind : uint8_t {
  kGauge,
  kCounter,
  kSummary,          ///< ZooKeeper's BASIC: average, minimum, maximum, count, sum; the median.
  kDetailedSummary,  ///< ZooKeeper's ADVANCED: percentiles as well.
  kHistogram,        ///< Ours, for Prometheus only, in seconds.
};

/// One metric. Borrows the histogram from the Inputs or the Catalogue.
struct Metric {
  std::string_view name;  ///< ZooKeeper's, without zk_; ours begin with quorate_ or process_.
  MetricKind kind = MetricKind::kGauge;
  std::string_view help;
  std::variant<int64_t, double> value = int64_t{0};  ///< Gauges and counters.
  /// Summaries and histograms; null: nothing was ever measured.
  const Histogram* samples = nullptr;
  /// What the samples' microseconds are divided by: 1000 for milliseconds, 1 where the histogram
  /// counts things, a million for seconds.
  int64_t divisor = 1000;
  bool prometheus_only = false;
  /// A set has a value for each of its keys: it begins with a metric without a key, which has no
  /// value and stands for all, then the members follow. The key borrows from the Inputs.
  bool is_set = false;
  std::string_view key = {};
};

/// All metrics at one moment, in a fixed order. The Inputs must outlive it.
class Catalogue {
 public:
  explicit Catalogue(const Inputs& inputs);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  [[nodiscard]] const std::vector<Metric>& metrics() const { return metrics_; }

 private:
  void add_numbers(const Inputs& inputs);
  void add_summaries(const Inputs& inputs);
  void add_own(const Inputs& inputs);
  void add_ensemble(const Inputs& inputs);
  void add_leader(const Inputs& inputs);
  void gauge(std::string_view name, std::string_view help, int64_t value);
  /// Keeps a key that is not part of the Inputs.
  std::string_view text(std::string text);
  void add_namespaces(const Inputs& inputs);
  void summary(std::string_view name, MetricKind kind, std::string_view help,
               const Histogram* samples, int64_t divisor = 1000);
  /// Begins a set; `member` adds to it.
  void begin_set(std::string_view name, MetricKind kind, std::string_view help);
  Metric& member(std::string_view key);
  /// A histogram of one value, for what happens once a start.
  const Histogram* single(int64_t value_us);

  std::deque<Histogram> derived_;  // A deque: the addresses stay.
  std::deque<std::string> texts_;  // Likewise.
  std::vector<Metric> metrics_;
};

/// A name and a value as mntr prints it, without zk_.
struct NamedText {
  std::string name;
  std::variant<int64_t, double> value;
};

/// The lines of mntr: gauges and counters as they are; summaries as avg_, min_, max_, cnt_ and
/// sum_, detailed ones with p50_, p95_, p99_ and p999_ as well; members of sets with their key in
/// front of the name. Whole units, as in ZooKeeper, but for averages.
[[nodiscard]] std::vector<NamedText> monitor_lines(const Catalogue& catalogue);

/// Value of a quantile in the metric's unit; NaN without samples.
[[nodiscard]] double quantile_of(const Metric& metric, double quantile);

}  // namespace quorate::report
