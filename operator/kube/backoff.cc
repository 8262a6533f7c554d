// Doubling delays with jitter, and the token bucket.
#include "operator/kube/backoff.h"

#include <algorithm>

namespace quorate::kube {

Duration jittered(Duration value, double jitter, Dice& dice) {
  const double extra = static_cast<double>(value.count()) * jitter * dice.unit();
  return value + Duration(static_cast<Duration::rep>(extra));
}

Duration doubled(Duration first, Duration last, uint32_t count) {
  Duration value = first;
  for (uint32_t i = 0; i < count && value < last; ++i) {
    value *= 2;
  }
  return std::min(value, last);
}

Duration Backoff::failed(TimePoint now, Dice& dice) {
  if (failed_at_ && now - *failed_at_ >= options_.reset_after) {
    next_ = options_.first;
  }
  failed_at_ = now;
  const Duration delay = jittered(next_, options_.jitter, dice);
  next_ = std::min(next_ * 2, options_.last);
  return delay;
}

Duration TokenBucket::reserve(TimePoint now) {
  if (interval_ == Duration::zero()) {
    return Duration::zero();
  }
  const TimePoint full_at = std::max(full_at_.value_or(now), now) + interval_;
  full_at_ = full_at;
  const Duration missing = full_at - now;
  return std::max(Duration::zero(), missing - interval_ * burst_);
}

bool TokenBucket::try_take(TimePoint now) {
  const TimePoint full_at = std::max(full_at_.value_or(now), now);
  if (full_at - now + interval_ > interval_ * burst_) {
    return false;
  }
  full_at_ = full_at + interval_;
  return true;
}

}  // namespace quorate::kube
