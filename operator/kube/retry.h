// RetryRule: whether a request that failed is sent again, and when.
#pragma once

#include <optional>

#include "operator/kube/api_error.h"
#include "operator/kube/request.h"
#include "server/base/time.h"

namespace quorate::kube {

/// Of one request, from its first attempt on.
///
/// - 429 and 503 with Retry-After are waited for, six attempts at most; not the refusal of a
///   disruption budget, which is the caller's to judge.
/// - A request that may be repeated is sent once more when the connection broke.
class RetryRule {
 public:
  /// @param request Outlives the rule.
  explicit RetryRule(const Request& request) : request_(request) {}

  /// After an attempt that failed: how long to wait before the next; nothing: there is none.
  std::optional<Duration> after(const ApiError& error);

 private:
  const Request& request_;
  int attempts_ = 0;
  int broken_count_ = 0;
};

}  // namespace quorate::kube
