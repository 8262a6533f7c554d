// A member that follows or observes: what its machine wants.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/node/ensemble.h"
#include "server/zab/leader_actions.h"

namespace quorate::node {
namespace {

bool is_empty(const zab::LearnerActions& actions) {
  return actions.bytes.empty() && !actions.save_epochs && !actions.truncate &&
         !actions.receive_snapshot && actions.appends.empty() && !actions.committed &&
         !actions.last_seen && !actions.activated && !actions.promoted && !actions.up_to_date &&
         actions.revalidated.empty() && actions.syncs_done == 0 && !actions.successor &&
         actions.witnessed.empty() && !actions.gave_up;
}

void append_logged(State& state, const zab::LearnerActions& taken, Actions& actions) {
  for (const Zxid zxid : taken.appends) {
    const zab::History::Entry* const entry = state.history.find(zxid);
    QR_ASSERT(entry != nullptr);
    append_to_log(zxid, entry->txn, actions);
    ++state.counters.proposals;
    ++state.counters.learned_proposals;
  }
}

/// The leader has confirmed the oldest sync.
void finish_sync(State& state, Now now, Actions& actions) {
  std::deque<OpenSync>& syncs = state.ensemble->syncs;
  if (syncs.empty()) {
    return;
  }
  const OpenSync sync = syncs.front();
  syncs.pop_front();
  Connection* const connection = state.find(sync.slot, sync.connection);
  if (sync.is_answered || connection == nullptr || connection->phase == Phase::kClosed) {
    return;
  }
  for (size_t index = 0; index < connection->queue.size(); ++index) {
    Queued& queued = connection->queue[index];
    if (queued.kind == Queued::Kind::kSync && queued.zxid == Zxid{}) {
      queued.zxid = state.database.last_zxid();
      break;
    }
  }
  drain_queue(state, *connection, now, actions);
}

void start_truncation(State& state, Zxid zxid, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.is_truncating = true;
  ensemble.log_end = state.history.last();
  state.durable = std::min(state.durable, ensemble.log_end);
  actions.quorum.truncate =
      QuorumActions::Truncate{zxid, state.database.last_zxid() > ensemble.log_end};
}

void become_up_to_date(State& state, Epoch epoch, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.may_vote) {
    // Its disk has everything now, or will soon. It counts from the next connection on.
    ensemble.may_vote = true;
    ensemble.fit_at = state.history.last();
    note_fitness(state, actions);
    if (ensemble.committed.is_voter(state.options.server)) {
      end_role(state, "the disk is whole again", now, actions);
      return;
    }
  }
  begin_serving(state, epoch, now, actions);
}

void perform_once(State& state, const zab::LearnerActions& taken, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const uint64_t role = ensemble.roles_taken;
  QuorumActions& quorum = actions.quorum;
  if (taken.truncate) {
    start_truncation(state, *taken.truncate, actions);
  }
  if (taken.receive_snapshot) {
    ensemble.is_installing = true;
    quorum.receive_snapshot = taken.receive_snapshot;
    state.durable = *taken.receive_snapshot;
  }
  append_logged(state, taken, actions);
  if (taken.last_seen) {
    adopt_configuration(state, *taken.last_seen, false, now, actions);
  }
  if (taken.save_epochs) {
    ensemble.is_saving_epochs = true;
    quorum.save_epochs = taken.save_epochs;
  }
  quorum.leader_bytes.append(taken.bytes);
  if (taken.committed) {
    const uint64_t before = state.counters.commits;
    commit_up_to(state, *taken.committed, now, actions);
    state.counters.learned_commits += state.counters.commits - before;
  }
  if (taken.activated) {
    adopt_configuration(state, taken.activated->configuration, true, now, actions);
  }
  if (taken.promoted && !taken.gave_up) {
    ensemble.election.step(election::Promoted{}, now.monotonic, ensemble.election_actions);
    perform_election(state, now, actions);
  }
  if (taken.up_to_date || taken.activated) {
    show_configuration(state, now);
  }
  take_witness(state, taken.witnessed, actions);
  if (taken.successor) {
    ensemble.successor = taken.successor;
  }
  if (taken.gave_up) {
    const bool is_gone = *taken.gave_up == zab::CloseReason::kSilent ||
                         *taken.gave_up == zab::CloseReason::kLinkLost;
    if (is_gone && !ensemble.successor) {
      // No vote waits for it. A leader that hangs keeps its connections; one that named who follows
      // it is well, and its own vote may have been here before the end of its connection.
      ensemble.election.step(election::PeerSuspected{ensemble.leader_id}, now.monotonic,
                             ensemble.election_actions);
      perform_election(state, now, actions);
    }
    // A leader that was not established yet is dropped by the election itself, which may have found
    // the next one.
    if (ensemble.roles_taken == role) {
      end_role(state, zab::name_of(*taken.gave_up), now, actions);
    }
    return;
  }
  if (taken.up_to_date) {
    become_up_to_date(state, *taken.up_to_date, now, actions);
  }
  for (const wire::RevalidateResponse& response : taken.revalidated) {
    finish_revalidation(state, response.session, response.valid, now, actions);
  }
  for (uint32_t done = 0; done < taken.syncs_done; ++done) {
    finish_sync(state, now, actions);
  }
}

}  // namespace

void finish_revalidation(State& state, SessionId session, bool is_valid, Now now,
                         Actions& actions) {
  std::deque<OpenRevalidation>& open = state.ensemble->revalidations;
  const auto found = std::ranges::find(open, session, &OpenRevalidation::session);
  if (found == open.end()) {
    return;
  }
  Connection* const connection = state.find(found->slot, found->connection);
  open.erase(found);
  if (connection != nullptr && connection->phase == Phase::kOpening) {
    finish_reattach(state, *connection, is_valid, now, actions);
  }
}

void learn(State& state, const zab::LearnerEvent& event, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.learner) {
    return;  // An answer for a role that is over.
  }
  ensemble.learner->step(event, now.monotonic, ensemble.learner_actions);
  perform_learner(state, now, actions);
}

void perform_learner(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.is_performing) {
    return;
  }
  ensemble.is_performing = true;
  while (ensemble.learner && !is_empty(ensemble.learner_actions)) {
    ensemble.learner_taken.clear();
    std::swap(ensemble.learner_taken, ensemble.learner_actions);
    perform_once(state, ensemble.learner_taken, now, actions);
  }
  ensemble.is_performing = false;
  if (ensemble.leader) {
    perform_leader(state, now, actions);
  }
}

}  // namespace quorate::node
