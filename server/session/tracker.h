// Which sessions are alive, and when each will expire. Deadlines fall into buckets one tick wide.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"

namespace quorate::session {

/// Expiry as in ZooKeeper: a touched session lives until the first tick boundary after now +
/// timeout, so it expires between timeout and timeout + tick later. Touching is O(1) and free when
/// the bucket does not change; expiry is O(expired).
/// Not thread-safe: owned by the core loop.
class Tracker {
 public:
  explicit Tracker(Duration tick);
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Starts to track, or restarts with a new timeout. A closing session stays closing: its
  /// closeSession is on the way, and what it did after that would outlive it.
  void add(SessionId session, Duration timeout, TimePoint now);
  /// Postpones the expiry. False if the session is unknown or closing.
  bool touch(SessionId session, TimePoint now);
  [[nodiscard]] bool contains(SessionId session) const;
  [[nodiscard]] bool is_closing(SessionId session) const;
  /// Tracked and not closing.
  [[nodiscard]] bool is_alive(SessionId session) const {
    return contains(session) && !is_closing(session);
  }
  /// From now on touch() is refused and the session is not reported as expired (again); it stays
  /// until removed by the committed closeSession.
  void mark_closing(SessionId session);
  void remove(SessionId session);
  [[nodiscard]] std::optional<Duration> timeout(SessionId session) const;
  /// Sessions whose deadline has passed, in ascending order of id, each marked as closing.
  [[nodiscard]] std::vector<SessionId> expire(TimePoint now);
  /// When expire() has something to do next.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  [[nodiscard]] size_t count() const;

  struct Bucket {
    TimePoint deadline;
    std::vector<SessionId> sessions;  ///< Ascending.
  };
  /// For `dump`: buckets in order of their deadline.
  [[nodiscard]] std::vector<Bucket> buckets() const;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace quorate::session
