// InFlight: matching transactions with the requests that they are of.
#include "server/node/in_flight.h"

#include <utility>

namespace quorate::node {

bool is_of(const wire::TxnHeader& header, const InFlightRequest& request) {
  return header.session == request.session && header.cxid == request.cxid &&
         header.zxid > request.held &&
         (header.type == request.op || header.type == wire::OpCode::kError);
}

void InFlight::push(InFlightRequest request) {
  ++count_;
  ++sessions_[request.session];
  requests_.push(request);
}

/// Only the oldest of a session is looked at: a leader keeps their order.
size_t InFlight::find(const wire::TxnHeader& header) const {
  if (count_ == 0 || !sessions_.contains(header.session)) {
    return requests_.size();
  }
  for (size_t index = 0; index < requests_.size(); ++index) {
    const InFlightRequest& request = requests_[index];
    if (!request.is_settled && request.session == header.session) {
      return is_of(header, request) ? index : requests_.size();
    }
  }
  return requests_.size();
}

const InFlightRequest* InFlight::settle(const wire::TxnHeader& header) {
  const size_t index = find(header);
  if (index == requests_.size()) {
    return nullptr;
  }
  requests_[index].is_settled = true;
  settled_ = requests_[index];
  --count_;
  const auto session = sessions_.find(header.session);
  if (--session->second == 0) {
    sessions_.erase(session);
  }
  drop_settled();
  return &settled_;
}

void InFlight::drop_settled() {
  while (!requests_.empty() && requests_.front().is_settled) {
    requests_.pop();
  }
}

Ring<InFlightRequest> InFlight::take() {
  Ring<InFlightRequest> taken;
  while (!requests_.empty()) {
    InFlightRequest request = requests_.pop();
    if (!request.is_settled) {
      taken.push(request);
    }
  }
  count_ = 0;
  sessions_.clear();
  return taken;
}

}  // namespace quorate::node
