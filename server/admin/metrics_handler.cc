// Serving the metrics page.
#include "server/admin/metrics_handler.h"

#include <utility>

#include "server/admin/responses.h"
#include "server/metrics/collector.h"

namespace quorate::admin {

void MetricsHandler::on_request(const ExchangePointer& exchange) {
  ++counters_.requests;
  if (exchange->request().path != "/metrics") {
    ++counters_.requests_refused;
    exchange->respond(text_response(404, "not found\n"));
    return;
  }
  if (!is_read(exchange->request())) {
    ++counters_.requests_refused;
    HttpResponse response = text_response(405, "method not allowed\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    exchange->respond(std::move(response));
    return;
  }
  auto answer = ask<report::Inputs>(
      context_, exchange, options_.answer_timeout,
      [](const ExchangePointer& asked, const report::Inputs& inputs) {
        asked->respond({.content_type = metrics::kPageType, .body = metrics::page(inputs)});
      },
      [](const ExchangePointer& asked) {
        asked->respond(text_response(503, "the member's core loop does not answer\n"));
      });
  source_.ask_inputs({.namespaces = true}, std::move(answer));
}

}  // namespace quorate::admin
