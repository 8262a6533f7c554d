// Connections coming and going, and the limits on what they may have in flight.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/node/state.h"

namespace quorate::node {
namespace {

bool is_over(const State& state, const Connection& connection, size_t numerator,
             size_t denominator) {
  const Options& limits = state.options;
  const auto part = [&](size_t limit) { return limit / denominator * numerator; };
  if (connection.queue.empty() && connection.backlog.empty()) {
    return false;
  }
  return state.outstanding_count > part(limits.outstanding_count_max) ||
         state.outstanding_bytes > part(limits.outstanding_bytes_max) ||
         connection.queue.size() > part(limits.connection_outstanding_count_max) ||
         connection.queue_bytes + connection.backlog.size() >
             part(limits.connection_outstanding_bytes_max);
}

/// Nobody is left to be answered; the proposals of its writes go on without it.
void drop_queue(State& state, Connection& connection) {
  state.outstanding_count -= connection.queue.size();
  state.outstanding_bytes -= connection.queue_bytes;
  connection.queue.clear();
  connection.queue_bytes = 0;
}

}  // namespace

Connection* State::find(ConnectionId id) const {
  const auto found = by_id.find(id);
  return found == by_id.end() ? nullptr : slots[found->second].get();
}

Connection* State::find(tree::WatcherId slot, ConnectionId id) const {
  if (slot.value >= slots.size() || !slots[slot.value] || slots[slot.value]->id != id) {
    return nullptr;
  }
  return slots[slot.value].get();
}

void open_connection(State& state, const ConnectionOpened& event, Now now) {
  QR_ASSERT(!state.by_id.contains(event.connection));
  uint32_t slot = 0;
  if (state.free_slots.empty()) {
    slot = static_cast<uint32_t>(state.slots.size());
    state.slots.emplace_back();
  } else {
    slot = state.free_slots.back();
    state.free_slots.pop_back();
  }
  auto connection = std::make_unique<Connection>();
  connection->id = event.connection;
  connection->slot = tree::WatcherId{slot};
  connection->address = event.address;
  connection->port = event.port;
  connection->secure = event.secure;
  connection->established = now.wall;
  connection->who.add(wire::Id{"ip", event.address});
  for (const wire::Id& id : event.certificate_ids) {
    connection->who.add(id);
    const auto& schemes = state.options.enforce_auth_schemes;
    if (std::find(schemes.begin(), schemes.end(), id.scheme) != schemes.end()) {
      connection->authenticated = true;
    }
  }
  state.secure_count += event.secure ? 1 : 0;
  state.by_id.emplace(event.connection, slot);
  state.slots[slot] = std::move(connection);
  ++state.counters.connections_opened;
}

void forget_connection(State& state, ConnectionId id) {
  const auto found = state.by_id.find(id);
  if (found == state.by_id.end()) {
    return;
  }
  const uint32_t slot = found->second;
  Connection& connection = *state.slots[slot];
  const auto session = state.by_session.find(connection.session);
  if (session != state.by_session.end() && session->second == slot) {
    state.by_session.erase(session);
  }
  state.watches.remove_watcher(connection.slot);
  drop_queue(state, connection);
  state.secure_count -= connection.secure ? 1 : 0;
  std::erase(state.paused, connection.slot);
  state.by_id.erase(found);
  state.slots[slot].reset();
  state.free_slots.push_back(slot);
}

void close_connection(State& state, Connection& connection, CloseReason reason, Actions& actions) {
  if (connection.phase == Phase::kClosed) {
    return;
  }
  connection.phase = Phase::kClosed;
  connection.backlog.clear();
  drop_queue(state, connection);
  // Nothing may be delivered behind the last reply.
  state.watches.remove_watcher(connection.slot);
  actions.closes.push_back({connection.id, reason});
}

void close_all(State& state, CloseReason reason, Actions& actions) {
  for (const auto& connection : state.slots) {
    if (connection) {
      close_connection(state, *connection, reason, actions);
    }
  }
}

void pause_if_over_limits(State& state, Connection& connection, Actions& actions) {
  if (connection.paused || !is_over(state, connection, 1, 1)) {
    return;
  }
  connection.paused = true;
  state.paused.push_back(connection.slot);
  actions.pauses.push_back(connection.id);
}

void resume_paused(State& state, Actions& actions) {
  std::erase_if(state.paused, [&](tree::WatcherId slot) {
    Connection& connection = *state.slots[slot.value];
    if (is_over(state, connection, 3, 4)) {
      return false;
    }
    connection.paused = false;
    actions.resumes.push_back(connection.id);
    return true;
  });
}

}  // namespace quorate::node
