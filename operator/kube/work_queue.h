// WorkQueue: which object is worked on next, as a deterministic machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "operator/kube/backoff.h"
#include "operator/kube/resource_kind.h"
#include "server/base/time.h"

namespace quorate::kube {

struct WorkQueueOptions {
  size_t in_flight_max = 8;
  /// A change waits so long for others of its object.
  Duration debounce = std::chrono::milliseconds(100);
  /// Of one key, doubled with each failure.
  Duration retry_first = std::chrono::milliseconds(5);
  Duration retry_last = std::chrono::seconds(120);
  /// Over all keys, for retries: 10 a second, 100 at once.
  Duration retry_interval = std::chrono::milliseconds(100);
  uint32_t retry_burst = 100;
};

/// Priorities: a live change goes before the flood of a first list or a resync.
inline constexpr int kPriorityLive = 0;
inline constexpr int kPriorityList = -100;

/// A set of keys with times. Invariants:
/// - A key is in work once at most; added meanwhile it is worked on again afterwards.
/// - A key waits once at most, at the earliest of the times and the highest of the priorities that
///   it was added with.
/// - Not more than `in_flight_max` keys are in work.
/// - Ready keys are taken by priority, then in the order in which they became due.
///
/// Not thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueOptions options = {});

  /// Something about the object has changed.
  void add(const ObjectKey& key, int priority, TimePoint now);
  /// Work on it after a time, if not before.
  void add_after(const ObjectKey& key, Duration delay, TimePoint now);
  /// Work on it again after a failure: by the key's back-off, and not faster than all keys may.
  /// `at_least`: when the server said how long to wait.
  void retry(const ObjectKey& key, Duration at_least, TimePoint now);
  /// Forgets the failures of a key.
  void forget(const ObjectKey& key);

  /// A key to work on; it is in work until done(). Nothing when none is ready, all places are
  /// taken, or after shut_down().
  [[nodiscard]] std::optional<ObjectKey> take(TimePoint now);
  void done(const ObjectKey& key, TimePoint now);
  /// Gives out nothing more; what is in work may end.
  void shut_down() { is_shut_down_ = true; }

  /// When take() may have something, if nothing else happens.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // For metrics.
  [[nodiscard]] size_t depth(TimePoint now) const;  ///< Ready and not in work.
  [[nodiscard]] size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] size_t in_flight() const { return processing_.size(); }
  [[nodiscard]] uint32_t failures(const ObjectKey& key) const;
  /// How long the key that take() gave last had been ready.
  [[nodiscard]] Duration last_latency() const { return last_latency_; }

 private:
  /// What is known of a key that waits.
  struct Entry {
    TimePoint due;
    int priority = 0;
    uint64_t sequence = 0;
  };
  using ReadyOrder = std::tuple<int, TimePoint, uint64_t, ObjectKey>;  ///< Priority negated.
  using DueOrder = std::tuple<TimePoint, uint64_t, ObjectKey>;

  void schedule(const ObjectKey& key, TimePoint due, int priority);
  void promote(TimePoint now);
  void enqueue(const ObjectKey& key, const Entry& entry);
  void dequeue(const ObjectKey& key, const Entry& entry);

  WorkQueueOptions options_;
  TokenBucket retries_;
  bool is_shut_down_ = false;
  uint64_t last_sequence_ = 0;
  /// Keys that wait and are not in work; each is in exactly one of due_ and ready_.
  std::map<ObjectKey, Entry> waiting_;
  std::set<DueOrder> due_;
  std::set<ReadyOrder> ready_;
  std::set<ObjectKey> processing_;
  /// Keys in work that were added meanwhile.
  std::map<ObjectKey, Entry> dirty_;
  std::map<ObjectKey, uint32_t> failures_;
  Duration last_latency_{};
};

}  // namespace quorate::kube
