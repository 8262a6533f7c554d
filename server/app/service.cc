// Starting and stopping a member with its ports.
#include "server/app/service.h"

#include <utility>

#include "server/log/logger.h"

namespace quorate::app {

Service::Service(std::unique_ptr<Member> member) : member_(std::move(member)) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(boost::asio::io_context& loop,
                                                Member::Parts parts) {
  auto member = Member::create(loop, std::move(parts));
  if (!member) {
    return member.error();
  }
  std::unique_ptr<Service> service(new Service(std::move(*member)));
  const Status listening = service->member_->listen();
  if (!listening) {
    return listening.error();
  }
  for (const net::BoundAddress& bound : service->member_->client_addresses()) {
    log::info("listening",
              {{"address", bound.address}, {"port", bound.port}, {"tls", bound.secure}});
  }
  return service;
}

void Service::stop(std::function<void()> done) { member_->stop(std::move(done)); }

}  // namespace quorate::app
