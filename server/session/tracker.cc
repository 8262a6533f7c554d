// The session tracker: a slab of sessions, an index by id, and a list of sessions for each tick.
#include "server/session/tracker.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>
#include <utility>

#include "server/base/assert.h"

namespace quorate::session {

namespace {

using Slot = uint32_t;
constexpr Slot kNone = UINT32_MAX;

}  // namespace

/// Invariant: a session is linked into exactly the bucket `tick`, unless it is closing; no bucket
/// is empty. `buckets` holds the first session of each tick, and the deadline is tick * tick width.
struct Tracker::Impl {
  struct Session {
    SessionId id;
    Duration timeout{};
    int64_t tick = 0;  ///< Key of its bucket; meaningless while closing.
    Slot previous = kNone;
    Slot next = kNone;  ///< Also links the free slots.
    bool closing = false;
  };

  explicit Impl(Duration width) : tick_width(width) {}

  const Duration tick_width;
  std::vector<Session> slab;
  Slot first_free = kNone;
  absl::flat_hash_map<SessionId, Slot> by_id;
  std::map<int64_t, Slot> buckets;

  // The first tick boundary after now + timeout, counted in ticks.
  [[nodiscard]] int64_t tick_of(TimePoint now, Duration timeout) const {
    const int64_t at = (now.time_since_epoch() + timeout).count();
    const int64_t width = tick_width.count();
    int64_t tick = at / width;
    if (at % width < 0) {
      --tick;
    }
    return tick + 1;
  }
  [[nodiscard]] TimePoint deadline_of(int64_t tick) const { return TimePoint(tick * tick_width); }

  void link(Slot slot, int64_t tick) {
    auto [bucket, fresh] = buckets.try_emplace(tick, slot);
    Session& session = slab[slot];
    session.tick = tick;
    session.previous = kNone;
    session.next = fresh ? kNone : bucket->second;
    if (!fresh) {
      slab[session.next].previous = slot;
      bucket->second = slot;
    }
  }

  void unlink(Slot slot) {
    const Session& session = slab[slot];
    if (session.next != kNone) {
      slab[session.next].previous = session.previous;
    }
    if (session.previous != kNone) {
      slab[session.previous].next = session.next;
      return;
    }
    const auto bucket = buckets.find(session.tick);
    QR_ASSERT(bucket != buckets.end() && bucket->second == slot);
    if (session.next == kNone) {
      buckets.erase(bucket);
    } else {
      bucket->second = session.next;
    }
  }

  void move_to(Slot slot, int64_t tick) {
    if (slab[slot].tick != tick) {
      unlink(slot);
      link(slot, tick);
    }
  }

  [[nodiscard]] Slot find(SessionId session) const {
    const auto at = by_id.find(session);
    return at == by_id.end() ? kNone : at->second;
  }

  Slot make(SessionId id, Duration timeout) {
    Slot slot = first_free;
    if (slot == kNone) {
      QR_ASSERT(slab.size() < kNone);
      slot = static_cast<Slot>(slab.size());
      slab.emplace_back();
    } else {
      first_free = slab[slot].next;
    }
    slab[slot] = Session{.id = id, .timeout = timeout};
    by_id.emplace(id, slot);
    return slot;
  }

  // The sessions of the bucket that starts at `head`, ascending.
  [[nodiscard]] std::vector<SessionId> members(Slot head) const {
    std::vector<SessionId> ids;
    for (Slot slot = head; slot != kNone; slot = slab[slot].next) {
      ids.push_back(slab[slot].id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

Tracker::Tracker(Duration tick) {
  QR_ASSERT(tick > Duration::zero());
  impl_ = new Impl(tick);
}

Tracker::~Tracker() { delete impl_; }

Tracker::Tracker(Tracker&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

Tracker& Tracker::operator=(Tracker&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

void Tracker::add(SessionId session, Duration timeout, TimePoint now) {
  const int64_t tick = impl_->tick_of(now, timeout);
  const Slot slot = impl_->find(session);
  if (slot == kNone) {
    impl_->link(impl_->make(session, timeout), tick);
    return;
  }
  impl_->slab[slot].timeout = timeout;
  if (!impl_->slab[slot].closing) {
    impl_->move_to(slot, tick);
  }
}

bool Tracker::touch(SessionId session, TimePoint now) {
  const Slot slot = impl_->find(session);
  if (slot == kNone || impl_->slab[slot].closing) {
    return false;
  }
  impl_->move_to(slot, impl_->tick_of(now, impl_->slab[slot].timeout));
  return true;
}

bool Tracker::contains(SessionId session) const { return impl_->by_id.contains(session); }

bool Tracker::is_closing(SessionId session) const {
  const Slot slot = impl_->find(session);
  return slot != kNone && impl_->slab[slot].closing;
}

void Tracker::mark_closing(SessionId session) {
  const Slot slot = impl_->find(session);
  if (slot == kNone || impl_->slab[slot].closing) {
    return;
  }
  impl_->unlink(slot);
  impl_->slab[slot].closing = true;
}

void Tracker::remove(SessionId session) {
  const auto at = impl_->by_id.find(session);
  if (at == impl_->by_id.end()) {
    return;
  }
  const Slot slot = at->second;
  if (!impl_->slab[slot].closing) {
    impl_->unlink(slot);
  }
  impl_->slab[slot].next = impl_->first_free;
  impl_->first_free = slot;
  impl_->by_id.erase(at);
}

std::optional<Duration> Tracker::timeout(SessionId session) const {
  const Slot slot = impl_->find(session);
  if (slot == kNone) {
    return std::nullopt;
  }
  return impl_->slab[slot].timeout;
}

std::vector<SessionId> Tracker::expire(TimePoint now) {
  std::vector<SessionId> expired;
  auto bucket = impl_->buckets.begin();
  while (bucket != impl_->buckets.end() && impl_->deadline_of(bucket->first) <= now) {
    for (Slot slot = bucket->second; slot != kNone; slot = impl_->slab[slot].next) {
      impl_->slab[slot].closing = true;
      expired.push_back(impl_->slab[slot].id);
    }
    bucket = impl_->buckets.erase(bucket);
  }
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::optional<TimePoint> Tracker::next_deadline() const {
  if (impl_->buckets.empty()) {
    return std::nullopt;
  }
  return impl_->deadline_of(impl_->buckets.begin()->first);
}

size_t Tracker::count() const { return impl_->by_id.size(); }

std::vector<Tracker::Bucket> Tracker::buckets() const {
  std::vector<Bucket> result;
  result.reserve(impl_->buckets.size());
  for (const auto& [tick, head] : impl_->buckets) {
    result.push_back({impl_->deadline_of(tick), impl_->members(head)});
  }
  return result;
}

}  // namespace quorate::session
