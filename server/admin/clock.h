// The monotonic clock of the http thread.
#pragma once

#include <chrono>

#include "server/base/time.h"

namespace quorate::admin {

[[nodiscard]] inline TimePoint monotonic_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace quorate::admin
