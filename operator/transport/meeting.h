// Meeting: where an answer from another thread meets the one that waits for it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "operator/transport/clock.h"
#include "server/base/time.h"

namespace quorate::transport {

/// Shared by who answers and who waits, as either may go first. Any thread.
template <typename T>
class Meeting {
 public:
  /// The first answer counts.
  void answer(T value) {
    const std::lock_guard lock(mutex_);
    if (!answer_) {
      answer_ = std::move(value);
      changed_.notify_all();
    }
  }

  /// Nothing: it has not come before the deadline or the stop.
  [[nodiscard]] std::optional<T> wait(TimePoint deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, to_steady(deadline), [this] { return answer_.has_value(); });
    return std::exchange(answer_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<T> answer_;
};

}  // namespace quorate::transport
