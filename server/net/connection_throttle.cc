// ConnectionThrottle: refill, random drops, admission.
#include "server/net/connection_throttle.h"

#include <algorithm>
#include <cmath>

namespace quorate::net {

void ConnectionThrottle::refill(TimePoint now) {
  const Duration passed = now - filled_at_;
  if (passed <= options_.fill_time) {
    return;
  }
  const double fills = static_cast<double>(passed.count()) /
                       static_cast<double>(std::max<int64_t>(options_.fill_time.count(), 1));
  const double refilled = static_cast<double>(tokens_) + std::floor(fills * options_.fill_count);
  tokens_ = static_cast<int>(std::min(refilled, static_cast<double>(options_.tokens_max)));
  filled_at_ = now;
}

void ConnectionThrottle::adapt(TimePoint now) {
  if (now - adapted_at_ <= options_.freeze_time) {
    return;
  }
  const int in_use = options_.tokens_max - tokens_;
  if (in_use == options_.tokens_max) {
    drop_ = std::min(drop_ + options_.drop_increase, 1.0);
  } else if (in_use <= std::lround(options_.tokens_max * options_.decrease_ratio)) {
    drop_ = std::max(drop_ - options_.drop_decrease, 0.0);
  }
  adapted_at_ = now;
}

bool ConnectionThrottle::admit(int cost, TimePoint now, double chance) {
  if (options_.tokens_max <= 0) {
    return true;
  }
  refill(now);
  if (options_.freeze_time >= Duration::zero()) {
    adapt(now);
    if (chance < drop_) {
      return false;
    }
  }
  if (tokens_ < cost) {
    return false;
  }
  tokens_ -= cost;
  return true;
}

}  // namespace quorate::net
