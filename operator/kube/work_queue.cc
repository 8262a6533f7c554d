// Keys by time and priority.
#include "operator/kube/work_queue.h"

#include <algorithm>

#include "server/base/assert.h"

namespace quorate::kube {

WorkQueue::WorkQueue(WorkQueueOptions options)
    : options_(options), retries_(options.retry_interval, options.retry_burst) {
  QR_ASSERT(options_.in_flight_max > 0);
}

void WorkQueue::add(const ObjectKey& key, int priority, TimePoint now) {
  schedule(key, now + options_.debounce, priority);
}

void WorkQueue::add_after(const ObjectKey& key, Duration delay, TimePoint now) {
  schedule(key, now + std::max(delay, Duration::zero()), kPriorityLive);
}

void WorkQueue::retry(const ObjectKey& key, Duration at_least, TimePoint now) {
  const uint32_t count = failures_[key]++;
  const Duration own = doubled(options_.retry_first, options_.retry_last, count);
  schedule(key, now + std::max({own, retries_.reserve(now), at_least}), kPriorityLive);
}

void WorkQueue::forget(const ObjectKey& key) { failures_.erase(key); }

uint32_t WorkQueue::failures(const ObjectKey& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

void WorkQueue::schedule(const ObjectKey& key, TimePoint due, int priority) {
  if (is_shut_down_) {
    return;
  }
  const bool is_processing = processing_.contains(key);
  std::map<ObjectKey, Entry>& entries = is_processing ? dirty_ : waiting_;
  const auto found = entries.find(key);
  if (found == entries.end()) {
    const Entry entry{.due = due, .priority = priority, .sequence = ++last_sequence_};
    entries.emplace(key, entry);
    if (!is_processing) {
      enqueue(key, entry);
    }
    return;
  }
  Entry merged = found->second;
  merged.due = std::min(merged.due, due);
  merged.priority = std::max(merged.priority, priority);
  if (!is_processing) {
    dequeue(key, found->second);
    enqueue(key, merged);
  }
  found->second = merged;
}

void WorkQueue::enqueue(const ObjectKey& key, const Entry& entry) {
  due_.emplace(entry.due, entry.sequence, key);
}

void WorkQueue::dequeue(const ObjectKey& key, const Entry& entry) {
  due_.erase({entry.due, entry.sequence, key});
  ready_.erase({-entry.priority, entry.due, entry.sequence, key});
}

void WorkQueue::promote(TimePoint now) {
  while (!due_.empty() && std::get<TimePoint>(*due_.begin()) <= now) {
    const ObjectKey& key = std::get<ObjectKey>(*due_.begin());
    const Entry& entry = waiting_.at(key);
    ready_.emplace(-entry.priority, entry.due, entry.sequence, key);
    due_.erase(due_.begin());
  }
}

std::optional<ObjectKey> WorkQueue::take(TimePoint now) {
  promote(now);
  if (is_shut_down_ || ready_.empty() || processing_.size() >= options_.in_flight_max) {
    return std::nullopt;
  }
  const auto first = ready_.begin();
  last_latency_ = now - std::get<TimePoint>(*first);
  ObjectKey key = std::get<ObjectKey>(*first);
  ready_.erase(first);
  waiting_.erase(key);
  processing_.insert(key);
  return key;
}

void WorkQueue::done(const ObjectKey& key, TimePoint now) {
  QR_ASSERT(processing_.erase(key) == 1);
  const auto again = dirty_.find(key);
  if (again == dirty_.end()) {
    return;
  }
  Entry entry = again->second;
  dirty_.erase(again);
  entry.due = std::max(entry.due, now);
  waiting_.emplace(key, entry);
  enqueue(key, entry);
}

std::optional<TimePoint> WorkQueue::next_deadline() const {
  if (is_shut_down_ || processing_.size() >= options_.in_flight_max) {
    return std::nullopt;
  }
  std::optional<TimePoint> next;
  if (!ready_.empty()) {
    next = std::get<TimePoint>(*ready_.begin());
  }
  if (!due_.empty()) {
    const TimePoint due = std::get<TimePoint>(*due_.begin());
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

size_t WorkQueue::depth(TimePoint now) const {
  size_t count = ready_.size();
  for (const auto& each : due_) {
    if (std::get<TimePoint>(each) > now) {
      break;
    }
    ++count;
  }
  return count;
}

}  // namespace quorate::kube
