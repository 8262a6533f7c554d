// RequestThrottle: holds requests back while too many are in flight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "server/base/histogram.h"
#include "server/base/ids.h"
#include "server/base/time.h"

namespace quorate::app {

/// Settings as ZooKeeper's request_throttle_max_requests and throttled_op_wait_time.
struct RequestThrottleOptions {
  size_t requests_max = 0;               ///< In flight, all connections together; 0: no throttle.
  Duration wait_max = Duration::zero();  ///< Held back longer, a request is refused; 0: never.
};

/// Keeps the books of the connections whose frames are left in their buffers until there is room.
/// The owner feeds one frame at a time while has_room(); then it holds the connection, takes no
/// more of it, and lets those of resumable() deliver again whenever requests have been answered.
/// Source: ZooKeeper 3.9 RequestThrottler, which sleeps where this is called.
class RequestThrottle {
 public:
  explicit RequestThrottle(const RequestThrottleOptions& options) : options_(options) {}

  /// When it is not, no other function needs to be called.
  [[nodiscard]] bool enabled() const { return options_.requests_max > 0; }
  [[nodiscard]] bool has_room(size_t outstanding) const {
    return outstanding < options_.requests_max;
  }

  /// The connection has more to deliver and there is no room. Repeated, it keeps its first time.
  void hold(ConnectionId id, TimePoint now);
  /// Everything that was held of the connection has been fed.
  void release(ConnectionId id, TimePoint now);
  /// The connection is gone, and what was held of it.
  void forget(ConnectionId id);
  /// Whether what is held of the connection has waited too long to be executed.
  [[nodiscard]] bool is_overdue(ConnectionId id, TimePoint now) const;
  /// Connections that may deliver again, in the order in which they were held, one for each request
  /// that there is room for. Each is returned once until it is held again.
  [[nodiscard]] std::vector<ConnectionId> resumable(size_t outstanding);

  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  /// Times that a connection had to wait.
  [[nodiscard]] uint64_t waits() const { return waits_; }
  /// How long.
  [[nodiscard]] const Histogram& wait_time() const { return wait_time_; }

 private:
  struct Held {
    TimePoint since;
    bool queued = false;  ///< Stands in waiting_.
  };

  RequestThrottleOptions options_;
  std::unordered_map<ConnectionId, Held> held_;
  std::deque<ConnectionId> waiting_;  ///< Entries of connections that are gone are skipped.
  uint64_t waits_ = 0;
  Histogram wait_time_;
};

}  // namespace quorate::app
