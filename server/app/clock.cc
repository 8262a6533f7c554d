// Reads CLOCK_MONOTONIC and CLOCK_REALTIME.
#include "server/app/clock.h"

#include <chrono>

namespace quorate::app {

TimePoint monotonic_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Now read_clocks() {
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return {.monotonic = monotonic_now(), .wall = WallMillis{wall.count()}};
}

}  // namespace quorate::app
