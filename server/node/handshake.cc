// The first frame of a connection: a new session, or an old one that comes back.
#include <algorithm>
#include <string>

#include "server/node/state.h"
#include "server/session/session_id.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"

namespace quorate::node {
namespace {

void send_response(Connection& connection, SessionId session, int32_t timeout_ms,
                   std::string_view password, Actions& actions) {
  std::string frame;
  wire::FrameWriter writer(frame);
  wire::encode(wire::ConnectResponse{.timeout_ms = timeout_ms,
                                     .session = session,
                                     .password = password,
                                     .read_only = connection.is_read_only,
                                     .has_read_only_field = connection.has_read_only_field},
               frame);
  writer.finish();
  actions.send(connection.id, frame);
  ++connection.sent;
}

void open_new_session(State& state, Connection& connection, int32_t timeout_ms, Now now,
                      Actions& actions) {
  if (state.space == SpaceLevel::kExhausted) {
    close_connection(state, connection, CloseReason::kRefused, actions);
    return;
  }
  const SessionId session = state.next_session;
  ++state.next_session.value;
  connection.session = session;
  connection.timeout_ms = timeout_ms;
  connection.phase = Phase::kOpening;
  state.by_session[session] = connection.slot.value;
  ask_for_session(state, connection, now, actions);
}

void reattach(State& state, Connection& connection, Now now, Actions& actions) {
  const SessionId session = connection.session;
  const int32_t timeout_ms = connection.timeout_ms;
  const auto owner = state.by_session.find(session);
  if (owner != state.by_session.end()) {
    Connection& former = *state.slots[owner->second];
    // Answers of requests in flight must not reach the old connection any more, nor the new one.
    former.session = SessionId{};
    close_connection(state, former, CloseReason::kSessionTakenOver, actions);
  }
  state.by_session[session] = connection.slot.value;
  connection.phase = Phase::kOpen;
  if (proposes(state)) {
    state.tracker.add(session, std::chrono::milliseconds(timeout_ms), now.monotonic);
  }
  accept_session(connection, actions);
  actions.notes.push_back(
      {.kind = NoteKind::kSessionMoved, .session = session, .value = timeout_ms});
  ++state.counters.sessions_revalidated;
}

}  // namespace

void refuse_session(State& state, Connection& connection, Actions& actions) {
  const session::Password none{};
  send_response(connection, SessionId{}, 0, std::string_view(none.data(), none.size()), actions);
  close_connection(state, connection, CloseReason::kSessionExpired, actions);
}

void accept_session(Connection& connection, Actions& actions) {
  const session::Password password = session::password_of(connection.session);
  send_response(connection, connection.session, connection.timeout_ms,
                std::string_view(password.data(), password.size()), actions);
  actions.established.push_back(connection.id);
}

void ask_for_session(State& state, const Connection& connection, Now now, Actions& actions) {
  if (!proposes(state)) {
    forward_create_session(state, connection, now, actions);
    return;
  }
  const SessionId session = connection.session;
  const int32_t timeout_ms = connection.timeout_ms;
  state.tracker.add(session, std::chrono::milliseconds(timeout_ms), now.monotonic);
  if (state.ensemble) {
    own_session(state, session);
  }
  Proposal& proposal = propose_create_session(state, session, timeout_ms, now, actions);
  proposal.slot = connection.slot;
  proposal.connection = connection.id;
}

void handle_connect_request(State& state, Connection& connection, std::string_view payload, Now now,
                            Actions& actions) {
  if (state.suspended || !takes_clients(state)) {
    close_connection(state, connection, CloseReason::kRefused, actions);
    return;
  }
  const std::optional<wire::ConnectRequest> request = wire::decode_connect_request(payload);
  if (!request) {
    close_connection(state, connection, CloseReason::kBadHandshake, actions);
    return;
  }
  if (request->last_zxid_seen > state.database.last_zxid()) {
    close_connection(state, connection, CloseReason::kClientAhead, actions);
    return;
  }
  connection.has_read_only_field = request->has_read_only_field;
  const int32_t timeout_ms = std::clamp(
      request->timeout_ms, state.options.session_timeout_ms_min,
      std::max(state.options.session_timeout_ms_min, state.options.session_timeout_ms_max));
  if (is_reading_only(state)) {
    connect_read_only(state, connection, *request, timeout_ms, now, actions);
    return;
  }
  if (request->session == SessionId{}) {
    open_new_session(state, connection, timeout_ms, now, actions);
    return;
  }
  // The password first: knowing an id must not be enough to cut off its owner.
  if (!session::password_matches(request->session, request->password)) {
    refuse_session(state, connection, actions);
    return;
  }
  connection.session = request->session;
  connection.timeout_ms = timeout_ms;
  if (state.ensemble) {
    connection.phase = Phase::kOpening;
    ask_revalidation(state, connection, now, actions);
    return;
  }
  if (!state.database.session_timeout_ms(request->session) ||
      !state.tracker.is_alive(request->session)) {
    connection.session = SessionId{};
    refuse_session(state, connection, actions);
    return;
  }
  reattach(state, connection, now, actions);
}

void finish_reattach(State& state, Connection& connection, bool is_valid, Now now,
                     Actions& actions) {
  if (!is_valid) {
    connection.session = SessionId{};
    refuse_session(state, connection, actions);
    return;
  }
  reattach(state, connection, now, actions);
  handle_backlog(state, connection, now, actions);
}

void finish_handshake(State& state, Connection& connection, Now now, Actions& actions) {
  connection.phase = Phase::kOpen;
  accept_session(connection, actions);
  actions.notes.push_back({.kind = NoteKind::kSessionOpened,
                           .session = connection.session,
                           .zxid = state.database.last_zxid(),
                           .value = connection.timeout_ms});
  ++state.counters.sessions_opened;
  handle_backlog(state, connection, now, actions);
}

}  // namespace quorate::node
