// RateLimit: fixed periods and a count.
#include "server/log/rate_limit.h"

#include <utility>
#include <vector>

#include "server/log/log.h"

namespace quorate::log {

std::optional<uint64_t> RateLimit::admit(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!period_end_ || now >= *period_end_) {
    period_end_ = now + period_;
    lines_in_period_ = 0;
  }
  if (lines_in_period_ >= lines_max_) {
    ++suppressed_;
    return std::nullopt;
  }
  ++lines_in_period_;
  return std::exchange(suppressed_, 0);
}

void RateLimit::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const Logger& logger = current();
  if (!logger.is_enabled(level)) {
    return;
  }
  const std::optional<uint64_t> suppressed = admit(Clock::now());
  if (!suppressed) {
    return;
  }
  std::vector<Field> all(fields);
  if (*suppressed > 0) {
    all.push_back({"suppressed", *suppressed});
  }
  logger.write(level, event, all);
}

}  // namespace quorate::log
