// Time as the core sees it: values handed in by the shell, never read from a clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace quorate {

using Duration = std::chrono::microseconds;

/// Tag of the monotonic clock. It has no now(): only the shell can make time points.
struct Monotonic {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<Monotonic, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = Monotonic::time_point;

/// Milliseconds since 1970-01-01 UTC; what ctime and mtime hold. May jump.
struct WallMillis {
  int64_t value = 0;
  friend constexpr auto operator<=>(const WallMillis&, const WallMillis&) = default;
};

/// Both clocks at the moment at which an event is handed to a machine.
struct Now {
  TimePoint monotonic;
  WallMillis wall;
};

}  // namespace quorate
