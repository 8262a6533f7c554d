// EventSink: writes what the EventRecorder lets through.
#pragma once

#include <functional>
#include <memory>

#include "operator/controller/event_loop.h"
#include "operator/kube/event_recorder.h"
#include "operator/kube/request.h"
#include "operator/transport/http_transport.h"
#include "operator/transport/write_gate.h"

namespace quorate::controller {

/// Events are written in the background and without a second try: they are news, not state. Loop's
/// thread only, except recorder().
class EventSink {
 public:
  EventSink(EventLoop& loop, transport::HttpTransport& transport, const transport::WriteGate& gate,
            kube::EventRecorderOptions options);
  ~EventSink();

  /// Takes notes from any thread.
  [[nodiscard]] std::function<void(kube::EventNote)> recorder();
  /// Writes that have not been answered.
  [[nodiscard]] size_t pending_count() const { return pending_; }

 private:
  void record(const kube::EventNote& note);
  void send(const kube::Request& request, nlohmann::json object_if_missing);
  void ended(const kube::ApiResult<kube::Response>& answer, nlohmann::json object_if_missing);

  EventLoop& loop_;
  transport::HttpTransport& transport_;
  const transport::WriteGate& gate_;
  kube::EventRecorder recorder_;
  size_t pending_ = 0;
  std::shared_ptr<EventSink*> self_;  ///< Null inside once this is gone.
};

}  // namespace quorate::controller
