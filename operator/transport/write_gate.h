// WriteGate: whether this process may change anything right now.
#pragma once

#include <atomic>

#include "operator/transport/clock.h"

namespace quorate::transport {

/// Open while the lease is ours, and shut by time alone when nobody renews it. Any thread.
class WriteGate {
 public:
  void open_until(TimePoint until) {
    until_us_.store(until.time_since_epoch().count(), std::memory_order_release);
  }
  void open_for_ever() { open_until(TimePoint::max()); }
  void shut() { open_until(TimePoint::min()); }
  [[nodiscard]] bool is_open() const {
    return monotonic_now().time_since_epoch().count() < until_us_.load(std::memory_order_acquire);
  }

 private:
  std::atomic<Duration::rep> until_us_{TimePoint::min().time_since_epoch().count()};
};

}  // namespace quorate::transport
