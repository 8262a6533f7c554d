// The rule.
#include "operator/kube/retry.h"

#include <chrono>

namespace quorate::kube {

namespace {

constexpr int kAttemptsMax = 6;
constexpr Duration kBrokenDelay = std::chrono::milliseconds(100);

}  // namespace

std::optional<Duration> RetryRule::after(const ApiError& error) {
  if (++attempts_ == kAttemptsMax) {
    return std::nullopt;
  }
  const bool is_busy = error.retry_after && !error.is_disruption_budget() &&
                       (error.kind == ApiErrorKind::kTooManyRequests || error.code == 503);
  if (is_busy) {
    return error.retry_after;
  }
  const bool is_broken = error.kind == ApiErrorKind::kUnreachable && request_.is_repeatable();
  return is_broken && ++broken_count_ == 1 ? std::optional(kBrokenDelay) : std::nullopt;
}

}  // namespace quorate::kube
