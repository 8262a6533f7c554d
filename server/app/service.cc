// Starting and stopping a member with its ports.
#include "server/app/service.h"

#include <utility>

#include "server/app/settings.h"
#include "server/log/logger.h"

namespace quorate::app {

Service::Service(boost::asio::io_context& loop, std::unique_ptr<Member> member)
    : member_(std::move(member)), source_(loop, *member_) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(boost::asio::io_context& loop,
                                                Member::Parts parts) {
  auto member = Member::create(loop, std::move(parts));
  if (!member) {
    return member.error();
  }
  std::unique_ptr<Service> service(new Service(loop, std::move(*member)));
  const Status listening = service->member_->listen();
  if (!listening) {
    return listening.error();
  }
  for (const net::BoundAddress& bound : service->member_->client_addresses()) {
    log::info("listening",
              {{"address", bound.address}, {"port", bound.port}, {"tls", bound.secure}});
  }
  const Status http = service->start_http();
  if (!http) {
    return http.error();
  }
  return service;
}

Status Service::start_http() {
  const admin::AdminOptions options = admin_options(member_->config(), member_->admin_tls());
  if (!options.commands && !options.metrics) {
    return Status{};
  }
  auto server = admin::AdminServer::start(options, source_);
  if (!server) {
    return server.error();
  }
  http_ = std::move(*server);
  source_.set_server(http_.get());
  if (const auto address = http_->command_address()) {
    log::info("admin_listening", {{"address", address->address}, {"port", address->port}});
  }
  if (const auto address = http_->metrics_address()) {
    log::info("metrics_listening", {{"address", address->address}, {"port", address->port}});
  }
  return Status{};
}

void Service::stop(std::function<void()> done) { member_->stop(std::move(done)); }

}  // namespace quorate::app
