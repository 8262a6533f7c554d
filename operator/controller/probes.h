// Probes: /healthz, /livez, /readyz and /metrics.
#pragma once

#include <functional>
#include <string>

#include "server/admin/http.h"

namespace quorate::controller {

/// Answers of the process; called on the loop's thread, so that a loop that hangs fails its probe.
struct ProbeSources {
  /// Why the process is not healthy; empty: it is.
  std::function<std::string()> health;
  /// Why it is not ready; empty: it is. Not tied to leadership.
  std::function<std::string()> readiness;
  std::function<std::string()> metrics;
};

class Probes final : public admin::HttpHandler {
 public:
  explicit Probes(ProbeSources sources) : sources_(std::move(sources)) {}
  void on_request(const admin::ExchangePointer& exchange) override;
  void on_refused() override {}

 private:
  const ProbeSources sources_;
};

}  // namespace quorate::controller
