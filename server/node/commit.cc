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
  QR_ASSERT(waiting.kind == Queued::Kind::kWrite && waiting.zxid == zxid);
  const wire::OpCode op = waiting.op;
  const int32_t xid = waiting.xid;
  const TimePoint received = waiting.received;
  --state.outstanding_count;
  state.outstanding_bytes -= waiting.charged_bytes;
  connection.queue_bytes -= waiting.charged_bytes;
  finish_large_request(state, connection, waiting.charged_bytes - sizeof(Queued), actions);
  connection.queue.pop();
  const size_t begin = actions.bytes.size();
  append_write_reply(actions.bytes, op, xid, zxid, state.applied);
  send_built_reply(state, connection, op, xid, zxid, received, begin, now, actions);
  if (op == wire::OpCode::kCloseSession) {
    close_connection(state, connection, CloseReason::kSessionClosed, actions);
    return;
  }
  drain_queue(state, connection, now, actions);
}

/// Hands the outcome of a committed proposal to whoever waits for it.
void settle(State& state, const Proposal& proposal, const wire::TxnRecord& record, Now now,
            Actions& actions) {
  Connection* connection = state.find(proposal.slot, proposal.connection);
  if (record.header.type == wire::OpCode::kCloseSession) {
    const bool asked = proposal.origin == Proposal::Origin::kClient;
    end_session(state, record.header.session, proposal.zxid,
                asked ? proposal.connection : ConnectionId{}, actions);
  }
  if (connection == nullptr) {
    return;
  }
  if (proposal.origin == Proposal::Origin::kCreateSession && connection->phase == Phase::kOpening) {
    finish_handshake(state, *connection, now, actions);
  } else if (proposal.origin == Proposal::Origin::kClient) {
    answer_write(state, *connection, proposal.zxid, now, actions);
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

void commit_one(State& state, Now now, Actions& actions) {
  Proposal proposal = state.proposals.pop();
  const std::optional<wire::TxnRecord> record = wire::decode_txn(proposal.txn);
  QR_ASSERT(record);  // We encoded it.
  QR_ASSERT(record->header.zxid == state.database.last_zxid().next());
  const bool applied = state.database.apply(*record, state.applied);
  QR_ASSERT(applied);
  // The digest was computed before, from pending state: both ways must agree on the tree. Counted
  // and logged like Apache does; check_invariants, and so every test, refuses it.
  if (record->digest &&
      static_cast<uint64_t>(record->digest->tree_digest) != state.database.tree().digest()) {
    ++state.digest_mismatches;
    actions.notes.push_back({.kind = NoteKind::kDigestMismatch, .zxid = proposal.zxid});
  }
  state.preparer.applied(proposal.zxid);
  ++state.counters.commits;
  count_write(state.namespaces, record->txn, state.applied);
  remember_digest(state, proposal.zxid);
  if (!state.applied.changes.empty() && state.watches.count() > 0) {
    state.notifications.clear();
    for (const tree::Change& change : state.applied.changes) {
      state.watches.fire(change, state.notifications);
    }
    deliver(state, state.notifications, proposal.zxid, actions);
  }
  settle(state, proposal, *record, now, actions);
  ++state.snapshot.txns_since;
  state.window.push(std::move(proposal.txn));
}

}  // namespace

void commit_up_to(State& state, Zxid zxid, Now now, Actions& actions) {
  while (!state.proposals.empty() && state.proposals.front().zxid <= zxid) {
    commit_one(state, now, actions);
  }
  if (!state.paused.empty()) {
    resume_paused(state, actions);
  }
  start_snapshot_if_due(state, actions);
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
