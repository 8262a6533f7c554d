// RateLimit: a log line that may come by the thousand is written now and then, with a count.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string_view>

#include "server/log/field.h"
#include "server/log/level.h"

namespace quorate::log {

/// Lets through at most `lines_max` lines in each `period`, which begins with the first line after
/// the last one ended. The first line of a period says how many were held back before it. One
/// object a place that logs; any thread may call it.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(uint32_t lines_max, std::chrono::milliseconds period)
      : lines_max_(lines_max), period_(period) {}

  /// Decides about a line at `now`: nothing when it is held back, else how many were held back
  /// since the last one that was let through.
  [[nodiscard]] std::optional<uint64_t> admit(Clock::time_point now);

  /// Writes the line unless it is held back, with a field `suppressed` when others were. A line
  /// whose level is off does not count.
  void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

 private:
  const uint32_t lines_max_;
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::optional<Clock::time_point> period_end_;
  uint32_t lines_in_period_ = 0;
  uint64_t suppressed_ = 0;
};

}  // namespace quorate::log
