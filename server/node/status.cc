// Reading the member's state into a Status.
#include "server/node/status.h"

#include <algorithm>

#include "server/node/ensemble.h"
#include "server/node/state.h"

namespace quorate::node {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;

ConnectionStatus describe(const Connection& connection) {
  const auto count = std::max<uint64_t>(1, connection.latency_count);
  return {.connection = connection.id,
          .address = connection.address,
          .port = connection.port,
          .secure = connection.secure,
          .session = connection.session,
          .timeout_ms = connection.timeout_ms,
          .outstanding = static_cast<int64_t>(connection.queue.size()),
          .received = connection.received,
          .sent = connection.sent,
          .established = connection.established,
          .last_op = connection.last_op,
          .last_xid = connection.last_xid,
          .last_zxid = connection.last_zxid,
          .last_response = connection.last_response,
          .latency_ms_last = connection.latency_us_last / kMicrosPerMilli,
          .latency_ms_min = connection.latency_us_min / kMicrosPerMilli,
          .latency_ms_max = connection.latency_us_max / kMicrosPerMilli,
          .latency_ms_avg = static_cast<double>(connection.latency_us_sum) / kMicrosPerMilli /
                            static_cast<double>(count)};
}

void add_connections(const State& state, Status& status) {
  for (const auto& connection : state.slots) {
    if (connection) {
      status.connections.push_back(describe(*connection));
    }
  }
  std::sort(status.connections.begin(), status.connections.end(),
            [](const auto& a, const auto& b) { return a.connection < b.connection; });
}

void add_sessions(const State& state, Now now, Status& status) {
  for (const session::Tracker::Bucket& bucket : state.tracker.buckets()) {
    status.session_buckets.push_back(
        {.expires_in_ms = (bucket.deadline - now.monotonic).count() / kMicrosPerMilli,
         .sessions = bucket.sessions});
  }
  const tree::Tree& tree = state.database.tree();
  for (const SessionId session : tree.sessions_with_ephemerals()) {
    status.ephemerals.push_back({.session = session, .paths = tree.ephemerals_of(session)});
  }
}

void add_watches(const State& state, Status& status) {
  for (const tree::Watches::PathWatchers& watched : state.watches.dump()) {
    WatchedPath entry{.path = watched.path, .sessions = {}};
    for (const tree::WatcherId watcher : watched.watchers) {
      entry.sessions.push_back(state.slots[watcher.value]->session);
    }
    status.watched_paths.push_back(std::move(entry));
  }
}

Role role_of(const State& state) {
  if (!state.ensemble) {
    return Role::kStandalone;
  }
  if (!state.serving) {
    return is_reading_only(state) ? Role::kReadOnly : Role::kLooking;
  }
  if (state.ensemble->leader) {
    return Role::kLeading;
  }
  const bool observes = !state.ensemble->committed.is_voter(state.options.server);
  return observes ? Role::kObserving : Role::kFollowing;
}

void add_ensemble(const State& state, Now now, Status& status) {
  const Ensemble& ensemble = *state.ensemble;
  const bool serving = state.serving;
  EnsembleStatus& to = status.ensemble.emplace();
  to.leader = serving ? ensemble.leader_id : ServerId{-1};
  to.accepted = ensemble.accepted;
  to.current = ensemble.current;
  to.config_version = ensemble.committed.version;
  to.configuration = quorum::to_text(ensemble.committed);
  to.is_formed = ensemble.is_formed();
  to.may_vote = ensemble.may_vote;
  to.takes_clients = takes_clients(state);
  to.voter_count = ensemble.committed.voters().size();
  if (!serving) {
    to.looking_for = now.monotonic - ensemble.not_serving_since;
  }
  if (serving && ensemble.leader) {
    to.leading_for = now.monotonic - ensemble.serving_since;
  }
  if (ensemble.leader) {
    to.learners = ensemble.leader->learner_statuses();
  }
}

}  // namespace

Status make_status(const State& state, Now now, StatusDetail detail) {
  const tree::Tree& tree = state.database.tree();
  Status status;
  status.role = role_of(state);
  status.server = state.options.server;
  if (state.ensemble) {
    add_ensemble(state, now, status);
  }
  status.last_zxid = state.database.last_zxid();
  status.proposed_zxid = state.history.last();
  status.durable_zxid = state.durable;
  status.space = state.space;
  status.serving = !state.suspended && state.serving;
  status.node_count = tree.node_count();
  status.ephemeral_count = static_cast<int64_t>(tree.ephemeral_count());
  status.approximate_data_bytes = tree.approximate_data_bytes();
  status.tree_digest = tree.digest();
  status.session_count = static_cast<int64_t>(proposes(state) ? state.tracker.count()
                                                              : state.database.session_count());
  status.connection_count = static_cast<int64_t>(state.by_id.size());
  status.secure_connection_count = state.secure_count;
  status.outstanding_count = static_cast<int64_t>(state.outstanding_count);
  status.outstanding_bytes = static_cast<int64_t>(state.outstanding_bytes);
  status.watch_count = static_cast<int64_t>(state.watches.count());
  status.watched_path_count = static_cast<int64_t>(state.watches.path_count());
  status.watching_connection_count = static_cast<int64_t>(state.watches.watcher_count());
  status.counters = state.counters;
  status.digest_mismatches = state.digest_mismatches;
  status.snapshot_running = state.snapshot.running;
  status.snapshot_zxid = state.snapshot.last_zxid;
  status.snapshot_time = state.snapshot.last_time;
  status.digests = state.digests;
  if (detail.connections) {
    add_connections(state, status);
  }
  if (detail.sessions) {
    add_sessions(state, now, status);
  }
  if (detail.watches) {
    add_watches(state, status);
  }
  if (detail.namespaces) {
    status.namespaces = state.namespaces.traffic();
    status.quotas = quotas_by_namespace(tree);
  }
  return status;
}

}  // namespace quorate::node
