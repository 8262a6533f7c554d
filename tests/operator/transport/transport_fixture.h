// What tests of the transport share: credentials of a test, and calls that are waited for.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "operator/transport/cpprest_transport.h"
#include "server/base/assert.h"

namespace quorate::transport::testing {

/// Long enough for a busy machine; only failing tests wait for it.
inline constexpr std::chrono::seconds kPatience{20};

class TestCredentials final : public Credentials {
 public:
  Result<Secret> authorization() override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    return Secret(token_);
  }
  Result<ClientIdentity> identity() override { return identity_; }
  void rejected() override {
    const std::lock_guard lock(mutex_);
    ++rejections_;
    token_ = next_token_;
  }

  void set(std::string token, std::string next_token) {
    const std::lock_guard lock(mutex_);
    token_ = std::move(token);
    next_token_ = std::move(next_token);
  }
  void set_identity(ClientIdentity identity) { identity_ = std::move(identity); }
  [[nodiscard]] int rejections() const {
    const std::lock_guard lock(mutex_);
    return rejections_;
  }

 private:
  mutable std::mutex mutex_;
  std::string token_;
  std::string next_token_;
  ClientIdentity identity_;
  int reads_ = 0;
  int rejections_ = 0;
};

/// What became of a call, for a thread that waits.
class Waiter {
 public:
  [[nodiscard]] CallHandlers handlers(bool streams = false) {
    CallHandlers handlers;
    if (streams) {
      handlers.on_bytes = [state = state_](std::string_view bytes) {
        const std::lock_guard lock(state->mutex);
        state->bytes += bytes;
        state->changed.notify_all();
      };
    }
    handlers.on_done = [state = state_](kube::ApiResult<kube::Response> result) {
      const std::lock_guard lock(state->mutex);
      QR_ASSERT(!state->result.has_value());
      state->result = std::move(result);
      state->changed.notify_all();
    };
    return handlers;
  }
  /// Waits for the end.
  [[nodiscard]] kube::ApiResult<kube::Response> result() {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait_for(lock, kPatience, [&] { return state_->result.has_value(); })) {
      return kube::ApiError{.kind = kube::ApiErrorKind::kTimeout, .message = "the test's patience"};
    }
    return *state_->result;
  }
  /// Waits until so many bytes have been streamed, and returns all.
  [[nodiscard]] std::string bytes(size_t count) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, kPatience, [&] { return state_->bytes.size() >= count; });
    return state_->bytes;
  }
  [[nodiscard]] bool is_done() const {
    const std::lock_guard lock(state_->mutex);
    return state_->result.has_value();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::string bytes;
    std::optional<kube::ApiResult<kube::Response>> result;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline kube::ApiResult<kube::Response> call(HttpTransport& transport, kube::Request request,
                                            Lane lane = Lane::kVerbs) {
  Waiter waiter;
  transport.start(lane, std::move(request), waiter.handlers());
  return waiter.result();
}

}  // namespace quorate::transport::testing
