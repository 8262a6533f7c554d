// Requests of an open connection: decoded, answered at once or put in the connection's order.
#include <algorithm>
#include <utility>
#include <variant>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/node/state.h"
#include "server/request/read.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::node {
namespace {

using wire::ErrorCode;
using wire::OpCode;

/// One decoded header with what is needed to answer it.
struct Incoming {
  OpCode op = OpCode::kError;
  int32_t xid = 0;
  std::string_view payload;  ///< The whole frame without its length.
  std::string_view body;     ///< What follows the header.
};

Queued make_queued(Queued::Kind kind, const Incoming& in, Now now) {
  Queued queued;
  queued.kind = kind;
  queued.op = in.op;
  queued.xid = in.xid;
  queued.received = now.monotonic;
  queued.charged_bytes = in.payload.size() + sizeof(Queued);
  return queued;
}

void push(State& state, Connection& connection, Queued queued) {
  ++state.outstanding_count;
  state.outstanding_bytes += queued.charged_bytes;
  connection.queue_bytes += queued.charged_bytes;
  connection.queue.push(std::move(queued));
}

Queued pop(State& state, Connection& connection) {
  Queued queued = connection.queue.pop();
  --state.outstanding_count;
  state.outstanding_bytes -= queued.charged_bytes;
  connection.queue_bytes -= queued.charged_bytes;
  return queued;
}

std::string header_frame(int32_t xid, Zxid zxid, ErrorCode error) {
  std::string frame;
  wire::append_header_reply(frame, {.xid = xid, .zxid = zxid, .error = error});
  return frame;
}

void send_header(State& state, Connection& connection, const Queued& reply, Now now,
                 Actions& actions) {
  const Zxid zxid = reply.zxid == kLastApplied ? state.database.last_zxid() : reply.zxid;
  send_reply(state, connection, reply.op, reply.xid, zxid, reply.received,
             header_frame(reply.xid, zxid, reply.error), now, actions);
}

/// Answers a header-only reply in the connection's order.
void reply_in_order(State& state, Connection& connection, const Incoming& in, Zxid zxid,
                    ErrorCode error, Now now, Actions& actions) {
  Queued queued = make_queued(Queued::Kind::kReply, in, now);
  queued.zxid = zxid;
  queued.error = error;
  if (connection.queue.empty()) {
    send_header(state, connection, queued, now, actions);
  } else {
    push(state, connection, std::move(queued));
  }
}

/// Closes once everything in front has been answered.
void close_in_order(State& state, Connection& connection, CloseReason reason, Now now,
                    Actions& actions) {
  connection.phase = Phase::kClosing;
  if (connection.queue.empty()) {
    close_connection(state, connection, reason, actions);
    return;
  }
  Queued queued = make_queued(Queued::Kind::kClose, Incoming{}, now);
  queued.close_reason = reason;
  push(state, connection, std::move(queued));
}

/// Executes a read now; `bytes` is the frame's payload.
void answer_read(State& state, Connection& connection, const wire::ReadRequest& request, OpCode op,
                 int32_t xid, TimePoint received, Now now, Actions& actions) {
  const request::Reader reader{.session = connection.session,
                               .watcher = connection.slot,
                               .who = &connection.who,
                               .skip_acl = state.options.prepare.skip_acl};
  const Zxid zxid = state.database.last_zxid();
  const size_t begin = actions.bytes.size();
  wire::FrameWriter frame(actions.bytes);
  wire::Writer writer(actions.bytes);
  write(writer, wire::ReplyHeader{.xid = xid, .zxid = zxid, .error = ErrorCode::kOk});
  state.notifications.clear();
  const ErrorCode error = request::read(request, reader, state.database, state.watches,
                                        actions.bytes, state.notifications);
  if (error != ErrorCode::kOk || !state.notifications.empty()) {
    // Missed events go out in front of the reply that follows them, which has no body.
    actions.bytes.resize(begin);
    deliver(state, state.notifications, Zxid{-1}, actions);
    send_reply(state, connection, op, xid, zxid, received, header_frame(xid, zxid, error), now,
               actions);
    return;
  }
  frame.finish();
  count_read(state.namespaces, request,
             std::string_view(actions.bytes)
                 .substr(begin + wire::kFrameHeaderBytes + wire::kReplyHeaderBytes));
  send_built_reply(state, connection, op, xid, zxid, received, begin, now, actions);
}

/// What the leader has committed by now is to be seen by what follows.
void handle_sync(State& state, Connection& connection, const Incoming& in, Now now,
                 Actions& actions) {
  Queued queued = make_queued(Queued::Kind::kSync, in, now);
  queued.bytes.assign(in.body);
  if (proposes(state)) {
    await_own_sync(state, connection, queued);
    push(state, connection, std::move(queued));
    release_own_syncs(state, now, actions);
  } else {
    push(state, connection, std::move(queued));
    forward_sync(state, connection, in.xid, now, actions);
  }
}

void handle_read(State& state, Connection& connection, const Incoming& in,
                 const wire::ReadRequest& request, Now now, Actions& actions) {
  ++state.counters.reads;
  if (state.ensemble && in.op == OpCode::kSync) {
    handle_sync(state, connection, in, now, actions);
    return;
  }
  if (connection.queue.empty()) {
    ++actions.reads_answered;
    answer_read(state, connection, request, in.op, in.xid, now.monotonic, now, actions);
    return;
  }
  Queued queued = make_queued(Queued::Kind::kRead, in, now);
  queued.bytes.assign(in.body);
  push(state, connection, std::move(queued));
}

/// A write becomes a proposal whose outcome the connection waits for.
void await(State& state, Connection& connection, const Incoming& in, Proposal& proposal, Now now) {
  proposal.origin = Proposal::Origin::kClient;
  proposal.slot = connection.slot;
  proposal.connection = connection.id;
  Queued queued = make_queued(Queued::Kind::kWrite, in, now);
  queued.zxid = proposal.zxid;
  if (state.ensemble) {
    queued.bytes.assign(in.body);  // For the leader after this one.
  }
  push(state, connection, std::move(queued));
}

/// The same by way of the leader.
void send_to_leader(State& state, Connection& connection, const Incoming& in, Now now,
                    Actions& actions) {
  Queued queued = make_queued(Queued::Kind::kWrite, in, now);
  queued.bytes.assign(in.body);
  push(state, connection, std::move(queued));
  if (in.op == OpCode::kCloseSession) {
    connection.phase = Phase::kClosing;
  }
  forward_write(state, connection, in.op, in.xid, in.body, now, actions);
}

/// Refusals that cost no zxid: writes while the disk is almost full.
bool refuse_write(State& state, Connection& connection, const Incoming& in, Now now,
                  Actions& actions) {
  if (state.space != SpaceLevel::kEnough && in.op != OpCode::kCloseSession) {
    ++state.counters.writes_refused_for_space;
    reply_in_order(state, connection, in, kLastApplied, ErrorCode::kSystemError, now, actions);
    return true;
  }
  return false;
}

void handle_write(State& state, Connection& connection, const Incoming& in,
                  const wire::WriteRequest& request, Now now, Actions& actions) {
  if (refuse_write(state, connection, in, now, actions)) {
    return;
  }
  ++state.counters.writes;
  if (!proposes(state)) {
    send_to_leader(state, connection, in, now, actions);
    return;
  }
  if (state.ensemble && !owns_session(state, connection)) {
    Proposal& refused = propose_error(state, ErrorCode::kSessionMoved,
                                      author_of(state, connection, in.xid), now, actions);
    await(state, connection, in, refused, now);
    return;
  }
  Proposal& proposal = propose(state, request, author_of(state, connection, in.xid), now, actions);
  await(state, connection, in, proposal, now);
  if (in.op == OpCode::kCloseSession) {
    state.tracker.mark_closing(connection.session);
    connection.phase = Phase::kClosing;
  }
}

void handle_auth(State& state, Connection& connection, const Incoming& in,
                 const wire::AuthRequest& request, Now now, Actions& actions) {
  auth::AuthResult result =
      auth::authenticate(request.scheme, request.auth, state.options.auth, &connection.who);
  if (result.outcome == auth::AuthOutcome::kCloseSilently) {
    ++state.counters.auth_failures;
    close_connection(state, connection, CloseReason::kAuthFailed, actions);
    return;
  }
  bool accepted = result.outcome == auth::AuthOutcome::kAccepted;
  for (wire::Id& id : result.added) {
    accepted = connection.who.add(std::move(id)) && accepted;
  }
  send_reply(state, connection, in.op, in.xid, Zxid{0}, now.monotonic,
             header_frame(in.xid, Zxid{0}, accepted ? ErrorCode::kOk : ErrorCode::kAuthFailed), now,
             actions);
  if (!accepted) {
    ++state.counters.auth_failures;
    close_connection(state, connection, CloseReason::kAuthFailed, actions);
    return;
  }
  const auto& schemes = state.options.enforce_auth_schemes;
  if (std::find(schemes.begin(), schemes.end(), request.scheme) != schemes.end()) {
    connection.authenticated = true;
  }
}

void handle_connection_request(State& state, Connection& connection, const Incoming& in,
                               const wire::ConnectionRequest& request, Now now, Actions& actions) {
  if (std::holds_alternative<wire::PingRequest>(request)) {
    const Zxid zxid = state.database.last_zxid();
    send_reply(state, connection, in.op, wire::kPingXid, zxid, now.monotonic,
               header_frame(wire::kPingXid, zxid, ErrorCode::kOk), now, actions);
    return;
  }
  if (const auto* auth = std::get_if<wire::AuthRequest>(&request)) {
    handle_auth(state, connection, in, *auth, now, actions);
    return;
  }
  // SASL is not offered: refusing is safer than Apache's empty token, which a client may take for
  // success.
  ++state.counters.auth_failures;
  send_reply(state, connection, in.op, in.xid, Zxid{0}, now.monotonic,
             header_frame(in.xid, Zxid{0}, ErrorCode::kAuthFailed), now, actions);
  close_connection(state, connection, CloseReason::kAuthFailed, actions);
}

void handle_undecodable(State& state, Connection& connection, const Incoming& in, ErrorCode error,
                        Now now, Actions& actions) {
  if (in.op == OpCode::kAuth || in.op == OpCode::kSasl) {
    close_connection(state, connection, CloseReason::kBadFrame, actions);
    return;
  }
  if (error == ErrorCode::kUnimplemented) {
    ++state.counters.unhandled_opcodes;
    reply_in_order(state, connection, in, Zxid{-1}, error, now, actions);
    close_in_order(state, connection, CloseReason::kUnimplemented, now, actions);
    return;
  }
  if (in.op == OpCode::kMulti && state.space == SpaceLevel::kEnough && proposes(state)) {
    // The one request that takes a zxid although it cannot be read, in Apache and so here.
    Proposal& proposal =
        propose_error(state, error, author_of(state, connection, in.xid), now, actions);
    await(state, connection, in, proposal, now);
    return;
  }
  reply_in_order(state, connection, in, kLastApplied, error, now, actions);
}

/// What may be refused because it has waited too long. Source: ZooKeeper 3.9 Request.isThrottlable.
bool is_throttlable(OpCode op) {
  return op != OpCode::kPing && op != OpCode::kCloseSession && op != OpCode::kAuth &&
         op != OpCode::kSasl;
}

void handle_request(State& state, Connection& connection, std::string_view payload, bool overdue,
                    Now now, Actions& actions) {
  const std::optional<wire::RequestHeader> header = wire::decode_request_header(payload);
  if (!header) {
    close_connection(state, connection, CloseReason::kBadFrame, actions);
    return;
  }
  ++connection.received;
  ++state.counters.packets_received;
  const Incoming in{.op = header->op,
                    .xid = header->xid,
                    .payload = payload,
                    .body = payload.substr(wire::kRequestHeaderBytes)};
  if (state.options.enforce_auth && !connection.authenticated && in.op != OpCode::kAuth &&
      in.op != OpCode::kSasl) {
    reply_in_order(state, connection, in, Zxid{0}, ErrorCode::kSessionClosedRequireSaslAuth, now,
                   actions);
    close_in_order(state, connection, CloseReason::kAuthFailed, now, actions);
    return;
  }
  if (overdue && is_throttlable(in.op)) {
    ++state.counters.requests_throttled;
    reply_in_order(state, connection, in, kLastApplied, ErrorCode::kThrottledOp, now, actions);
    return;
  }
  if (connection.is_read_only && answer_read_only(state, connection, in.op, in.xid, now, actions)) {
    return;
  }
  if (in.op == OpCode::kCheck || in.op == OpCode::kDeleteContainer) {
    // Internal, or valid inside a multi only: never to be decoded, let alone proposed.
    handle_undecodable(state, connection, in, ErrorCode::kUnimplemented, now, actions);
    return;
  }
  const wire::DecodedRequest decoded = wire::decode_request(in.op, in.body);
  if (!decoded.request) {
    handle_undecodable(state, connection, in, decoded.error, now, actions);
  } else if (const auto* write = std::get_if<wire::WriteRequest>(&*decoded.request)) {
    handle_write(state, connection, in, *write, now, actions);
  } else if (const auto* read = std::get_if<wire::ReadRequest>(&*decoded.request)) {
    handle_read(state, connection, in, *read, now, actions);
  } else {
    handle_connection_request(state, connection, in,
                              std::get<wire::ConnectionRequest>(*decoded.request), now, actions);
  }
}

void count_latency(State& state, Connection& connection, OpCode op, TimePoint received, Now now) {
  const Duration latency = now.monotonic - received;
  state.counters.latency.record(latency);
  if (wire::is_write(op)) {
    state.counters.write_latency.record(latency);
  }
  const int64_t us = latency.count();
  connection.latency_us_min =
      connection.latency_count == 0 ? us : std::min(connection.latency_us_min, us);
  connection.latency_us_max = std::max(connection.latency_us_max, us);
  connection.latency_us_sum += us;
  connection.latency_us_last = us;
  ++connection.latency_count;
}

}  // namespace

request::Author author_of(const State& state, const Connection& connection, int32_t xid) {
  return {.session = connection.session,
          .xid = xid,
          .who = &connection.who,
          .session_alive = state.tracker.is_alive(connection.session)};
}

void handle_frames(State& state, Connection& connection, const ClientFrames& event, Now now,
                   Actions& actions) {
  if (!state.serving && !needs_no_leader(state, connection)) {
    // Nothing is answered, not even a ping: a client that waits for long enough tries another
    // member.
    if (connection.phase != Phase::kClosing && connection.phase != Phase::kClosed) {
      connection.backlog.append(event.frames);
      pause_if_over_limits(state, connection, actions);
    }
    return;
  }
  std::string_view frames = event.frames;
  while (frames.size() >= wire::kFrameHeaderBytes) {
    const auto size = static_cast<size_t>(load_big_endian<uint32_t>(frames.data()));
    QR_ASSERT(size <=
              frames.size() - wire::kFrameHeaderBytes);  // The shell hands over whole frames.
    const std::string_view payload = frames.substr(wire::kFrameHeaderBytes, size);
    switch (connection.phase) {
      case Phase::kNew:
        ++connection.received;
        ++state.counters.packets_received;
        handle_connect_request(state, connection, payload, now, actions);
        finish_large_request(state, connection, payload.size(), actions);
        break;
      case Phase::kOpening:
        connection.backlog.append(frames.substr(0, wire::kFrameHeaderBytes + size));
        break;
      case Phase::kOpen: {
        const size_t waiting = connection.queue.size();
        handle_request(state, connection, payload, event.overdue, now, actions);
        if (connection.queue.size() == waiting) {
          finish_large_request(state, connection, size, actions);
        }
        break;
      }
      case Phase::kClosing:
      case Phase::kClosed:
        return;
    }
    frames.remove_prefix(wire::kFrameHeaderBytes + size);
  }
  if (proposes(state) || connection.is_read_only) {
    state.tracker.touch(connection.session, now.monotonic);
  } else {
    touch_session(state, connection, now);
  }
  pause_if_over_limits(state, connection, actions);
}

void handle_backlog(State& state, Connection& connection, Now now, Actions& actions) {
  if (connection.backlog.empty()) {
    return;
  }
  const std::string frames = std::move(connection.backlog);
  connection.backlog = std::string();
  handle_frames(state, connection, {.connection = connection.id, .frames = frames}, now, actions);
}

void drain_queue(State& state, Connection& connection, Now now, Actions& actions) {
  while (!connection.queue.empty() && connection.phase != Phase::kClosed) {
    const Queued& front = connection.queue.front();
    const bool is_sync = front.kind == Queued::Kind::kSync;
    const bool is_synced = front.zxid != Zxid{} && front.zxid <= state.database.last_zxid();
    if (front.kind == Queued::Kind::kWrite || (is_sync && !is_synced)) {
      return;
    }
    const Queued queued = pop(state, connection);
    finish_large_request(state, connection, queued.charged_bytes - sizeof(Queued), actions);
    if (queued.kind == Queued::Kind::kClose) {
      close_connection(state, connection, queued.close_reason, actions);
      return;
    }
    if (queued.kind == Queued::Kind::kReply) {
      send_header(state, connection, queued, now, actions);
      continue;
    }
    const wire::DecodedRequest decoded = wire::decode_request(queued.op, queued.bytes);
    QR_ASSERT(decoded.request);  // It was decoded once, when it came in.
    state.counters.queued_read_latency.record(now.monotonic - queued.received);
    answer_read(state, connection, std::get<wire::ReadRequest>(*decoded.request), queued.op,
                queued.xid, queued.received, now, actions);
  }
}

void send_built_reply(State& state, Connection& connection, OpCode op, int32_t xid, Zxid zxid,
                      TimePoint received, size_t begin, Now now, Actions& actions) {
  const size_t end = actions.bytes.size();
  if (!actions.sends.empty() && actions.sends.back().connection == connection.id &&
      actions.sends.back().end == begin) {
    actions.sends.back().end = end;
  } else {
    actions.sends.push_back({connection.id, begin, end});
  }
  const auto bytes = static_cast<int64_t>(end - begin);
  Counters& counters = state.counters;
  counters.response_bytes_last = bytes;
  counters.response_bytes_max = std::max(counters.response_bytes_max, bytes);
  counters.response_bytes_min =
      counters.response_bytes_min < 0 ? bytes : std::min(counters.response_bytes_min, bytes);
  ++counters.packets_sent;
  ++connection.sent;
  connection.last_op = op;
  connection.last_xid = xid;
  connection.last_zxid = zxid;
  connection.last_response = now.wall;
  count_latency(state, connection, op, received, now);
}

void send_reply(State& state, Connection& connection, OpCode op, int32_t xid, Zxid zxid,
                TimePoint received, std::string_view frame, Now now, Actions& actions) {
  const size_t begin = actions.bytes.size();
  actions.bytes.append(frame);
  send_built_reply(state, connection, op, xid, zxid, received, begin, now, actions);
}

}  // namespace quorate::node
