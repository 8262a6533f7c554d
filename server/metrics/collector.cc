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

MetricFamily family(const Metric& metric) {
  MetricFamily result{
      .name = std::string(metric.name), .help = std::string(metric.help), .metric = {}};
  ClientMetric client;
  switch (metric.kind) {
    case MetricKind::kGauge:
      result.type = MetricType::Gauge;
      client.gauge.value = number(metric.value);
      break;
    case MetricKind::kCounter:
      result.type = MetricType::Counter;
      client.counter.value = number(metric.value);
      break;
    case MetricKind::kSummary:
      result.type = MetricType::Summary;
      client = summary(metric, {0.5});
      break;
    case MetricKind::kDetailedSummary:
      result.type = MetricType::Summary;
      client = summary(metric, {0.5, 0.9, 0.99});
      break;
    case MetricKind::kHistogram:
      result.type = MetricType::Histogram;
      client = histogram(metric);
      break;
  }
  result.metric.push_back(std::move(client));
  return result;
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
    result.push_back(family(metric));
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
