// The metric catalogue as families of prometheus-cpp, and as the text that Prometheus reads.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "server/report/inputs.h"

namespace quorate::metrics {

/// The metrics of one moment, under ZooKeeper's names without zk_: counters without _total,
/// summaries with quantiles 0.5 (detailed ones 0.9 and 0.99 as well), our own latencies as
/// histograms in seconds.
[[nodiscard]] std::vector<prometheus::MetricFamily> families(const report::Inputs& inputs);

/// families() behind prometheus-cpp's interface, for whoever brings a registry of his own. Borrows
/// the inputs.
class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(const report::Inputs& inputs) : inputs_(inputs) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    return families(inputs_);
  }

 private:
  const report::Inputs& inputs_;
};

/// Media type of page().
inline constexpr const char* kPageType = "text/plain; version=0.0.4; charset=utf-8";

/// The page in the text format of Prometheus.
[[nodiscard]] std::string page(const report::Inputs& inputs);

}  // namespace quorate::metrics
