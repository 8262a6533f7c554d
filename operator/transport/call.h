// Call: one request on its way, settled exactly once.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "operator/transport/http_transport.h"

namespace quorate::transport {

/// Where bytes and the end of a request meet the caller's handlers. Any thread.
class Call {
 public:
  Call(CallId id, Lane lane, kube::Request request, CallHandlers handlers, size_t body_bytes_max)
      : id_(id),
        lane_(lane),
        request_(std::move(request)),
        handlers_(std::move(handlers)),
        body_bytes_max_(body_bytes_max) {}

  [[nodiscard]] CallId id() const { return id_; }
  [[nodiscard]] Lane lane() const { return lane_; }
  [[nodiscard]] const kube::Request& request() const { return request_; }

  /// A piece of the body. False: it is too long, or nobody listens any more.
  bool add_bytes(std::string_view bytes);
  /// The status is known: a body of 2xx that is to be streamed goes out from now on.
  void set_head(int code, std::string retry_after);
  /// The body is complete. Returns the code.
  int complete();
  void fail(kube::ApiErrorKind kind, std::string message);
  /// Forgets an answer that is not the caller's, so that the request can be sent again.
  void restart();

  [[nodiscard]] bool is_settled() const;
  /// Whether bytes went to the caller.
  [[nodiscard]] bool has_streamed() const;

 private:
  void settle(kube::ApiResult<kube::Response> result);

  const CallId id_;
  const Lane lane_;
  const kube::Request request_;
  const CallHandlers handlers_;
  const size_t body_bytes_max_;

  mutable std::mutex mutex_;  ///< Guards what follows, and keeps the handlers apart.
  bool is_settled_ = false;
  bool is_streaming_ = false;
  bool has_streamed_ = false;
  bool is_too_long_ = false;
  kube::Response response_;
};

}  // namespace quorate::transport
