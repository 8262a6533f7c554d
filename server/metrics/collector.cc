// From catalogue rows to metric families.
#include "server/metrics/collector.h"

#include <prometheus/text_serializer.h>

#include <array>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

#include "server/report/catalogue.h"

namespace quorate::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using report::Metric;
using report::MetricKind;

// Every fourth bound is a power of two; from 4 to 2^26, which is 67 s in microseconds.
constexpr int kBucketStep = 4;
constexpr int kBucketFirst = 3;
constexpr int kBucketLast = 4 * 24 + 3;

double number(const std::variant<int64_t, double>& value) {
  return std::visit([](auto held) { return static_cast<double>(held); }, value);
}

ClientMetric summary(const Metric& metric, std::initializer_list<double> quantiles) {
  ClientMetric client;
  if (metric.samples != nullptr) {
    client.summary.sample_count = metric.samples->count();
    client.summary.sample_sum =
        static_cast<double>(metric.samples->sum_us()) / static_cast<double>(metric.divisor);
  }
  for (const double quantile : quantiles) {
    client.summary.quantile.push_back({quantile, report::quantile_of(metric, quantile)});
  }
  return client;
}

ClientMetric histogram(const Metric& metric) {
  const Histogram& samples = *metric.samples;
  const auto divisor = static_cast<double>(metric.divisor);
  ClientMetric client;
  client.histogram.sample_count = samples.count();
  client.histogram.sample_sum = static_cast<double>(samples.sum_us()) / divisor;
  uint64_t below = 0;
  for (int index = 0; index <= kBucketLast; ++index) {
    below += samples.buckets()[static_cast<size_t>(index)];
    if (index % kBucketStep == kBucketFirst) {
      const auto bound = static_cast<double>(Histogram::upper_bound_us(index));
      client.histogram.bucket.push_back({below, bound / divisor});
    }
  }
  client.histogram.bucket.push_back({samples.count(), std::numeric_limits<double>::infinity()});
  return client;
}

MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::kGauge:
      return MetricType::Gauge;
    case MetricKind::kCounter:
      return MetricType::Counter;
    case MetricKind::kSummary:
    case MetricKind::kDetailedSummary:
      return MetricType::Summary;
    case MetricKind::kHistogram:
      return MetricType::Histogram;
  }
  return MetricType::Untyped;
}

ClientMetric sample(const Metric& metric) {
  ClientMetric client;
  switch (metric.kind) {
    case MetricKind::kGauge:
      client.gauge.value = number(metric.value);
      break;
    case MetricKind::kCounter:
      client.counter.value = number(metric.value);
      break;
    case MetricKind::kSummary:
      client = summary(metric, {0.5});
      break;
    case MetricKind::kDetailedSummary:
      client = summary(metric, {0.5, 0.9, 0.99});
      break;
    case MetricKind::kHistogram:
      client = histogram(metric);
      break;
  }
  return client;
}

// The members of a set are told apart by the label `key`, as ZooKeeper does.
void append(std::vector<MetricFamily>& families, const Metric& metric) {
  if (metric.key.empty()) {
    MetricFamily family{
        .name = std::string(metric.name), .help = std::string(metric.help), .metric = {}};
    family.type = type_of(metric.kind);
    families.push_back(std::move(family));
  }
  if (metric.is_set && metric.key.empty()) {
    return;
  }
  ClientMetric client = sample(metric);
  if (metric.is_set) {
    client.label = {{"key", std::string(metric.key)}};
  }
  families.back().metric.push_back(std::move(client));
}

// Constant one; its labels say what runs.
MetricFamily info(const report::Inputs& inputs) {
  ClientMetric client;
  client.label = {{"version", inputs.process.version}, {"built_on", inputs.process.built_on}};
  client.gauge.value = 1;
  MetricFamily result{.name = "quorate_info", .help = "Version and date of the build."};
  result.type = MetricType::Gauge;
  result.metric.push_back(std::move(client));
  return result;
}

}  // namespace

std::vector<MetricFamily> families(const report::Inputs& inputs) {
  const report::Catalogue catalogue(inputs);
  std::vector<MetricFamily> result;
  result.reserve(catalogue.metrics().size() + 1);
  for (const Metric& metric : catalogue.metrics()) {
    append(result, metric);
  }
  result.push_back(info(inputs));
  return result;
}

std::string page(const report::Inputs& inputs) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families(inputs));
  return std::move(text).str();
}

}  // namespace quorate::metrics
