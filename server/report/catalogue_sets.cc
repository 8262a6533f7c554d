// Metrics of each namespace: the nodes under the root.
#include "server/report/catalogue.h"

namespace quorate::report {

void Catalogue::begin_set(std::string_view name, MetricKind kind, std::string_view help) {
  metrics_.push_back({.name = name, .kind = kind, .help = help, .divisor = 1, .is_set = true});
}

Metric& Catalogue::member(std::string_view key) {
  Metric metric = metrics_.back();
  metric.key = key;
  return metrics_.emplace_back(metric);
}

void Catalogue::add_namespaces(const Inputs& inputs) {
  const auto summaries = [&](std::string_view name, std::string_view help,
                             Histogram node::NamespaceTraffic::*samples) {
    begin_set(name, MetricKind::kSummary, help);
    for (const node::NamespaceTraffic& traffic : inputs.status.namespaces) {
      if ((traffic.*samples).count() > 0) {
        member(traffic.name).samples = &(traffic.*samples);
      }
    }
  };
  const auto quotas = [&](std::string_view name, std::string_view help,
                          bool node::NamespaceQuota::*is_there,
                          int64_t node::NamespaceQuota::*value) {
    begin_set(name, MetricKind::kGauge, help);
    for (const node::NamespaceQuota& quota : inputs.status.quotas) {
      if (quota.*is_there) {
        member(quota.name).value = quota.*value;
      }
    }
  };
  using Quota = node::NamespaceQuota;
  summaries("read_per_namespace", "Bytes read below a node under the root, by read.",
            &node::NamespaceTraffic::reads);
  summaries("write_per_namespace", "Bytes written below a node under the root, by write.",
            &node::NamespaceTraffic::writes);
  quotas("quota_count_limit_per_namespace", "Nodes that quotas allow.", &Quota::has_limits,
         &Quota::count_limit);
  quotas("quota_bytes_limit_per_namespace", "Bytes that quotas allow.", &Quota::has_limits,
         &Quota::bytes_limit);
  quotas("quota_count_usage_per_namespace", "Nodes that quotas have counted.", &Quota::has_usage,
         &Quota::count_used);
  quotas("quota_bytes_usage_per_namespace", "Bytes that quotas have counted.", &Quota::has_usage,
         &Quota::bytes_used);
  begin_set("quota_exceeded_error_per_namespace", MetricKind::kCounter,
            "Writes that a quota refused.");
  for (const node::NamespaceTraffic& traffic : inputs.status.namespaces) {
    if (traffic.quota_exceeded > 0) {
      member(traffic.name).value = static_cast<int64_t>(traffic.quota_exceeded);
    }
  }
}

}  // namespace quorate::report
