// The monotonic and the wall clock, for the shell.
#pragma once

#include <algorithm>
#include <chrono>

#include "server/base/time.h"

namespace quorate::transport {

[[nodiscard]] inline TimePoint monotonic_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// No deadline, TimePoint::max(), becomes the last moment that the finer clock can tell.
[[nodiscard]] inline std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  using Steady = std::chrono::steady_clock;
  const TimePoint last(std::chrono::duration_cast<Duration>(Steady::duration::max()));
  return Steady::time_point(
      std::chrono::duration_cast<Steady::duration>(std::min(time, last).time_since_epoch()));
}

[[nodiscard]] inline Now now() {
  return {.monotonic = monotonic_now(),
          .wall = {std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count()}};
}

}  // namespace quorate::transport
