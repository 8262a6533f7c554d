// MetricsHandler: the page that Prometheus reads.
#pragma once

#include <memory>

#include "server/admin/asker.h"
#include "server/admin/counters.h"
#include "server/admin/http.h"
#include "server/admin/options.h"
#include "server/admin/status_source.h"

namespace quorate::admin {

/// GET /metrics and nothing else. Lives and is called on the http thread.
class MetricsHandler final : public HttpHandler {
 public:
  MetricsHandler(AskContext context, const AdminOptions& options, StatusSource& source,
                 Counters& counters)
      : context_(std::move(context)), options_(options), source_(source), counters_(counters) {}

  void on_request(const ExchangePointer& exchange) override;
  void on_refused() override { ++counters_.requests_refused; }

 private:
  const AskContext context_;
  const AdminOptions& options_;
  StatusSource& source_;
  Counters& counters_;
};

}  // namespace quorate::admin
