// Requests on their way to the leader, and through a change of leader.
#include <algorithm>
#include <utility>
#include <variant>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/node/ensemble.h"
#include "server/wire/request.h"

namespace quorate::node {
namespace {

using wire::OpCode;

void forward(State& state, const wire::ForwardedRequest& request, wire::IdList authors, Now now,
             Actions& actions) {
  learn(state, zab::Forward{request, authors}, now, actions);
}

InFlightRequest make_in_flight(const State& state, const Connection& connection, OpCode op,
                               int32_t cxid) {
  return {.slot = connection.slot,
          .connection = connection.id,
          .session = connection.session,
          .cxid = cxid,
          .op = op,
          .held = state.history.last()};
}

/// Whether the history has this request's transaction already, not yet committed.
bool is_logged(const State& state, const InFlightRequest& request) {
  const zab::History& history = state.history;
  for (size_t index = history.index_after(std::max(request.held, state.database.last_zxid()));
       index < history.size(); ++index) {
    const std::optional<wire::TxnRecord> record = wire::decode_txn(history[index].txn);
    QR_ASSERT(record);
    if (is_of(record->header, request)) {
      return true;
    }
  }
  return false;
}

/// The oldest one that was not found yet: clients may use an xid again.
Queued* find_write(Connection& connection, int32_t cxid, OpCode op) {
  for (size_t index = 0; index < connection.queue.size(); ++index) {
    Queued& queued = connection.queue[index];
    if (queued.kind == Queued::Kind::kWrite && queued.xid == cxid && queued.op == op &&
        !queued.is_found) {
      queued.is_found = true;
      return &queued;
    }
  }
  return nullptr;
}

void propose_again(State& state, Connection& connection, Queued& queued, Now now,
                   Actions& actions) {
  own_session(state, connection.session);
  const wire::DecodedRequest decoded = wire::decode_request(queued.op, queued.bytes);
  const request::Author author = author_of(state, connection, queued.xid);
  const auto* const write =
      decoded.request ? std::get_if<wire::WriteRequest>(&*decoded.request) : nullptr;
  Proposal& proposal = write != nullptr ? propose(state, *write, author, now, actions)
                                        : propose_error(state, decoded.error, author, now, actions);
  proposal.origin = Proposal::Origin::kClient;
  proposal.slot = connection.slot;
  proposal.connection = connection.id;
  queued.zxid = proposal.zxid;
  if (queued.op == OpCode::kCloseSession) {
    state.tracker.mark_closing(connection.session);
  }
}

/// Nobody has done it: it begins anew under the new leader.
void ask_again(State& state, const InFlightRequest& request, Now now, Actions& actions) {
  Connection* const connection = state.find(request.slot, request.connection);
  if (connection == nullptr || connection->phase == Phase::kClosed) {
    return;
  }
  if (request.op == OpCode::kCreateSession) {
    ask_for_session(state, *connection, now, actions);
    return;
  }
  Queued* const queued = find_write(*connection, request.cxid, request.op);
  QR_ASSERT(queued != nullptr);
  if (proposes(state)) {
    propose_again(state, *connection, *queued, now, actions);
    return;
  }
  const std::string body = queued->bytes;
  forward_write(state, *connection, request.op, request.cxid, body, now, actions);
}

void ask_for_syncs_again(State& state, Now now, Actions& actions) {
  for (const auto& connection : state.slots) {
    if (!connection || connection->phase == Phase::kClosed) {
      continue;
    }
    for (size_t index = 0; index < connection->queue.size(); ++index) {
      Queued& queued = connection->queue[index];
      if (queued.kind != Queued::Kind::kSync) {
        continue;
      }
      queued.zxid = Zxid{};
      if (proposes(state)) {
        await_own_sync(state, *connection, queued);
      } else {
        forward_sync(state, *connection, queued.xid, now, actions);
      }
    }
    drain_queue(state, *connection, now, actions);
  }
}

void ask_for_sessions_again(State& state, Now now, Actions& actions) {
  std::deque<OpenRevalidation> open;
  std::swap(open, state.ensemble->revalidations);
  for (const OpenRevalidation& each : open) {
    Connection* const connection = state.find(each.slot, each.connection);
    if (connection == nullptr || connection->phase != Phase::kOpening) {
      continue;
    }
    ask_revalidation(state, *connection, now, actions);
  }
}

}  // namespace

void forward_write(State& state, const Connection& connection, OpCode op, int32_t cxid,
                   std::string_view body, Now now, Actions& actions) {
  const std::string authors = wire::encode_ids(connection.who.ids);
  state.in_flight.push(make_in_flight(state, connection, op, cxid));
  forward(state, {.session = connection.session, .cxid = cxid, .op = op, .body = body},
          wire::IdList{authors}, now, actions);
}

void forward_sync(State& state, const Connection& connection, int32_t cxid, Now now,
                  Actions& actions) {
  state.ensemble->syncs.push_back({connection.slot, connection.id});
  const std::string authors = wire::encode_ids(connection.who.ids);
  // The body is a path, which nobody looks at.
  std::string body;
  append_big_endian(body, int32_t{1});
  body.push_back('/');
  forward(state, {.session = connection.session, .cxid = cxid, .op = OpCode::kSync, .body = body},
          wire::IdList{authors}, now, actions);
}

void await_own_sync(State& state, const Connection& connection, Queued& queued) {
  queued.zxid = state.history.last();
  state.ensemble->syncs.push_back({connection.slot, connection.id, queued.zxid});
}

/// That the leader has taken a later write of the connection proves as much as its answer to the
/// sync would: everything committed before the sync was asked for is in front of that write.
void answer_before_write(State& state, tree::WatcherId slot, ConnectionId id, Now now,
                         Actions& actions) {
  Connection* const connection = state.find(slot, id);
  if (connection == nullptr) {
    return;
  }
  for (size_t index = 0; index < connection->queue.size(); ++index) {
    Queued& queued = connection->queue[index];
    if (queued.kind == Queued::Kind::kWrite) {
      break;
    }
    if (queued.kind != Queued::Kind::kSync) {
      continue;
    }
    queued.zxid = std::max(state.database.last_zxid(), Zxid{1});
    const auto open = std::ranges::find_if(state.ensemble->syncs, [&](const OpenSync& sync) {
      return sync.connection == id && !sync.is_answered;
    });
    if (open != state.ensemble->syncs.end()) {
      open->is_answered = true;
    }
  }
  drain_queue(state, *connection, now, actions);
}

void release_own_syncs(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  while (ensemble.leader && !ensemble.syncs.empty() &&
         ensemble.syncs.front().zxid <= state.database.last_zxid()) {
    const OpenSync sync = ensemble.syncs.front();
    ensemble.syncs.pop_front();
    Connection* const connection = state.find(sync.slot, sync.connection);
    if (connection != nullptr) {
      drain_queue(state, *connection, now, actions);
    }
  }
}

void forward_create_session(State& state, const Connection& connection, Now now, Actions& actions) {
  state.in_flight.push(make_in_flight(state, connection, OpCode::kCreateSession, 0));
  std::string body;
  append_big_endian(body, connection.timeout_ms);
  forward(state,
          {.session = connection.session, .cxid = 0, .op = OpCode::kCreateSession, .body = body},
          wire::IdList{}, now, actions);
}

void ask_revalidation(State& state, const Connection& connection, Now now, Actions& actions) {
  state.ensemble->revalidations.push_back({connection.slot, connection.id, connection.session});
  if (proposes(state)) {
    move_session(state, {.session = connection.session, .timeout_ms = connection.timeout_ms},
                 state.options.server, LinkId{}, now, actions);
    return;
  }
  learn(state,
        zab::AskRevalidation{{.session = connection.session, .timeout_ms = connection.timeout_ms}},
        now, actions);
}

void touch_session(State& state, const Connection& connection, Now now) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.learner) {
    ensemble.learner->step(
        zab::SessionTouched{{.session = connection.session, .timeout_ms = connection.timeout_ms}},
        now.monotonic, ensemble.learner_actions);
  }
}

void unpropose(State& state) {
  while (!state.proposals.empty()) {
    const Proposal proposal = state.proposals.pop();
    Connection* const connection = state.find(proposal.slot, proposal.connection);
    if (connection == nullptr || connection->phase == Phase::kClosed) {
      continue;
    }
    InFlightRequest request = make_in_flight(state, *connection, OpCode::kCreateSession, 0);
    request.held = Zxid{proposal.zxid.value - 1};
    if (proposal.origin == Proposal::Origin::kClient) {
      for (size_t index = 0; index < connection->queue.size(); ++index) {
        Queued& queued = connection->queue[index];
        if (queued.kind == Queued::Kind::kWrite && queued.zxid == proposal.zxid) {
          request.op = queued.op;
          request.cxid = queued.xid;
          queued.zxid = Zxid{};
        }
      }
    }
    state.in_flight.push(request);
  }
}

/// The leader's history is this member's now, and what is in it was answered as it was applied.
/// What is left has been lost with the former leader, if both spoke the language in which that is
/// sure.
void resolve_in_flight(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const bool is_java = ensemble.learner && ensemble.learner->leader_is_java();
  const bool is_certain = !is_java && !ensemble.was_synced_by_java;
  ensemble.was_synced_by_java = false;
  for (const auto& connection : state.slots) {
    for (size_t index = 0; connection && index < connection->queue.size(); ++index) {
      connection->queue[index].is_found = false;
    }
  }
  Ring<InFlightRequest> open = state.in_flight.take();
  while (!open.empty()) {
    const InFlightRequest request = open.pop();
    Connection* const connection = state.find(request.slot, request.connection);
    if (is_logged(state, request)) {
      if (connection != nullptr) {
        static_cast<void>(find_write(*connection, request.cxid, request.op));
      }
      state.in_flight.push(request);
      continue;
    }
    if (is_certain) {
      ask_again(state, request, now, actions);
    } else if (connection != nullptr) {
      close_connection(state, *connection, CloseReason::kFateUnknown, actions);
    }
  }
  ask_for_syncs_again(state, now, actions);
  ask_for_sessions_again(state, now, actions);
}

void note_session_move(State& state, const wire::TxnRecord& record, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const auto* const error = std::get_if<wire::ErrorTxn>(&record.txn);
  if (error == nullptr || record.header.cxid != 0) {
    return;
  }
  if (error->error != wire::ErrorCode::kSessionMoved) {
    confirm_move(state, record.header.zxid, now, actions);
    return;
  }
  const SessionId session = record.header.session;
  const bool moves_here =
      std::ranges::any_of(ensemble.revalidations,
                          [&](const OpenRevalidation& open) { return open.session == session; });
  confirm_move(state, record.header.zxid, now, actions);
  const auto owner = state.by_session.find(session);
  if (moves_here || owner == state.by_session.end()) {
    return;
  }
  Connection& former = *state.slots[owner->second];
  state.by_session.erase(owner);
  former.session = SessionId{};
  close_connection(state, former, CloseReason::kSessionTakenOver, actions);
}

}  // namespace quorate::node
