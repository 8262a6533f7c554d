// Limits in time.
#include "server/admin/limits.h"

namespace quorate::admin {

bool IntervalLimit::admit(TimePoint now) {
  if (last_ && now - *last_ < interval_) {
    return false;
  }
  last_ = now;
  return true;
}

bool FailureLimit::is_blocked(const std::string& address, TimePoint now) {
  const auto at = failures_.find(address);
  if (at == failures_.end()) {
    return false;
  }
  if (now - at->second.first >= kPeriod) {
    failures_.erase(at);
    return false;
  }
  return at->second.count >= kFailuresMax;
}

void FailureLimit::record(const std::string& address, TimePoint now) {
  if (failures_.size() >= kAddressesMax && !failures_.contains(address)) {
    failures_.clear();
  }
  Failures& failures = failures_[address];
  if (failures.count == 0 || now - failures.first >= kPeriod) {
    failures = {.first = now, .count = 0};
  }
  ++failures.count;
}

}  // namespace quorate::admin
