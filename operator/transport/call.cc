// The state of one request.
#include "operator/transport/call.h"

namespace quorate::transport {

bool Call::add_bytes(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (is_settled_) {
    return false;
  }
  if (is_streaming_) {
    has_streamed_ = true;
    handlers_.on_bytes(bytes);
    return true;
  }
  if (response_.body.size() + bytes.size() > body_bytes_max_) {
    is_too_long_ = true;
    return false;
  }
  response_.body += bytes;
  return true;
}

void Call::set_head(int code, std::string retry_after) {
  const std::lock_guard lock(mutex_);
  response_.code = code;
  response_.retry_after = std::move(retry_after);
  is_streaming_ = handlers_.on_bytes && code >= 200 && code < 300;
  if (is_streaming_ && !is_settled_ && !response_.body.empty()) {
    has_streamed_ = true;
    handlers_.on_bytes(response_.body);
    response_.body.clear();
  }
}

int Call::complete() {
  kube::Response response;
  {
    const std::lock_guard lock(mutex_);
    response = std::move(response_);
    response_ = {};
  }
  const int code = response.code;
  settle(std::move(response));
  return code;
}

void Call::fail(kube::ApiErrorKind kind, std::string message) {
  kube::ApiError error{.kind = kind, .message = std::move(message)};
  {
    const std::lock_guard lock(mutex_);
    if (is_too_long_) {
      error.kind = kube::ApiErrorKind::kMalformed;
      error.message = "the answer is longer than " + std::to_string(body_bytes_max_) + " bytes";
    }
  }
  settle(std::move(error));
}

void Call::restart() {
  const std::lock_guard lock(mutex_);
  response_ = {};
  is_streaming_ = false;
}

bool Call::is_settled() const {
  const std::lock_guard lock(mutex_);
  return is_settled_;
}

bool Call::has_streamed() const {
  const std::lock_guard lock(mutex_);
  return has_streamed_;
}

void Call::settle(kube::ApiResult<kube::Response> result) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_settled_, true)) {
      return;
    }
  }
  handlers_.on_done(std::move(result));
}

}  // namespace quorate::transport
