// A member that finds no leader, and the clients that are content with reading meanwhile.
#include <algorithm>

#include "server/node/ensemble.h"
#include "server/session/session_id.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::node {
namespace {

using wire::ErrorCode;
using wire::OpCode;

/// Least time without a leader; an election takes less. Source: ZooKeeper 3.9 QuorumPeer.run.
constexpr Duration kGraceMin = std::chrono::seconds(2);

void note_mode(int64_t is_on, Actions& actions) {
  actions.notes.push_back({.kind = NoteKind::kReadOnly, .value = is_on});
}

void begin_reading_only(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.reads_only = true;
  ensemble.local_sessions = state.next_session;
  state.tracker = session::Tracker(state.options.tick);
  note_mode(1, actions);
  for (size_t slot = 0; slot < state.slots.size(); ++slot) {
    Connection* const connection = state.slots[slot].get();
    if (connection != nullptr && connection->phase == Phase::kNew) {
      handle_backlog(state, *connection, now, actions);
    }
  }
}

void serve_session(State& state, Connection& connection, SessionId session, int32_t timeout_ms,
                   Now now, Actions& actions) {
  connection.session = session;
  connection.timeout_ms = timeout_ms;
  connection.is_read_only = true;
  connection.phase = Phase::kOpen;
  state.by_session[session] = connection.slot.value;
  state.tracker.add(session, std::chrono::milliseconds(timeout_ms), now.monotonic);
  accept_session(connection, actions);
}

/// A local session that comes back.
void take_over(State& state, Connection& connection, SessionId session, int32_t timeout_ms, Now now,
               Actions& actions) {
  if (const auto owner = state.by_session.find(session); owner != state.by_session.end()) {
    Connection& former = *state.slots[owner->second];
    former.session = SessionId{};
    close_connection(state, former, CloseReason::kSessionTakenOver, actions);
  }
  serve_session(state, connection, session, timeout_ms, now, actions);
  ++state.counters.sessions_revalidated;
}

void end_local_session(State& state, SessionId session, CloseReason reason, Actions& actions) {
  state.tracker.remove(session);
  const auto owner = state.by_session.find(session);
  if (owner != state.by_session.end()) {
    Connection& connection = *state.slots[owner->second];
    state.by_session.erase(owner);
    close_connection(state, connection, reason, actions);
  }
}

/// What would be written, and a sync, which asks a leader. Source: ZooKeeper 3.9
/// ReadOnlyRequestProcessor.
bool needs_leader(OpCode op) {
  return op == OpCode::kSync || op == OpCode::kCheck ||
         (wire::is_write(op) && op != OpCode::kCloseSession);
}

}  // namespace

bool is_reading_only(const State& state) { return state.ensemble && state.ensemble->reads_only; }

bool needs_no_leader(const State& state, const Connection& connection) {
  return is_reading_only(state) && (connection.is_read_only || connection.phase == Phase::kNew);
}

void await_read_only(State& state, Now now) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.options.read_only_enabled && !ensemble.reads_only) {
    ensemble.reads_only_at = now.monotonic + std::max(kGraceMin, state.options.tick);
  }
}

void check_read_only(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.reads_only_at && *ensemble.reads_only_at <= now.monotonic) {
    ensemble.reads_only_at.reset();
    begin_reading_only(state, now, actions);
  }
  if (ensemble.reads_only) {
    for (const SessionId session : state.tracker.expire(now.monotonic)) {
      ++state.counters.sessions_expired;
      actions.notes.push_back({.kind = NoteKind::kSessionExpired, .session = session});
      end_local_session(state, session, CloseReason::kSessionExpired, actions);
    }
  }
}

void end_reading_only(State& state, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.reads_only_at.reset();
  if (!ensemble.reads_only) {
    return;
  }
  ensemble.reads_only = false;
  note_mode(0, actions);
  for (const auto& connection : state.slots) {
    if (connection && connection->is_read_only) {
      state.by_session.erase(connection->session);
      connection->session = SessionId{};
      close_connection(state, *connection, CloseReason::kReadOnlyEnded, actions);
    }
  }
  state.tracker = session::Tracker(state.options.tick);
}

void connect_read_only(State& state, Connection& connection, const wire::ConnectRequest& request,
                       int32_t timeout_ms, Now now, Actions& actions) {
  const bool is_new = request.session == SessionId{};
  if (!request.read_only) {
    close_connection(state, connection, CloseReason::kRefused, actions);
    return;
  }
  connection.is_read_only = true;
  if (is_new) {
    const SessionId session = state.next_session;
    ++state.next_session.value;
    serve_session(state, connection, session, timeout_ms, now, actions);
    actions.notes.push_back(
        {.kind = NoteKind::kSessionOpened, .session = session, .value = timeout_ms});
    ++state.counters.sessions_opened;
    return;
  }
  if (!session::password_matches(request.session, request.password)) {
    refuse_session(state, connection, actions);
    return;
  }
  if (state.tracker.is_alive(request.session)) {
    take_over(state, connection, request.session, timeout_ms, now, actions);
    return;
  }
  const bool was_local =
      request.session >= state.ensemble->local_sessions && request.session < state.next_session;
  if (was_local) {
    refuse_session(state, connection, actions);
    return;
  }
  // A session of the ensemble, which may be in use elsewhere: only a leader can say that it is
  // over.
  close_connection(state, connection, CloseReason::kRefused, actions);
}

bool answer_read_only(State& state, Connection& connection, OpCode op, int32_t xid, Now now,
                      Actions& actions) {
  const bool is_close = op == OpCode::kCloseSession;
  if (!is_close && !needs_leader(op)) {
    return false;
  }
  const Zxid zxid = state.database.last_zxid();
  std::string frame;
  wire::append_header_reply(
      frame,
      {.xid = xid, .zxid = zxid, .error = is_close ? ErrorCode::kOk : ErrorCode::kNotReadOnly});
  send_reply(state, connection, op, xid, zxid, now.monotonic, frame, now, actions);
  if (is_close) {
    end_local_session(state, connection.session, CloseReason::kSessionClosed, actions);
  }
  return true;
}

}  // namespace quorate::node
