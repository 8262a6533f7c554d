// Applying what is durable: the tree changes, watches fire, the writer is answered, readers go on.
#include <utility>
#include <variant>

#include "server/auth/permission.h"
#include "server/base/assert.h"
#include "server/node/state.h"
#include "server/wire/reply.h"
#include "server/wire/txn.h"

namespace quorate::node {
namespace {

void count_event(Counters& counters, wire::EventType type) {
  switch (type) {
    case wire::EventType::kNodeCreated:
      ++counters.watches_created_fired;
      break;
    case wire::EventType::kNodeDeleted:
      ++counters.watches_deleted_fired;
      break;
    case wire::EventType::kNodeDataChanged:
      ++counters.watches_changed_fired;
      break;
    case wire::EventType::kNodeChildrenChanged:
      ++counters.watches_children_fired;
      break;
    case wire::EventType::kNone:
      break;
  }
}

/// The session has ended: whoever serves it is cut off, unless it is the one that asked for it.
void end_session(State& state, SessionId session, Zxid zxid, ConnectionId asked_by,
                 Actions& actions) {
  state.tracker.remove(session);
  if (state.ensemble) {
    forget_session(state, session);
  }
  actions.notes.push_back({.kind = NoteKind::kSessionClosed, .session = session, .zxid = zxid});
  const auto owner = state.by_session.find(session);
  if (owner == state.by_session.end()) {
    return;
  }
  Connection& connection = *state.slots[owner->second];
  state.by_session.erase(owner);
  if (connection.id != asked_by) {
    close_connection(state, connection, CloseReason::kSessionExpired, actions);
  }
}

void answer_write(State& state, Connection& connection, Zxid zxid, Now now, Actions& actions) {
  if (connection.phase == Phase::kClosed) {
    return;
  }
  QR_ASSERT(!connection.queue.empty());
  const Queued& waiting = connection.queue.front();
  QR_ASSERT(waiting.kind == Queued::Kind::kWrite);
  QR_ASSERT(waiting.zxid == zxid || waiting.zxid == Zxid{});
  const wire::OpCode op = waiting.op;
  const int32_t xid = waiting.xid;
  const TimePoint received = waiting.received;
  --state.outstanding_count;
  state.outstanding_bytes -= waiting.charged_bytes;
  connection.queue_bytes -= waiting.charged_bytes;
  finish_large_request(state, connection, waiting.charged_bytes - sizeof(Queued), actions);
  connection.queue.pop();
  const size_t begin = actions.bytes.size();
  if (op == wire::OpCode::kReconfig) {
    append_reconfig_reply(actions.bytes, xid, zxid, state.applied, state.database.tree());
  } else {
    append_write_reply(actions.bytes, op, xid, zxid, state.applied);
  }
  send_built_reply(state, connection, op, xid, zxid, received, begin, now, actions);
  if (op == wire::OpCode::kCloseSession) {
    close_connection(state, connection, CloseReason::kSessionClosed, actions);
    return;
  }
  drain_queue(state, connection, now, actions);
}

/// Who waits for a transaction, if anybody does.
struct Waiter {
  Proposal::Origin origin = Proposal::Origin::kServer;
  tree::WatcherId slot;
  ConnectionId connection;
};

Waiter find_waiter(State& state, const wire::TxnHeader& header, Now now) {
  if (!state.proposals.empty() && state.proposals.front().zxid == header.zxid) {
    const Proposal proposal = state.proposals.pop();
    if (state.ensemble) {
      state.counters.quorum_ack_latency.record(now.monotonic - proposal.proposed_at);
    }
    return {proposal.origin, proposal.slot, proposal.connection};
  }
  const InFlightRequest* const request = state.in_flight.settle(header);
  if (request == nullptr) {
    return {};
  }
  const bool opens = request->op == wire::OpCode::kCreateSession;
  return {opens ? Proposal::Origin::kCreateSession : Proposal::Origin::kClient, request->slot,
          request->connection};
}

/// Hands the outcome of a committed transaction to whoever waits for it.
void settle(State& state, const Waiter& waiter, const wire::TxnRecord& record, Now now,
            Actions& actions) {
  Connection* connection = state.find(waiter.slot, waiter.connection);
  if (record.header.type == wire::OpCode::kCloseSession) {
    const bool asked = waiter.origin == Proposal::Origin::kClient;
    end_session(state, record.header.session, record.header.zxid,
                asked ? waiter.connection : ConnectionId{}, actions);
  }
  if (state.ensemble) {
    note_session_move(state, record, now, actions);
  }
  if (connection == nullptr) {
    return;
  }
  if (waiter.origin == Proposal::Origin::kCreateSession && connection->phase == Phase::kOpening) {
    finish_handshake(state, *connection, now, actions);
  } else if (waiter.origin == Proposal::Origin::kClient) {
    answer_write(state, *connection, record.header.zxid, now, actions);
  }
}

void remember_digest(State& state, Zxid zxid) {
  constexpr int64_t kInterval = 128;
  constexpr size_t kEntriesMax = 1024;
  if (!state.options.prepare.digest_enabled || zxid.value % kInterval != 0) {
    return;
  }
  if (state.digests.size() == kEntriesMax) {
    state.digests.erase(state.digests.begin());
  }
  state.digests.push_back({zxid, state.database.tree().digest()});
}

/// `txn` borrows from the history, whose buffers stay where they are while it grows.
void commit_one(State& state, Zxid zxid, std::string_view txn, Now now, Actions& actions) {
  const std::optional<wire::TxnRecord> record = wire::decode_txn(txn);
  QR_ASSERT(record);  // We encoded it, or decoded it when it came.
  QR_ASSERT(record->header.zxid == zxid);
  QR_ASSERT(is_continuous(state.database.last_zxid(), zxid));
  const Waiter waiter = find_waiter(state, record->header, now);
  if (state.ensemble && waiter.origin == Proposal::Origin::kClient) {
    answer_before_write(state, waiter.slot, waiter.connection, now, actions);
  }
  const bool applied = state.database.apply(*record, state.applied);
  QR_ASSERT(applied);
  // The digest was computed before, from pending state: both ways must agree on the tree. Counted
  // and logged like Apache does; check_invariants, and so every test, refuses it.
  if (record->digest &&
      static_cast<uint64_t>(record->digest->tree_digest) != state.database.tree().digest()) {
    ++state.digest_mismatches;
    actions.notes.push_back({.kind = NoteKind::kDigestMismatch, .zxid = zxid});
  }
  state.preparer.applied(zxid);
  ++state.counters.commits;
  count_write(state.namespaces, record->txn, state.applied);
  remember_digest(state, zxid);
  if (!state.applied.changes.empty() && state.watches.count() > 0) {
    state.notifications.clear();
    for (const tree::Change& change : state.applied.changes) {
      state.watches.fire(change, state.notifications);
    }
    deliver(state, state.notifications, zxid, actions);
  }
  settle(state, waiter, *record, now, actions);
  ++state.snapshot.txns_since;
}

}  // namespace

void commit_up_to(State& state, Zxid zxid, Now now, Actions& actions) {
  for (size_t index = state.history.index_after(state.database.last_zxid());
       state.database.last_zxid() < zxid; ++index) {
    const zab::History::Entry& entry = state.history[index];
    commit_one(state, entry.zxid, entry.txn, now, actions);
  }
  state.history.trim();
  if (state.ensemble) {
    release_own_syncs(state, now, actions);
  }
  if (!state.paused.empty()) {
    resume_paused(state, actions);
  }
  start_snapshot_if_due(state, actions);
}

void install_database(State& state, tree::Database database, Actions& actions) {
  for (const auto& connection : state.slots) {
    if (!connection || connection->phase == Phase::kClosed) {
      continue;
    }
    if (!connection->queue.empty() || state.watches.has_any(connection->slot)) {
      close_connection(state, *connection, CloseReason::kStateReplaced, actions);
    }
  }
  if (state.snapshot.writer) {
    state.snapshot.writer.reset();
    actions.snapshot_abandoned = true;
  }
  state.database = std::move(database);
  state.preparer.reset();
  state.digests.clear();
}

void deliver(State& state, const std::vector<tree::Notification>& notifications, Zxid zxid,
             Actions& actions) {
  for (const tree::Notification& notification : notifications) {
    Connection* connection = state.slots[notification.watcher.value].get();
    if (connection == nullptr || connection->phase == Phase::kClosed) {
      continue;
    }
    const wire::AclList acls = state.database.tree().acls().get(notification.acl);
    if (!state.options.prepare.skip_acl &&
        !auth::is_allowed(acls, wire::kPermRead, connection->who)) {
      ++state.counters.watches_hidden;
      continue;
    }
    const size_t begin = actions.bytes.size();
    wire::append_notification(actions.bytes, zxid, notification.type, notification.path);
    if (!actions.sends.empty() && actions.sends.back().connection == connection->id &&
        actions.sends.back().end == begin) {
      actions.sends.back().end = actions.bytes.size();
    } else {
      actions.sends.push_back({connection->id, begin, actions.bytes.size()});
    }
    ++state.counters.packets_sent;
    ++connection->sent;
    count_event(state.counters, notification.type);
  }
}

}  // namespace quorate::node
