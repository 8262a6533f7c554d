// Events to the API.
#include "operator/controller/event_sink.h"

#include <utility>

#include "operator/controller/field_manager.h"
#include "operator/kube/response.h"
#include "operator/transport/clock.h"
#include "server/log/logger.h"

namespace quorate::controller {

namespace {

/// More are dropped: a server that does not answer is not helped by more of them.
constexpr size_t kPendingMax = 100;

}  // namespace

EventSink::EventSink(EventLoop& loop, transport::HttpTransport& transport,
                     const transport::WriteGate& gate, kube::EventRecorderOptions options)
    : loop_(loop),
      transport_(transport),
      gate_(gate),
      recorder_(std::move(options)),
      self_(std::make_shared<EventSink*>(this)) {}

EventSink::~EventSink() { *self_ = nullptr; }

std::function<void(kube::EventNote)> EventSink::recorder() {
  return [poster = loop_.poster(), self = self_](kube::EventNote note) {
    poster.post([self, held = std::make_shared<kube::EventNote>(std::move(note))] {
      if (*self != nullptr) {
        (*self)->record(*held);
      }
    });
  };
}

void EventSink::record(const kube::EventNote& note) {
  auto action = recorder_.record(note, transport::now());
  if (!action || pending_ >= kPendingMax) {
    return;
  }
  if (auto* created = std::get_if<kube::CreateEvent>(&*action)) {
    send(kube::create(kube::kEvent, created->object, kFieldManager), nullptr);
  } else if (auto* patched = std::get_if<kube::PatchEvent>(&*action)) {
    send(kube::merge_patch(kube::kEvent, patched->key, patched->patch, kFieldManager),
         std::move(patched->object));
  }
}

void EventSink::send(const kube::Request& request, nlohmann::json object_if_missing) {
  if (!gate_.is_open()) {
    return;
  }
  ++pending_;
  auto held = std::make_shared<nlohmann::json>(std::move(object_if_missing));
  transport_.start(transport::Lane::kVerbs, request,
                   {.on_done = [poster = loop_.poster(), self = self_,
                                held](kube::ApiResult<kube::Response> answer) {
                     poster.post([self, held, answer = std::move(answer)] {
                       if (*self != nullptr) {
                         (*self)->ended(answer, std::move(*held));
                       }
                     });
                   }});
}

void EventSink::ended(const kube::ApiResult<kube::Response>& answer,
                      nlohmann::json object_if_missing) {
  --pending_;
  const kube::ApiResult<nlohmann::json> result =
      answer.ok() ? kube::decode(*answer) : kube::ApiResult<nlohmann::json>(answer.error());
  if (result.ok()) {
    return;
  }
  if (result.error().kind == kube::ApiErrorKind::kNotFound && object_if_missing.is_object()) {
    // Events live for an hour; the series goes on in a new one.
    send(kube::create(kube::kEvent, object_if_missing, kFieldManager), nullptr);
    return;
  }
  log::debug("event_not_written",
             {{"kind", kube::to_text(result.error().kind)}, {"reason", result.error().message}});
}

}  // namespace quorate::controller
