// Actions of an informer into requests, answers into its events.
#include "operator/controller/informer_runner.h"

#include <mutex>
#include <utility>

#include "operator/kube/response.h"
#include "operator/kube/watch_decoder.h"
#include "operator/transport/clock.h"

namespace quorate::controller {

using kube::ApiError;
using kube::ApiErrorKind;
using transport::Lane;

InformerRunner::InformerRunner(EventLoop& loop, transport::HttpTransport& transport,
                               kube::InformerOptions options, kube::Dice dice,
                               InformerListener& listener)
    : loop_(loop),
      transport_(transport),
      listener_(listener),
      timer_(loop),
      informer_(std::move(options), dice),
      self_(std::make_shared<InformerRunner*>(this)) {}

InformerRunner::~InformerRunner() { *self_ = nullptr; }

void InformerRunner::start() { step(kube::InformerStart{}); }

void InformerRunner::stop() {
  is_stopped_ = true;
  timer_.set(std::nullopt, {});
  if (call_ != 0) {
    transport_.cancel(call_);
  }
}

bool InformerRunner::is_synced() const {
  const std::shared_lock lock(mutex_);
  return informer_.is_synced();
}

void InformerRunner::step(kube::InformerEvent event) {
  if (is_stopped_) {
    return;
  }
  kube::InformerActions actions;
  {
    const std::unique_lock lock(mutex_);
    informer_.step(std::move(event), transport::monotonic_now(), actions);
  }
  for (kube::InformerAction& action : actions) {
    std::visit([this](auto& each) { perform(each); }, action);
  }
  timer_.set(informer_.next_deadline(), [this] { step(kube::InformerDeadline{}); });
}

std::function<void(kube::InformerEvent)> InformerRunner::deliver() {
  return [poster = loop_.poster(), self = self_](kube::InformerEvent event) {
    auto held = std::make_shared<kube::InformerEvent>(std::move(event));
    poster.post([self, held] {
      if (*self != nullptr) {
        (*self)->step(std::move(*held));
      }
    });
  };
}

void InformerRunner::perform(kube::SendList& action) {
  request_ = action.request;
  const auto done = [to = deliver(),
                     request = action.request](kube::ApiResult<kube::Response> answer) {
    if (!answer) {
      to(kube::ListFailed{.request = request, .error = answer.error()});
      return;
    }
    auto object = kube::decode(*answer);
    if (!object) {
      to(kube::ListFailed{.request = request, .error = object.error()});
      return;
    }
    auto page = kube::page_of(std::move(*object));
    if (!page) {
      to(kube::ListFailed{.request = request, .error = page.error()});
      return;
    }
    to(kube::PageReceived{.request = request, .page = std::move(*page)});
  };
  call_ = transport_.start(
      Lane::kVerbs, kube::list(options().kind, options().space, action.options), {.on_done = done});
}

void InformerRunner::perform(kube::OpenWatch& action) {
  request_ = action.request;
  auto decoder = std::make_shared<kube::WatchDecoder>();
  const auto bytes = [to = deliver(), decoder, request = action.request](std::string_view part) {
    kube::WatchReceived received{.request = request, .events = {}};
    decoder->feed(part, received.events);
    if (!received.events.empty()) {
      to(std::move(received));
    }
  };
  const auto done = [to = deliver(), decoder,
                     request = action.request](kube::ApiResult<kube::Response> answer) {
    kube::WatchEnded ended{.request = request, .error = std::nullopt};
    if (!answer) {
      ended.error = answer.error();
    } else if (answer->code < 200 || answer->code >= 300) {
      ended.error = kube::decode(*answer).error();
    } else if (decoder->has_partial()) {
      ended.error = ApiError{.kind = ApiErrorKind::kUnreachable,
                             .message = "the watch ended in the middle of an event"};
    }
    to(std::move(ended));
  };
  call_ =
      transport_.start(Lane::kWatches, kube::watch(options().kind, options().space, action.options),
                       {.on_bytes = bytes, .on_done = done});
}

void InformerRunner::perform(kube::CancelRequest& action) {
  if (action.request == request_) {
    transport_.cancel(call_);
  }
}

void InformerRunner::perform(kube::Delta& action) { listener_.on_delta(options().kind, action); }

void InformerRunner::perform(kube::Synced&) {
  listener_.on_synced(options().kind, options().space);
}

void InformerRunner::perform(kube::InformerTrouble& action) {
  listener_.on_trouble(options().kind, options().space, action);
}

}  // namespace quorate::controller
