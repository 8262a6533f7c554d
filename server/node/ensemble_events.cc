// Events of members of an ensemble: from the peers, and from the disk that answers.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/node/ensemble.h"

namespace quorate::node {
namespace {

void handle_epochs_saved(State& state, const EpochsSaved& event, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.is_saving_epochs = false;
  ensemble.accepted = event.accepted;
  ensemble.current = event.current;
  const zab::EpochsSaved saved{event.accepted, event.current};
  if (ensemble.leader) {
    lead(state, saved, now, actions);
  } else {
    learn(state, saved, now, actions);
  }
  look_if_ready(state, now, actions);
}

void handle_truncated(State& state, const LogTruncated& event, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.is_truncating = false;
  // The history was cut when the learner began with it, and may have gone on since, even if that
  // one's role is over: what came behind the cut is on its way to the log.
  const bool is_as_wanted = event.last == ensemble.log_end;
  if (event.reloaded) {
    install_database(state, std::move(*event.reloaded), actions);
    state.durable = event.last;
  }
  if (ensemble.learner) {
    learn(state, zab::LogTruncated{event.last}, now, actions);
  } else if (!is_as_wanted && state.history.last() > event.last) {
    state.history.truncate(event.last);
  }
  state.durable = std::min(state.durable, state.history.last());
  look_if_ready(state, now, actions);
}

void handle_snapshot_received(State& state, const SnapshotReceived& event, Now now,
                              Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.is_installing = false;
  const bool succeeded = event.database != nullptr;
  if (succeeded) {
    QR_ASSERT(event.database->last_zxid() == event.zxid);
    install_database(state, std::move(*event.database), actions);
    state.durable = std::max(state.durable, event.zxid);
    state.snapshot.last_zxid = event.zxid;
    state.snapshot.last_time = now.wall;
    // What came behind it is in the history, and on its way to the log, even if the role is over.
  } else {
    ensemble.must_reload = true;
    state.history.restart(ensemble.log_end);
    state.durable = ensemble.log_end;
  }
  learn(state, zab::SnapshotInstalled{event.zxid, succeeded}, now, actions);
  look_if_ready(state, now, actions);
}

void handle_learner_flushed(State& state, const LearnerFlushed& event, Now now, Actions& actions) {
  if (event.is_snapshot) {
    lead(state, zab::SnapshotProgress{event.link}, now, actions);
  } else {
    lead(state, zab::LinkFlushed{event.link, event.bytes}, now, actions);
    check_hand_over(state, now, actions);
  }
}

void handle_learner_lost(State& state, LinkId link, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.stream && ensemble.stream_link == link) {
    ensemble.stream.reset();
  }
  lead(state, zab::LinkClosed{link}, now, actions);
}

void elect(State& state, const election::Event& event, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ensemble.election.step(event, now.monotonic, ensemble.election_actions);
  perform_election(state, now, actions);
}

}  // namespace

void step_ensemble(State& state, const PeerConnected& event, Now now, Actions& actions) {
  elect(state, election::PeerConnected{event.peer}, now, actions);
}
void step_ensemble(State& state, const PeerSuspected& event, Now now, Actions& actions) {
  elect(state, election::PeerSuspected{event.peer}, now, actions);
}
void step_ensemble(State& state, const PeerNotified& event, Now now, Actions& actions) {
  elect(state, election::NotificationReceived{event.from, event.notification}, now, actions);
}
void step_ensemble(State& state, const LearnerConnected& event, Now now, Actions& actions) {
  lead(state, zab::LinkOpened{event.link}, now, actions);
}
void step_ensemble(State& state, const LearnerLost& event, Now now, Actions& actions) {
  handle_learner_lost(state, event.link, now, actions);
}
void step_ensemble(State& state, const LearnerSent& event, Now now, Actions& actions) {
  lead(state, zab::LearnerPacket{event.link, event.packet}, now, actions);
}
void step_ensemble(State& state, const LearnerFlushed& event, Now now, Actions& actions) {
  handle_learner_flushed(state, event, now, actions);
}
void step_ensemble(State& state, const LearnerSnapshotWanted& event, Now now, Actions& actions) {
  continue_stream(state, event.link, now, actions);
}
void step_ensemble(State& state, const LeaderConnected&, Now now, Actions& actions) {
  learn(state, zab::LeaderConnected{}, now, actions);
}
void step_ensemble(State& state, const LeaderLost&, Now now, Actions& actions) {
  learn(state, zab::LeaderLost{}, now, actions);
}
void step_ensemble(State& state, const LeaderSent& event, Now now, Actions& actions) {
  learn(state, zab::LeaderPacket{event.packet}, now, actions);
}
void step_ensemble(State& state, const EpochsSaved& event, Now now, Actions& actions) {
  handle_epochs_saved(state, event, now, actions);
}
void step_ensemble(State& state, const LogTruncated& event, Now now, Actions& actions) {
  handle_truncated(state, event, now, actions);
}
void step_ensemble(State& state, const zab::LogProbed& event, Now now, Actions& actions) {
  lead(state, event, now, actions);
}
void step_ensemble(State& state, const zab::LogRead& event, Now now, Actions& actions) {
  lead(state, event, now, actions);
}
void step_ensemble(State& state, const SnapshotArriving&, Now now, Actions& actions) {
  learn(state, zab::SnapshotArriving{}, now, actions);
}
void step_ensemble(State& state, const SnapshotReceived& event, Now now, Actions& actions) {
  handle_snapshot_received(state, event, now, actions);
}

}  // namespace quorate::node
