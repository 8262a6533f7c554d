// The one queue of everything that is going to happen, and the virtual time.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/functional/any_invocable.h>

#include "server/base/time.h"

namespace quorate::sim {

/// Runs tasks in the order of their times; those of one time in the order in which they were added.
class EventQueue {
 public:
  using Task = absl::AnyInvocable<void()>;

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] size_t done_count() const { return done_count_; }

  void at(TimePoint time, Task task);
  void after(Duration delay, Task task) { at(now_ + delay, std::move(task)); }
  /// Runs the next task, unless it comes after `end`; then the time becomes `end`. False if so.
  bool run_one(TimePoint end);
  /// Drops what is left, while all that the tasks refer to is still there.
  void clear() { std::exchange(heap_, {}).clear(); }

 private:
  struct Entry {
    TimePoint time;
    uint64_t order = 0;
    Task task;
  };
  static bool is_later(const Entry& a, const Entry& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }

  TimePoint now_{};
  uint64_t next_order_ = 0;
  size_t done_count_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace quorate::sim
