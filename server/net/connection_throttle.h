// ConnectionThrottle: a token bucket, with random early drops, for new sessions.
#pragma once

#include <cstdint>

#include "server/base/time.h"

namespace quorate::net {

/// Settings as ZooKeeper's connection* properties.
struct ThrottleOptions {
  int tokens_max = 0;  ///< 0: no throttle.
  Duration fill_time = std::chrono::milliseconds(1);
  int fill_count = 1;
  Duration freeze_time = std::chrono::milliseconds(-1);  ///< Negative: no random drops.
  double drop_increase = 0.02;
  double drop_decrease = 0.002;
  double decrease_ratio = 0;  ///< The drop probability falls while at most this part is in use.
};

/// Decides whether one more session may begin. Time and chance are handed in.
/// Source: ZooKeeper 3.9 BlueThrottle, as documented in its administrator's guide.
class ConnectionThrottle {
 public:
  explicit ConnectionThrottle(ThrottleOptions options)
      : options_(options), tokens_(options.tokens_max) {}

  /// Takes `cost` tokens if the bucket holds them. `chance` is uniform in [0, 1).
  [[nodiscard]] bool admit(int cost, TimePoint now, double chance);
  [[nodiscard]] int tokens() const { return tokens_; }
  /// Metric connection_drop_probability.
  [[nodiscard]] double drop_probability() const { return drop_; }

 private:
  void refill(TimePoint now);
  void adapt(TimePoint now);

  ThrottleOptions options_;
  int tokens_;
  double drop_ = 0;
  TimePoint filled_at_{};
  TimePoint adapted_at_{};
};

}  // namespace quorate::net
