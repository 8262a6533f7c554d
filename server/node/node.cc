// The node machine: one event dispatched to the part that handles it.
#include "server/node/node.h"

#include <utility>
#include <variant>

#include "server/auth/permission.h"
#include "server/base/assert.h"
#include "server/base/overloaded.h"
#include "server/node/ensemble.h"
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
  QR_ASSERT(event.zxid >= state.durable && event.zxid <= state.history.last());
  state.durable = event.zxid;
  state.snapshot.log_bytes_since += event.log_bytes;
  if (!state.ensemble) {
    // What its own disk has is committed.
    state.history.commit(event.zxid);
    commit_up_to(state, event.zxid, now, actions);
    return;
  }
  lead(state, zab::OwnLogSynced{event.zxid}, now, actions);
  learn(state, zab::LogSynced{event.zxid}, now, actions);
  note_fitness(state, actions);
  look_if_ready(state, now, actions);
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

/// The newest txns that follow each other, up to the database's last.
zab::History make_history(const Options& options, const tree::Database& database,
                          std::vector<std::string> txns) {
  std::vector<Zxid> zxids;
  for (const std::string& txn : txns) {
    const std::optional<wire::TxnRecord> record = wire::decode_txn(txn);
    zxids.push_back(record ? record->header.zxid : Zxid{-1});
  }
  size_t first = txns.size();
  Zxid next = database.last_zxid();
  while (first > 0 && (first == txns.size() ? zxids[first - 1] == next
                                            : is_continuous(zxids[first - 1], next))) {
    next = zxids[--first];
  }
  const Zxid base = first == txns.size() ? database.last_zxid() : Zxid{next.value - 1};
  zab::History history(base, options.committed_window_count, options.committed_window_bytes);
  for (size_t index = first; index < txns.size(); ++index) {
    history.append(zxids[index], std::move(txns[index]));
  }
  history.commit(history.last());
  history.trim();
  return history;
}

/// Whether a reconfig is in flight is what the history says, which the tree is made from: a file
/// that was written in front of a log that has lost the transaction must not bring it back, and a
/// snapshot that was received may be ahead of the files. The first configuration is in no history.
void take_reconfig_of_history(EnsembleOptions& options, const tree::Tree& tree) {
  if (!options.reconfig_enabled) {
    return;
  }
  if (options.last_seen && Zxid{options.last_seen->version.value}.counter() != 0) {
    options.last_seen.reset();
  }
  const tree::NodeId node = tree.find("/zookeeper/config");
  const wire::NullableBytes text = node ? tree.data(node) : wire::NullableBytes();
  const quorum::ParsedConfiguration parsed =
      quorum::parse_configuration(text.value_or(std::string_view()));
  const ConfigVersion known =
      options.last_seen ? options.last_seen->version : options.configuration.version;
  if (parsed.ok() && parsed.configuration.version > known) {
    options.last_seen = parsed.configuration;
  }
}

}  // namespace

State::State(Options options_in, Recovered recovered, Now now)
    : options(std::move(options_in)),
      database(std::move(recovered.database)),
      preparer(database.tree(), options.prepare),
      tracker(options.tick),
      history(make_history(options, database, std::move(recovered.recent_txns))),
      durable(database.last_zxid()) {
  next_session = session::first_session_id(options.server, now.wall);
  next_container_check = now.monotonic + options.container_check_interval;
  snapshot.dice.state = options.random_seed;
  snapshot.last_zxid = recovered.snapshot_zxid;
  draw_snapshot_thresholds(*this);
  if (options.ensemble) {
    take_reconfig_of_history(*options.ensemble, database.tree());
    ensemble = std::make_unique<Ensemble>(*options.ensemble, options.server);
    hold_clients(*this, now);
    return;  // Sessions are tracked by who leads.
  }
  // Nobody knows when they were last heard of: each gets its full timeout from now.
  for (const tree::SessionRecord& record : database.sessions()) {
    tracker.add(record.session, std::chrono::milliseconds(record.timeout_ms), now.monotonic);
  }
}

State::~State() = default;

Node::Node(Options options, Recovered recovered, Now now)
    : state_(std::make_unique<State>(std::move(options), std::move(recovered), now)) {}

Node::~Node() = default;

void Node::begin(Now now, Actions& actions) {
  state_->ensemble->is_ready_to_look = true;
  look_if_ready(*state_, now, actions);
}

void Node::step(const Event& event, Now now, Actions& actions) {
  State& state = *state_;
  if (state.ensemble) {
    notice_pause(state, now, actions);
  }
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
          [&](const auto& of_ensemble) { step_ensemble(state, of_ensemble, now, actions); },
      },
      event);
  if (state.ensemble && state.ensemble->leader) {
    perform_leader(state, now, actions);
  }
}

std::optional<TimePoint> Node::next_deadline() const { return node::next_deadline(*state_); }

Status Node::status(Now now, StatusDetail detail) const {
  return make_status(*state_, now, detail);
}

std::variant<ConfigVersion, quorum::Refusal> Node::reconfigure(const wire::ReconfigRequest& request,
                                                               Now now, Actions& actions) {
  State& state = *state_;
  QR_ASSERT(proposes(state) && state.ensemble);
  const ConfigVersion version{next_zxid(state).value};
  const request::Author itself;
  // Refused before it costs a zxid.
  const auto outcome = plan_reconfig(state, request, itself, version);
  if (const auto* const refusal = std::get_if<quorum::Refusal>(&outcome)) {
    return *refusal;
  }
  propose_reconfig(state, request, itself, now, actions);
  perform_leader(state, now, actions);
  return version;
}

std::optional<HandOverRefusal> Node::hand_over_to(std::optional<ServerId> target, Now now,
                                                  Actions& actions) {
  return node::hand_over(*state_, target, now, actions);
}

bool Node::has_handed_over() const {
  const auto& ensemble = state_->ensemble;
  return !ensemble || (!ensemble->hand_over && !ensemble->abstains_until);
}

const std::vector<ServerId>& Node::wanted_peers() const {
  return state_->ensemble->election.wanted();
}

const quorum::Configuration& Node::configuration() const { return state_->ensemble->last_seen; }

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

namespace {

void check_history(const State& state) {
  QR_ASSERT(state.durable <= state.history.last());
  const Zxid applied = state.database.last_zxid();
  const bool is_replaced =
      state.ensemble && (state.ensemble->is_installing || state.ensemble->is_truncating ||
                         state.ensemble->must_reload);
  if (!is_replaced) {
    QR_ASSERT(applied <= state.history.last());
  }
  QR_ASSERT(state.ensemble || applied <= state.durable);
  Zxid expected = applied;
  for (size_t index = 0; index < state.proposals.size(); ++index) {
    const Zxid zxid = state.proposals[index].zxid;
    QR_ASSERT(is_continuous(expected, zxid));
    expected = zxid;
  }
  QR_ASSERT(state.proposals.empty() || expected == state.history.last());
  QR_ASSERT(state.ensemble || expected == state.history.last());
}

}  // namespace

void Node::check_invariants() const {
  const State& state = *state_;
  QR_ASSERT(state.digest_mismatches == 0);
  check_history(state);
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
        const bool is_forwarded = state.ensemble && queued.zxid == Zxid{};
        QR_ASSERT(is_forwarded || queued.zxid > last);
        QR_ASSERT(is_forwarded || queued.zxid > state.database.last_zxid());
        last = std::max(last, queued.zxid);
      }
    }
    QR_ASSERT(queue_bytes == connection->queue_bytes);
    QR_ASSERT(connection->queue.empty() || connection->phase != Phase::kClosed);
    QR_ASSERT(connection->queue.empty() || !state.serving ||
              connection->queue.front().kind == Queued::Kind::kWrite ||
              connection->queue.front().kind == Queued::Kind::kSync);
    count += connection->queue.size();
    bytes += queue_bytes;
  }
  QR_ASSERT(count == state.outstanding_count && bytes == state.outstanding_bytes);
}

}  // namespace quorate::node
