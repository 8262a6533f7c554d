// Requests of the election, on their own lane.
#include "operator/controller/lease_runner.h"

#include <utility>

#include "operator/controller/field_manager.h"
#include "operator/kube/response.h"
#include "operator/transport/clock.h"
#include "server/log/logger.h"

namespace quorate::controller {

LeaseRunner::LeaseRunner(EventLoop& loop, transport::HttpTransport& transport,
                         kube::LeaseOptions options, kube::Dice dice, LeaseHandlers handlers)
    : loop_(loop),
      transport_(transport),
      options_(options),
      handlers_(std::move(handlers)),
      election_(std::move(options), dice),
      timer_(loop),
      self_(std::make_shared<LeaseRunner*>(this)) {}

LeaseRunner::~LeaseRunner() { *self_ = nullptr; }

void LeaseRunner::step(kube::LeaseEvent event) {
  kube::LeaseActions actions;
  election_.step(std::move(event), transport::now(), actions);
  timer_.set(election_.next_deadline(), [this] { step(kube::LeaseDeadline{}); });
  for (kube::LeaseAction& action : actions) {
    std::visit([this](auto& each) { perform(each); }, action);
  }
}

template <typename Event>
void LeaseRunner::send(kube::LeaseRequest request, const kube::Request& to_send) {
  call_ = transport_.start(transport::Lane::kLease, to_send,
                           {.on_done = [poster = loop_.poster(), self = self_,
                                        request](const kube::ApiResult<kube::Response>& answer) {
                             auto result = answer.ok()
                                               ? kube::decode(*answer)
                                               : kube::ApiResult<nlohmann::json>(answer.error());
                             poster.post([self, request, result = std::move(result)] {
                               if (*self != nullptr) {
                                 (*self)->step(Event{.request = request, .result = result});
                               }
                             });
                           }});
}

void LeaseRunner::perform(kube::ReadLease& action) {
  send<kube::LeaseRead>(action.request, kube::get(kube::kLease, options_.lease));
}

void LeaseRunner::perform(kube::WriteLease& action) {
  send<kube::LeaseWritten>(
      action.request, action.is_create ? kube::create(kube::kLease, action.object, kFieldManager)
                                       : kube::update(kube::kLease, action.object, kFieldManager));
}

void LeaseRunner::perform(kube::CancelLeaseRequest&) { transport_.cancel(call_); }

void LeaseRunner::perform(kube::LeaderStarted& action) {
  log::info("lease_acquired", {{"lease", options_.lease.text()}, {"identity", options_.identity}});
  handlers_.on_leading(action.until, true);
}

void LeaseRunner::perform(kube::LeaderRenewed& action) {
  handlers_.on_leading(action.until, false);
}

void LeaseRunner::perform(kube::LeaderLost& action) { handlers_.on_lost(action.reason); }

void LeaseRunner::perform(kube::LeaderSeen& action) {
  log::info("lease_holder", {{"lease", options_.lease.text()}, {"holder", action.identity}});
}

void LeaseRunner::perform(kube::LeaseReleased&) { handlers_.on_released(); }

}  // namespace quorate::controller
