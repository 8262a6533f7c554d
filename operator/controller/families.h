// Families of metrics, made in one line each.
#pragma once

#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace quorate::controller {

/// They belong to the registry and live as long.
[[nodiscard]] inline prometheus::Family<prometheus::Counter>& counters(
    prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

[[nodiscard]] inline prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry,
                                                                   const std::string& name,
                                                                   const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

[[nodiscard]] inline prometheus::Family<prometheus::Histogram>& histograms(
    prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace quorate::controller
