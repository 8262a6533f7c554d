// The node machine: one event dispatched to the part that handles it.
#include "server/node/node.h"

#include <utility>
#include <variant>

#include "server/auth/permission.h"
#include "server/base/assert.h"
#include "server/base/overloaded.h"
#include "server/node/state.h"
#include "server/session/session_id.h"

namespace quorate::node {
namespace {

void handle_space(State& state, SpaceLevel level, Actions& actions) {
  if (level == state.space) {
    return;
  }
  const bool resumed = level == SpaceLevel::kEnough;
  if (resumed || state.space == SpaceLevel::kEnough) {
    actions.notes.push_back(
        {.kind = resumed ? NoteKind::kWritesResumed : NoteKind::kWritesRefused});
  }
  state.space = level;
}

void handle_synced(State& state, const LogSynced& event, Now now, Actions& actions) {
  QR_ASSERT(event.zxid >= state.durable && event.zxid <= state.proposed);
  state.durable = event.zxid;
  state.snapshot.log_bytes_since += event.log_bytes;
  // Standalone: what its own disk has is committed.
  commit_up_to(state, state.durable, now, actions);
}

void reset_connection_stats(State& state) {
  for (const auto& connection : state.slots) {
    if (!connection) {
      continue;
    }
    connection->received = 0;
    connection->sent = 0;
    connection->latency_count = 0;
    connection->latency_us_sum = 0;
    connection->latency_us_last = 0;
    connection->latency_us_min = 0;
    connection->latency_us_max = 0;
    connection->last_op = wire::OpCode::kNotification;
  }
}

}  // namespace

State::State(Options options_in, Recovered recovered, Now now)
    : options(std::move(options_in)),
      database(std::move(recovered.database)),
      preparer(database.tree(), options.prepare),
      tracker(options.tick),
      window(options.committed_window_count, options.committed_window_bytes) {
  proposed = database.last_zxid();
  durable = proposed;
  next_session = session::first_session_id(options.server, now.wall);
  next_container_check = now.monotonic + options.container_check_interval;
  snapshot.dice.state = options.random_seed;
  snapshot.last_zxid = recovered.snapshot_zxid;
  draw_snapshot_thresholds(*this);
  for (std::string& txn : recovered.recent_txns) {
    window.push(std::move(txn));
  }
  // Nobody knows when they were last heard of: each gets its full timeout from now.
  for (const tree::SessionRecord& record : database.sessions()) {
    tracker.add(record.session, std::chrono::milliseconds(record.timeout_ms), now.monotonic);
  }
}

Node::Node(Options options, Recovered recovered, Now now)
    : state_(std::make_unique<State>(std::move(options), std::move(recovered), now)) {}

Node::~Node() = default;

void Node::step(const Event& event, Now now, Actions& actions) {
  State& state = *state_;
  std::visit(
      Overloaded{
          [&](const ConnectionOpened& opened) { open_connection(state, opened, now); },
          [&](const ClientFrames& client) {
            Connection* connection = state.find(client.connection);
            if (connection != nullptr) {
              handle_frames(state, *connection, client, now, actions);
            }
          },
          [&](const ConnectionClosed& closed) { forget_connection(state, closed.connection); },
          [&](const LogSynced& synced) { handle_synced(state, synced, now, actions); },
          [&](const SpaceChanged& space) { handle_space(state, space.level, actions); },
          [&](const SnapshotWanted&) { continue_snapshot(state, actions); },
          [&](const SnapshotFinished& finished) { finish_snapshot(state, finished, now); },
          [&](const SnapshotRequested&) { start_snapshot(state, actions); },
          [&](const DeadlineReached&) { handle_deadline(state, now, actions); },
          [&](const ServerStatsReset&) {
            state.counters = Counters{};
            state.namespaces.reset();
          },
          [&](const ConnectionStatsReset&) { reset_connection_stats(state); },
      },
      event);
}

std::optional<TimePoint> Node::next_deadline() const { return node::next_deadline(*state_); }

Status Node::status(Now now, StatusDetail detail) const {
  return make_status(*state_, now, detail);
}

Zxid Node::last_zxid() const { return state_->database.last_zxid(); }

size_t Node::outstanding_count() const { return state_->outstanding_count; }

bool Node::idle() const { return state_->outstanding_count == 0 && state_->proposals.empty(); }

void Node::suspend(Actions& actions) { node::suspend(*state_, actions); }

bool Node::replaceable() const { return is_replaceable(*state_); }

void Node::replace_database(tree::Database database, Now now, Actions& actions) {
  node::replace_database(*state_, std::move(database), now, actions);
}

bool Node::may_administer(std::string_view scheme, std::string_view payload,
                          std::string_view address) const {
  auth::AuthResult result = auth::authenticate(scheme, payload, state_->options.auth);
  if (result.outcome != auth::AuthOutcome::kAccepted) {
    return false;
  }
  auth::Identities who;
  who.add(wire::Id{"ip", std::string(address)});
  for (wire::Id& id : result.added) {
    who.add(std::move(id));
  }
  const tree::Tree& tree = state_->database.tree();
  const wire::AclList acls = tree.acls().get(tree.acl(tree.find("/")));
  for (int32_t permission = wire::kPermRead; permission <= wire::kPermAdmin; permission <<= 1) {
    if (!auth::is_allowed(acls, permission, who)) {
      return false;
    }
  }
  return true;
}

void Node::check_invariants() const {
  const State& state = *state_;
  QR_ASSERT(state.digest_mismatches == 0);
  QR_ASSERT(state.durable <= state.proposed);
  QR_ASSERT(state.database.last_zxid() <= state.durable);
  Zxid expected = state.database.last_zxid();
  for (size_t index = 0; index < state.proposals.size(); ++index) {
    expected = expected.next();
    QR_ASSERT(state.proposals[index].zxid == expected);
  }
  QR_ASSERT(expected == state.proposed);
  size_t count = 0;
  size_t bytes = 0;
  for (const auto& connection : state.slots) {
    if (!connection) {
      continue;
    }
    size_t queue_bytes = 0;
    Zxid last;
    for (size_t index = 0; index < connection->queue.size(); ++index) {
      const Queued& queued = connection->queue[index];
      queue_bytes += queued.charged_bytes;
      if (queued.kind == Queued::Kind::kWrite) {
        QR_ASSERT(queued.zxid > last && queued.zxid > state.database.last_zxid());
        last = queued.zxid;
      }
    }
    QR_ASSERT(queue_bytes == connection->queue_bytes);
    QR_ASSERT(connection->queue.empty() || connection->phase != Phase::kClosed);
    QR_ASSERT(connection->queue.empty() || connection->queue.front().kind == Queued::Kind::kWrite);
    count += connection->queue.size();
    bytes += queue_bytes;
  }
  QR_ASSERT(count == state.outstanding_count && bytes == state.outstanding_bytes);
}

}  // namespace quorate::node
