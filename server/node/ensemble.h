// What a member of an ensemble has beside the state that all members have. Private to this folder.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "server/election/election.h"
#include "server/node/state.h"
#include "server/zab/leader.h"
#include "server/zab/learner.h"

namespace quorate::node {

/// A sync that the leader has been asked for, in the order of asking.
struct OpenSync {
  tree::WatcherId slot;
  ConnectionId connection;
  Zxid zxid;                 ///< Leading: what has to be applied first.
  bool is_answered = false;  ///< A later write of the same connection was committed before.
};

/// A client that came with a session, about which the leader has been asked.
struct OpenRevalidation {
  tree::WatcherId slot;
  ConnectionId connection;
  SessionId session;
};

/// A question whether a session is alive, of a learner or (link 0) of an own client: answered when
/// the move is committed, so that no later leader takes up what the session had asked for at
/// another member before.
struct SessionMove {
  LinkId link;
  SessionId session;
  bool is_valid = true;
};

/// A leader takes nothing new; it steps down once everything is committed and its successor named.
struct HandOver {
  std::optional<ServerId> target;     ///< Absent: whoever has everything.
  TimePoint choose_by;                ///< Until then it waits for a target that is behind.
  std::optional<TimePoint> leave_by;  ///< Set when the successor was named: at the latest then.
};

/// invariant: at most one of leader and learner; without either the member looks, or awaits what
/// its disk owes before it does.
struct Ensemble {
  explicit Ensemble(EnsembleOptions options_in, ServerId self);

  /// Whether there was a reconfig: the version that the first leader gives to the configuration has
  /// counter 0.
  [[nodiscard]] bool is_formed() const { return Zxid{committed.version.value}.counter() != 0; }

  EnsembleOptions options;
  quorum::Configuration committed;
  quorum::Configuration last_seen;  ///< The same, or newer.
  Epoch accepted;                   ///< Durable.
  Epoch current;                    ///< Durable.
  bool may_vote = true;
  bool is_marked_unfit = false;  ///< Durable: a crash in the middle of a sync changes nothing.
  Zxid fit_at;                   ///< The disk is as soon as it has this; valid if marked.
  quorum::Witness witness;       ///< Of other members' disks.

  election::Election election;
  election::Actions election_actions;

  ServerId leader_id;        ///< Valid with a role.
  uint64_t roles_taken = 0;  ///< Since the start: tells a role from the next.
  std::unique_ptr<zab::Leader> leader;
  std::unique_ptr<zab::Learner> learner;
  zab::LeaderActions leader_actions;
  zab::LearnerActions learner_actions;
  zab::LeaderActions leader_taken;    ///< What is being carried out; kept for its capacity.
  zab::LearnerActions learner_taken;  ///< Likewise.
  bool is_performing = false;         ///< The actions above are being carried out.

  // What the disk owes.
  bool is_saving_epochs = false;
  bool is_truncating = false;
  bool is_installing = false;
  bool must_reload = false;  ///< The history was given up for a snapshot that did not come.
  bool is_ready_to_look = false;

  Zxid log_end;  ///< What the log ended with when the role began.
  bool was_synced_by_java = false;

  std::deque<OpenSync> syncs;
  std::deque<OpenRevalidation> revalidations;
  std::map<SessionId, ServerId> owners;          ///< Leading: where each session is connected.
  std::map<Zxid, SessionMove> moves;             ///< Leading: not yet committed.
  std::unique_ptr<tree::SnapshotWriter> stream;  ///< Leading: for a learner.
  LinkId stream_link;
  std::optional<HandOver> hand_over;  ///< Leading.
  /// Whom the leader of the role that ends has named: gets this member's vote.
  std::optional<ServerId> successor;
  /// Looking: leaves the lead to others until then, or until one of them has it.
  std::optional<TimePoint> abstains_until;
  // Looking, with EnsembleOptions::read_only_enabled.
  std::optional<TimePoint> reads_only_at;  ///< Begins to serve readers then.
  bool reads_only = false;                 ///< Serves them; the tracker has their sessions.
  /// The first session that was opened so, this time or the last: theirs are from here on.
  SessionId local_sessions{std::numeric_limits<int64_t>::max()};

  TimePoint last_step;
  TimePoint serving_since;
  TimePoint not_serving_since;
  TimePoint next_hold_check;
};

// ---- ensemble_events.cc --------------------------------------------------------------------
void step_ensemble(State& state, const PeerConnected& event, Now now, Actions& actions);
void step_ensemble(State& state, const PeerSuspected& event, Now now, Actions& actions);
void step_ensemble(State& state, const PeerNotified& event, Now now, Actions& actions);
void step_ensemble(State& state, const LearnerConnected& event, Now now, Actions& actions);
void step_ensemble(State& state, const LearnerLost& event, Now now, Actions& actions);
void step_ensemble(State& state, const LearnerSent& event, Now now, Actions& actions);
void step_ensemble(State& state, const LearnerFlushed& event, Now now, Actions& actions);
void step_ensemble(State& state, const LearnerSnapshotWanted& event, Now now, Actions& actions);
void step_ensemble(State& state, const LeaderConnected& event, Now now, Actions& actions);
void step_ensemble(State& state, const LeaderLost& event, Now now, Actions& actions);
void step_ensemble(State& state, const LeaderSent& event, Now now, Actions& actions);
void step_ensemble(State& state, const EpochsSaved& event, Now now, Actions& actions);
void step_ensemble(State& state, const LogTruncated& event, Now now, Actions& actions);
void step_ensemble(State& state, const zab::LogProbed& event, Now now, Actions& actions);
void step_ensemble(State& state, const zab::LogRead& event, Now now, Actions& actions);
void step_ensemble(State& state, const SnapshotArriving& event, Now now, Actions& actions);
void step_ensemble(State& state, const SnapshotReceived& event, Now now, Actions& actions);

// ---- roles.cc ---------------------------------------------------------------------------------
void perform_election(State& state, Now now, Actions& actions);
void end_role(State& state, const char* why, Now now, Actions& actions);
/// Starts to look once the disk owes nothing.
void look_if_ready(State& state, Now now, Actions& actions);
void begin_serving(State& state, Epoch epoch, Now now, Actions& actions);
void adopt_configuration(State& state, const quorum::Configuration& configuration, bool committed,
                         Now now, Actions& actions);
/// Shows the committed configuration at /zookeeper/config.
void show_configuration(State& state, Now now);

// ---- witness.cc -------------------------------------------------------------------------------
/// Remembers what others must have. Returns whether this member must have more than it has.
bool take_witness(State& state, const std::vector<wire::WitnessedDisk>& disks, Actions& actions);
/// Looking: its own disk was rolled back. It looks on without a vote until it has synced.
void hear_of_own_disk(State& state, Now now, Actions& actions);
/// What is written on the disk about its fitness, if that has changed.
void note_fitness(State& state, Actions& actions);

// ---- hand_over.cc -----------------------------------------------------------------------------
std::optional<HandOverRefusal> hand_over(State& state, std::optional<ServerId> target, Now now,
                                         Actions& actions);
/// Names the successor once everything is committed, and steps down once it is told.
void check_hand_over(State& state, Now now, Actions& actions);
[[nodiscard]] std::optional<TimePoint> next_hand_over_check(const State& state);

// ---- read_only.cc -----------------------------------------------------------------------------
/// The member begins to look for a leader.
void await_read_only(State& state, Now now);
/// Begins to serve readers when it is time, and lets their sessions expire.
void check_read_only(State& state, Now now, Actions& actions);
/// An election has ended: readers are closed, and find this or another member that serves all.
void end_reading_only(State& state, Actions& actions);

// ---- lead.cc ----------------------------------------------------------------------------------
void lead(State& state, const zab::LeaderEvent& event, Now now, Actions& actions);
void perform_leader(State& state, Now now, Actions& actions);
/// Up to so many bytes of the log are cheaper than a snapshot; negative: the log is not used.
[[nodiscard]] int64_t log_bytes_max(const State& state);
/// A client came to the member `to` with a session: checks that it is alive and commits the move;
/// who asked is answered then.
void move_session(State& state, const wire::SessionTouch& session, ServerId to, LinkId link,
                  Now now, Actions& actions);
/// The move that was proposed with this zxid is committed.
void confirm_move(State& state, Zxid zxid, Now now, Actions& actions);
void continue_stream(State& state, LinkId link, Now now, Actions& actions);

// ---- learn.cc ---------------------------------------------------------------------------------
void learn(State& state, const zab::LearnerEvent& event, Now now, Actions& actions);
void perform_learner(State& state, Now now, Actions& actions);
/// The oldest client that came with this session is answered.
void finish_revalidation(State& state, SessionId session, bool is_valid, Now now, Actions& actions);

// ---- forward.cc -------------------------------------------------------------------------------
/// Asks the leader for what clients wanted of the one before and what nobody has done.
void resolve_in_flight(State& state, Now now, Actions& actions);
/// What was proposed here and not committed is from now on like what was forwarded.
void unpropose(State& state);

// ---- hold.cc ----------------------------------------------------------------------------------
/// The member does not serve from now on.
void hold_clients(State& state, Now now);
void check_held(State& state, Now now, Actions& actions);
/// A process that did not run for a while may have been replaced: what waits for it in its sockets
/// is old, and must not be taken for a sign of life, nor be answered.
void notice_pause(State& state, Now now, Actions& actions);

}  // namespace quorate::node
