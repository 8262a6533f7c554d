// Versions that are waited for.
#include "operator/kube/expectations.h"

#include <algorithm>
#include <utility>

namespace quorate::kube {

void Expectations::expect(const ObjectKey& key, std::string version, TimePoint now) {
  if (version.empty() || seen_.contains(version)) {
    return;
  }
  by_key_[key][std::move(version)] = now + patience_;
}

void Expectations::observe(const std::string& version) {
  if (version.empty() || !seen_.insert(version).second) {
    return;
  }
  seen_order_.push_back(version);
  if (seen_order_.size() > kSeenMax) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  for (auto at = by_key_.begin(); at != by_key_.end();) {
    at->second.erase(version);
    at = at->second.empty() ? by_key_.erase(at) : std::next(at);
  }
}

std::optional<TimePoint> Expectations::wait_until(const ObjectKey& key, TimePoint now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return std::nullopt;
  }
  std::optional<TimePoint> until;
  for (auto at = found->second.begin(); at != found->second.end();) {
    if (at->second <= now) {
      at = found->second.erase(at);
    } else {
      until = std::max(until.value_or(at->second), at->second);
      ++at;
    }
  }
  if (found->second.empty()) {
    by_key_.erase(found);
  }
  return until;
}

}  // namespace quorate::kube
