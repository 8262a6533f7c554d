// RollClock: the longest time of a roll in which clients could not be served, as passes saw it.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/time.h"

namespace quorate::reconcile {

/// A roll begins with the first look that shows one and ends with the first that shows none. An
/// interruption begins with the first look without service and ends with the first with service
/// again. So each is known to the interval between two passes, during a roll 0.2 s after an act and
/// 2 s otherwise; one that is shorter may pass unseen, and a handover of leadership usually does.
/// An operator that takes over in the middle of a roll knows only what it has seen itself.
class RollClock {
 public:
  /// @param is_serving A leader had a quorum behind it, and a member's Pod was ready.
  /// @return With the end of a roll its longest interruption, zero if there was none.
  std::optional<Duration> look(bool is_rolling, bool is_serving, TimePoint now) {
    if (interrupted_at_) {
      longest_ = std::max(longest_, now - *interrupted_at_);
    }
    if (is_serving || !is_rolling) {
      interrupted_at_.reset();
    } else if (!interrupted_at_) {
      interrupted_at_ = now;
    }
    const bool has_ended = is_rolling_ && !is_rolling;
    is_rolling_ = is_rolling;
    return has_ended ? std::optional(std::exchange(longest_, Duration::zero())) : std::nullopt;
  }

 private:
  bool is_rolling_ = false;
  std::optional<TimePoint> interrupted_at_;
  Duration longest_{};
};

}  // namespace quorate::reconcile
