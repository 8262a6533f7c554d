// The one queue of everything that is going to happen.
#include "tests/sim/event_queue.h"

#include <algorithm>
#include <utility>

namespace quorate::sim {

void EventQueue::at(TimePoint time, Task task) {
  heap_.push_back({std::max(time, now_), next_order_++, std::move(task)});
  std::ranges::push_heap(heap_, is_later);
}

bool EventQueue::run_one(TimePoint end) {
  if (heap_.empty() || heap_.front().time > end) {
    now_ = std::max(now_, end);
    return false;
  }
  std::ranges::pop_heap(heap_, is_later);
  Entry entry = std::move(heap_.back());
  heap_.pop_back();
  now_ = entry.time;
  ++done_count_;
  entry.task();
  return true;
}

}  // namespace quorate::sim
