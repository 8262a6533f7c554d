// The monotonic and the wall clock, for the shell.
#pragma once

#include <chrono>

#include "server/base/time.h"

namespace quorate::transport {

[[nodiscard]] inline TimePoint monotonic_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

[[nodiscard]] inline std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

[[nodiscard]] inline Now now() {
  return {.monotonic = monotonic_now(),
          .wall = {std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count()}};
}

}  // namespace quorate::transport
