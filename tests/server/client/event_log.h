// EventLog: remembers a client's events, and waits for one.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "server/base/assert.h"
#include "server/client/machine.h"

namespace quorate::client::test {

/// Thread-safe. Its handler() outlives no log.
class EventLog {
 public:
  auto handler() {
    return [this](const Event& event) {
      const std::scoped_lock lock(mutex_);
      events_.push_back(event);
      changed_.notify_all();
    };
  }
  /// Waits for the `count`-th event of that type and path (state events: type -1).
  Event await(int32_t type, const std::string& path, size_t count = 1) {
    return await_if([&](const Event& e) { return e.type == type && e.path == path; }, count);
  }
  Event await(KeeperState state, size_t count = 1) {
    return await_if([&](const Event& e) { return e.type == -1 && e.state == state; }, count);
  }
  [[nodiscard]] std::vector<Event> all() {
    const std::scoped_lock lock(mutex_);
    return events_;
  }

 private:
  template <typename Matches>
  Event await_if(Matches matches, size_t count) {
    std::unique_lock lock(mutex_);
    std::vector<Event> found;
    const bool seen = changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      found.clear();
      std::copy_if(events_.begin(), events_.end(), std::back_inserter(found), matches);
      return found.size() >= count;
    });
    QR_ASSERT(seen);
    return found[count - 1];
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

}  // namespace quorate::client::test
