// Members of an ensemble: from an election to a role, and back.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/node/ensemble.h"
#include "server/wire/peer_extension.h"

namespace quorate::node {
namespace {

election::Options election_options(const EnsembleOptions& options, ServerId self) {
  election::Options election;
  election.self = self;
  election.finalize_wait = options.finalize_wait;
  election.adopts_configurations = options.reconfig_enabled;
  election.extension = options.extension;
  return election;
}

void become_leader(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  actions.quorum.listens = true;
  ensemble.leader = std::make_unique<zab::Leader>(
      zab::LeaderOptions{.self = state.options.server,
                         .timing = ensemble.options.timing,
                         .sync = {.force_snapshot = ensemble.options.force_snapshot_sync,
                                  .log_bytes_max = log_bytes_max(state)},
                         .link_bytes_max = ensemble.options.link_bytes_max,
                         .ensemble_id = ensemble.options.ensemble_id,
                         .extension = ensemble.options.extension},
      zab::LeaderStart{.accepted = ensemble.accepted,
                       .current = ensemble.current,
                       .committed = ensemble.committed,
                       .last_seen = ensemble.last_seen,
                       .witness = ensemble.witness},
      state.history, now.monotonic);
  ensemble.leader->begin(now.monotonic, ensemble.leader_actions);
  perform_leader(state, now, actions);
}

void become_learner(State& state, ServerId leader, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const auto& servers =
      ensemble.committed.contains(leader) ? ensemble.committed.servers : ensemble.last_seen.servers;
  const auto spec = servers.find(leader);
  QR_ASSERT(spec != servers.end());  // Only voters of the configuration are elected.
  const ServerId self = state.options.server;
  const bool observes = ensemble.election.state() == wire::PeerState::kObserving;
  ensemble.learner = std::make_unique<zab::Learner>(
      zab::LearnerOptions{.self = self,
                          .leader = leader,
                          .is_observer = observes,
                          .timing = ensemble.options.timing,
                          .ensemble_id = ensemble.options.ensemble_id,
                          .extension = ensemble.options.extension},
      zab::LearnerStart{.accepted = ensemble.accepted,
                        .current = ensemble.current,
                        .config_version = ensemble.committed.version},
      state.history, now.monotonic);
  actions.quorum.connect = QuorumActions::Connect{leader, spec->second.addresses};
}

void take_role(State& state, const election::Decision& decision, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  end_reading_only(state, actions);
  ensemble.leader_id = decision.vote.leader;
  ++ensemble.roles_taken;
  ensemble.log_end = state.history.last();
  state.counters.election_time.record(decision.looked_for);
  actions.notes.push_back({.kind = NoteKind::kRoleChanged,
                           .value = static_cast<int64_t>(decision.role),
                           .peer = decision.vote.leader,
                           .detail = "elected"});
  if (decision.role == wire::PeerState::kLeading) {
    become_leader(state, now, actions);
  } else {
    become_learner(state, decision.vote.leader, now, actions);
  }
}

const char* text_of(election::Revocation revocation) {
  switch (revocation) {
    case election::Revocation::kNoQuorumLeft:
      return "no quorum follows";
    case election::Revocation::kLeaderMovedOn:
      return "the leader moved on";
    case election::Revocation::kLeaderSuspected:
      return "the leader's connection is gone";
  }
  QR_ASSERT(false);
}

}  // namespace

Ensemble::Ensemble(EnsembleOptions options_in, ServerId self)
    : options(std::move(options_in)),
      committed(options.configuration),
      last_seen(options.last_seen.value_or(options.configuration)),
      accepted(options.accepted),
      current(options.current),
      may_vote(options.may_vote),
      is_marked_unfit(options.is_marked_unfit),
      witness(options.witness),
      election(election_options(options, self), committed, last_seen) {}

void perform_election(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  election::Actions taken;
  std::swap(taken, ensemble.election_actions);
  for (const election::Actions::Send& send : taken.sends) {
    const size_t begin = actions.quorum.bytes.size();
    wire::encode_frame(send.notification, actions.quorum.bytes);
    actions.quorum.notifications.push_back({send.to, begin, actions.quorum.bytes.size()});
  }
  actions.quorum.wanted_changed |= taken.wanted_changed;
  if (taken.configuration_seen) {
    const quorum::Configuration& seen = taken.configuration_seen->configuration;
    if (seen.version > ensemble.committed.version) {
      adopt_configuration(state, seen, !taken.configuration_seen->is_in_flight, now, actions);
    }
  }
  if (take_witness(state, taken.witnessed, actions) && ensemble.may_vote) {
    hear_of_own_disk(state, now, actions);
    return;
  }
  if (taken.revoked) {
    end_role(state, text_of(*taken.revoked), now, actions);
  } else if (taken.decision) {
    take_role(state, *taken.decision, now, actions);
  }
}

void end_role(State& state, const char* why, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const bool had_role = ensemble.leader || ensemble.learner;
  if (!had_role) {
    return;
  }
  actions.notes.push_back({.kind = NoteKind::kRoleChanged,
                           .value = static_cast<int64_t>(wire::PeerState::kLooking),
                           .peer = ensemble.leader_id,
                           .detail = why});
  if (ensemble.learner && ensemble.learner->leader_is_java()) {
    ensemble.was_synced_by_java = true;
  }
  if (ensemble.learner && state.serving) {
    state.counters.detection_time.record(ensemble.learner->silent_for(now.monotonic));
  }
  unpropose(state);
  state.preparer.reset();
  state.tracker = session::Tracker(state.options.tick);
  ensemble.leader.reset();
  ensemble.learner.reset();
  ensemble.leader_actions.clear();
  ensemble.learner_actions.clear();
  ensemble.stream.reset();
  ensemble.owners.clear();
  ensemble.moves.clear();
  ensemble.syncs.clear();
  ensemble.hand_over.reset();
  actions.quorum.leaves_role = true;
  actions.quorum.listens = false;
  actions.quorum.connect.reset();
  if (state.serving) {
    hold_clients(state, now);
  }
  ensemble.is_ready_to_look = true;
  look_if_ready(state, now, actions);
}

void look_if_ready(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const bool owes = ensemble.is_saving_epochs || ensemble.is_truncating || ensemble.is_installing ||
                    state.durable < state.history.last();
  if (!ensemble.is_ready_to_look || owes) {
    return;
  }
  if (ensemble.must_reload) {
    ensemble.must_reload = false;
    ensemble.is_truncating = true;
    actions.quorum.truncate = QuorumActions::Truncate{ensemble.log_end, true};
    return;
  }
  ensemble.is_ready_to_look = false;
  note_fitness(state, actions);
  ++state.counters.elections;
  await_read_only(state, now);
  const std::optional<ServerId> successor = std::exchange(ensemble.successor, std::nullopt);
  const bool leaves_it_to_others = ensemble.abstains_until && !successor;
  ensemble.election.step(election::StartLooking{.last_logged = state.history.last(),
                                                .current_epoch = ensemble.current,
                                                .may_vote = ensemble.may_vote,
                                                .abstains = leaves_it_to_others,
                                                .successor = successor,
                                                .accepted_epoch = ensemble.accepted,
                                                .witness = ensemble.witness},
                         now.monotonic, ensemble.election_actions);
  perform_election(state, now, actions);
}

/// The role holds: what clients have waited for goes on.
void begin_serving(State& state, Epoch epoch, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.election.step(election::LeaderEstablished{epoch}, now.monotonic,
                         ensemble.election_actions);
  perform_election(state, now, actions);
  if (!ensemble.leader && !ensemble.learner) {
    return;
  }
  state.serving = true;
  ensemble.serving_since = now.monotonic;
  state.counters.unavailable_time.record(now.monotonic - ensemble.not_serving_since);
  ensemble.abstains_until.reset();
  actions.notes.push_back({.kind = NoteKind::kServing,
                           .zxid = Zxid{epoch.value << 32},
                           .value = static_cast<int64_t>(ensemble.election.state()),
                           .peer = ensemble.leader_id});
  if (!takes_clients(state)) {
    close_all(state, CloseReason::kRefused, actions);
  }
  resolve_in_flight(state, now, actions);
  for (size_t slot = 0; slot < state.slots.size(); ++slot) {
    Connection* const connection = state.slots[slot].get();
    if (connection != nullptr && connection->phase != Phase::kOpening && state.serving) {
      handle_backlog(state, *connection, now, actions);
    }
  }
}

void adopt_configuration(State& state, const quorum::Configuration& configuration, bool committed,
                         Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.options.reconfig_enabled) {
    // The version that the first leader gives to the configuration is ignored as well: Apache's
    // members, once they hear of it, would look for a leader again and again.
    return;
  }
  // What a leader tells of its past may be behind what others have said to hold.
  const bool is_old = configuration.version < ensemble.committed.version;
  const bool is_known =
      committed ? configuration == ensemble.committed : configuration == ensemble.last_seen;
  if (is_old || is_known) {
    return;
  }
  if (committed) {
    ensemble.committed = configuration;
    if (ensemble.last_seen.version <= configuration.version) {
      ensemble.last_seen = configuration;
    }
  } else {
    ensemble.last_seen = configuration;
  }
  actions.quorum.configurations.push_back({configuration, committed});
  ensemble.election.step(election::MembershipChanged{ensemble.committed, ensemble.last_seen},
                         now.monotonic, ensemble.election_actions);
  perform_election(state, now, actions);
}

/// Not part of the history until a reconfig is: every member writes it into its own tree. Source:
/// ZooKeeper 3.9 ZKDatabase.initConfigInZKDatabase. What a reconfig has made and this member knows
/// of before its history is there is shown by the transaction, when its turn comes.
void show_configuration(State& state, Now now) {
  const quorum::Configuration& committed = state.ensemble->committed;
  const Zxid made_by{committed.version.value};
  if (made_by.counter() != 0 && made_by > state.database.last_zxid()) {
    return;
  }
  const std::string text = quorum::to_text(committed);
  tree::Tree& tree = state.database.tree();
  const tree::NodeId node = tree.find("/zookeeper/config");
  if (node && tree.data(node) == wire::NullableBytes(text)) {
    return;
  }
  tree.set_data("/zookeeper/config", text, -1, Zxid{committed.version.value}, now.wall);
}

}  // namespace quorate::node
