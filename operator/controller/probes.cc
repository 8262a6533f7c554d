// Answers to probes and scrapes.
#include "operator/controller/probes.h"

namespace quorate::controller {

namespace {

admin::HttpResponse text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

admin::HttpResponse verdict(const std::string& complaint) {
  return complaint.empty() ? text(200, "ok\n") : text(503, complaint + "\n");
}

}  // namespace

void Probes::on_request(const admin::ExchangePointer& exchange) {
  const admin::HttpRequest& request = exchange->request();
  if (request.method != "GET" && request.method != "HEAD") {
    exchange->respond(text(405, "only GET\n"));
  } else if (request.path == "/healthz" || request.path == "/livez") {
    exchange->respond(verdict(sources_.health()));
  } else if (request.path == "/readyz") {
    exchange->respond(verdict(sources_.readiness()));
  } else if (request.path == "/metrics") {
    exchange->respond({.status = 200,
                       .content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = sources_.metrics()});
  } else {
    exchange->respond(text(404, "/healthz, /livez, /readyz, /metrics\n"));
  }
}

}  // namespace quorate::controller
