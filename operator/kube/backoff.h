// How long to wait after failures: of a connection to the API, and of one key of a work queue.
#pragma once

#include <cstdint>
#include <optional>

#include "operator/kube/dice.h"
#include "server/base/time.h"

namespace quorate::kube {

/// Delays that double up to a limit and start over after a time without a failure.
/// Source: the reflector of client-go and the watcher of kube-rs use these numbers.
struct BackoffOptions {
  Duration first = std::chrono::milliseconds(800);
  Duration last = std::chrono::seconds(30);
  double jitter = 1.0;  ///< A delay is stretched by up to this part of itself.
  Duration reset_after = std::chrono::seconds(120);
};

class Backoff {
 public:
  explicit Backoff(BackoffOptions options = {}) : options_(options), next_(options.first) {}

  /// The delay after a failure at `now`.
  [[nodiscard]] Duration failed(TimePoint now, Dice& dice);
  void reset() {
    next_ = options_.first;
    failed_at_.reset();
  }

 private:
  BackoffOptions options_;
  Duration next_;
  std::optional<TimePoint> failed_at_;
};

/// `value` stretched by up to `jitter` of itself.
[[nodiscard]] Duration jittered(Duration value, double jitter, Dice& dice);

/// `first` doubled `count` times, at most `last`.
[[nodiscard]] Duration doubled(Duration first, Duration last, uint32_t count);

/// Tokens that come back at a steady rate; who takes one that is not there yet is told how long to
/// wait for it.
class TokenBucket {
 public:
  /// `interval`: between two tokens; zero means no limit.
  TokenBucket(Duration interval, uint32_t burst) : interval_(interval), burst_(burst) {}

  /// Reserves a token and says how long after `now` it may be used.
  [[nodiscard]] Duration reserve(TimePoint now);
  /// Takes a token that is there; false when there is none.
  [[nodiscard]] bool try_take(TimePoint now);

 private:
  Duration interval_;
  uint32_t burst_;
  /// When the bucket is full again, if nobody takes anything: what is missing is the time to it.
  std::optional<TimePoint> full_at_;
};

}  // namespace quorate::kube
