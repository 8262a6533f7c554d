// RequestThrottle: who waits, since when, and who goes on.
#include "server/app/request_throttle.h"

namespace quorate::app {

void RequestThrottle::hold(ConnectionId id, TimePoint now) {
  const auto [found, is_new] = held_.try_emplace(id, Held{.since = now});
  waits_ += is_new ? 1 : 0;
  if (!found->second.queued) {
    found->second.queued = true;
    waiting_.push_back(id);
  }
}

void RequestThrottle::release(ConnectionId id, TimePoint now) {
  const auto found = held_.find(id);
  if (found != held_.end()) {
    wait_time_.record(now - found->second.since);
    held_.erase(found);
  }
}

void RequestThrottle::forget(ConnectionId id) { held_.erase(id); }

bool RequestThrottle::is_overdue(ConnectionId id, TimePoint now) const {
  if (options_.wait_max <= Duration::zero()) {
    return false;
  }
  const auto found = held_.find(id);
  return found != held_.end() && now - found->second.since > options_.wait_max;
}

std::vector<ConnectionId> RequestThrottle::resumable(size_t outstanding) {
  std::vector<ConnectionId> resumed;
  while (!waiting_.empty() && has_room(outstanding + resumed.size())) {
    const auto found = held_.find(waiting_.front());
    waiting_.pop_front();
    if (found != held_.end() && found->second.queued) {
      found->second.queued = false;
      resumed.push_back(found->first);
    }
  }
  return resumed;
}

}  // namespace quorate::app
