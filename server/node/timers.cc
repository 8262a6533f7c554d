// What happens by the passing of time: sessions expire, empty containers and old TTL nodes go.
#include <algorithm>

#include "server/node/state.h"

namespace quorate::node {
namespace {

constexpr size_t kReapedAtOnceMax = 500;
constexpr int64_t kMillisPerMinute = 60000;

void expire_sessions(State& state, Now now, Actions& actions) {
  for (const SessionId session : state.tracker.expire(now.monotonic)) {
    ++state.counters.sessions_expired;
    actions.notes.push_back({.kind = NoteKind::kSessionExpired, .session = session});
    propose(state, wire::CloseSessionRequest{}, request::Author{.session = session}, now, actions);
  }
}

/// Time that `count` deletions take at the configured rate.
Duration spacing(const Options& options, size_t count) {
  const int64_t per_minute = std::max<int64_t>(1, options.container_max_per_minute);
  return std::chrono::milliseconds(static_cast<int64_t>(count) * kMillisPerMinute / per_minute);
}

void reap(State& state, Now now, Actions& actions) {
  if (state.space != SpaceLevel::kEnough) {
    state.next_container_check = now.monotonic + state.options.container_check_interval;
    return;
  }
  const std::vector<std::string> paths = state.database.tree().reapable(
      now.wall, state.options.container_never_used_ms_max, kReapedAtOnceMax);
  for (const std::string& path : paths) {
    propose(state, wire::DeleteContainerRequest{path}, request::Author{}, now, actions);
  }
  if (!paths.empty()) {
    state.counters.containers_reaped += paths.size();
    actions.notes.push_back(
        {.kind = NoteKind::kReaped, .value = static_cast<int64_t>(paths.size())});
  }
  const bool more = paths.size() == kReapedAtOnceMax;
  state.next_container_check = now.monotonic + (more ? spacing(state.options, paths.size())
                                                     : state.options.container_check_interval);
}

}  // namespace

void handle_deadline(State& state, Now now, Actions& actions) {
  if (state.suspended) {
    return;
  }
  if (state.ensemble) {
    handle_ensemble_deadline(state, now, actions);
  }
  if (!proposes(state)) {
    return;
  }
  expire_sessions(state, now, actions);
  if (state.options.container_check_interval > Duration::zero() &&
      now.monotonic >= state.next_container_check) {
    reap(state, now, actions);
  }
}

std::optional<TimePoint> next_deadline(const State& state) {
  if (state.suspended) {
    return std::nullopt;
  }
  std::optional<TimePoint> next;
  if (state.ensemble) {
    next = next_ensemble_deadline(state);
  }
  if (!proposes(state)) {
    return next;
  }
  const std::optional<TimePoint> expiry = state.tracker.next_deadline();
  if (expiry && (!next || *expiry < *next)) {
    next = expiry;
  }
  if (state.options.container_check_interval > Duration::zero() &&
      (!next || state.next_container_check < *next)) {
    next = state.next_container_check;
  }
  return next;
}

}  // namespace quorate::node
