// The leader's side of ZAB as one deterministic machine: events in, actions out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/quorum/configuration.h"
#include "server/quorum/majority.h"
#include "server/quorum/witness.h"
#include "server/zab/history.h"
#include "server/zab/leader_actions.h"
#include "server/zab/leader_event.h"
#include "server/zab/link.h"
#include "server/zab/sync_plan.h"

namespace quorate::zab {

struct LeaderOptions {
  ServerId self;
  Timing timing;
  SyncOptions sync;
  /// Bytes on their way to one learner; what is beyond stays in the history until there is room.
  size_t link_bytes_max = size_t{8} << 20;
  std::string ensemble_id;  ///< Peers with another are refused; empty: nobody is.
  std::string extension;    ///< An encoded wire::PeerExtension for LEADERINFO; may be empty.
};

/// What the member that was elected has on its disk. All of its log is durable.
struct LeaderStart {
  Epoch accepted;
  Epoch current;
  quorum::Configuration committed;
  quorum::Configuration last_seen;  ///< The same unless a reconfiguration was in flight.
  quorum::Witness witness;          ///< Of other members' disks.
};

enum class LeaderPhase : uint8_t {
  kDiscovery,        ///< Waits for a quorum to say which epochs it has accepted.
  kEpoch,            ///< Waits for a quorum to accept the new one.
  kSynchronisation,  ///< Waits for a quorum to have this leader's history.
  kBroadcast,
  kOver,  ///< Stepped down.
};

/// For status and tests.
struct LearnerStatus {
  LinkId link;
  ServerId server;
  bool is_observer = false;
  bool is_voter = false;
  bool is_synced = false;  ///< Has acknowledged NEWLEADER.
  bool is_quorate = false;
  Zxid acked;
  Zxid sent;  ///< The last transaction on its way.
  size_t unflushed_bytes = 0;
};

/// Leads one epoch: discovery, synchronisation, broadcast; see README.md.
///
/// Safety:
/// - LEADERINFO is sent after the new epoch is durable here as accepted.
/// - currentEpoch becomes the new epoch when a quorum has accepted it; own acknowledgement of
///   NEWLEADER counts when that is durable.
/// - Until a quorum has accepted the epoch, a learner with a later epoch or history than this
///   leader's neither counts nor stays; after that what it has too much is not committed.
/// - A transaction is committed when a quorum has it durable (of both configurations while a
///   reconfiguration is in flight), in the order of zxids; the own log counts like any other.
/// - Until a quorum has accepted the epoch, nor does one whose disk has less than it is known to
///   have had. (Any quorum without it has what it may have lost.)
/// - Who came as an observer, or is no voter, counts for nothing. But an observer of Quorate's that
///   a reconfiguration in flight makes a voter is sent proposals from then on, and acknowledges:
///   without it one voter could not become three. Being up to date when that is activated it goes
///   on as a follower. (Apache's observers cannot do that.)
/// Each learner is fed from the history at its own pace, so that a slow one costs no memory.
/// Source: ZooKeeper 3.9 Leader and LearnerHandler.
///
/// Not thread-safe: owned by the core loop. Borrows the history.
class Leader {
 public:
  Leader(LeaderOptions options, LeaderStart start, History& history, TimePoint now);

  /// The first step of a new leader: a single voter needs nobody. Call once, before any event.
  void begin(TimePoint now, LeaderActions& actions);
  /// Appends to `actions` what has to be done because of `event`. Nothing happens once it is over.
  void step(const LeaderEvent& event, TimePoint now, LeaderActions& actions);
  /// What a learner may be sent of the log changes with the size of the state; see SyncOptions.
  void set_log_bytes_max(int64_t bytes) { options_.sync.log_bytes_max = bytes; }
  /// When LeaderDeadline is due next.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] LeaderPhase phase() const { return phase_; }
  [[nodiscard]] bool is_established() const { return phase_ == LeaderPhase::kBroadcast; }
  /// The new epoch; valid from kEpoch on.
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  /// The zxid of the next proposal; kBroadcast only.
  [[nodiscard]] Zxid next_zxid() const;
  [[nodiscard]] const quorum::Configuration& committed_configuration() const { return committed_; }
  [[nodiscard]] const quorum::Configuration& last_seen_configuration() const { return last_seen_; }
  /// Members that have this leader's history and can acknowledge, itself among them: for
  /// refuse_without_quorum().
  [[nodiscard]] std::vector<ServerId> synced() const;
  /// Of those that have said who they are.
  [[nodiscard]] std::vector<LearnerStatus> learner_statuses() const;

 private:
  enum class Stage : uint8_t {
    kClosed,      ///< To be forgotten at the end of the step.
    kNew,         ///< Nothing heard.
    kIntroduced,  ///< FOLLOWERINFO or OBSERVERINFO came; LEADERINFO is owed.
    kInvited,     ///< LEADERINFO is sent.
    kAccepted,    ///< ACKEPOCH came; waits for the quorum of them.
    kProbing,     ///< The log is asked how to sync.
    kAwaiting,    ///< Needs a snapshot: that of another learner comes first.
    kSnapshot,    ///< A snapshot is under way.
    kSyncing,     ///< Transactions are sent, NEWLEADER is not.
    kNewLeader,   ///< NEWLEADER is sent.
    kSynced,      ///< Its acknowledgement came; UPTODATE is owed.
    kUpToDate,
  };
  /// SYNC, or REVALIDATE if a session is named: owed once `zxid` is committed and sent.
  struct Owed {
    Zxid zxid;
    std::optional<wire::RevalidateResponse> session;
  };
  struct Learner {
    LinkId link;
    ServerId server;
    Stage stage = Stage::kNew;
    bool is_observer = false;
    bool is_quorate = false;
    bool is_reading_log = false;
    Epoch accepted;  ///< What FOLLOWERINFO said.
    Zxid last_zxid;  ///< What ACKEPOCH said.
    bool counts_for_epoch = false;
    Zxid sync_target;  ///< NEWLEADER follows when everything up to here is sent; then, what was.
    Zxid sent;         ///< The last PROPOSAL or INFORM.
    Zxid sent_commit;  ///< The last COMMIT or INFORM.
    Zxid acked;        ///< Of its log, and what was committed without it; kSynced and later.
    Zxid durable;      ///< What it has acknowledged itself.
    size_t unflushed_bytes = 0;
    TimePoint heard_at;
    TimePoint pinged_at;
    TimePoint acked_at;  ///< When it last had nothing to acknowledge, or acknowledged something.
    std::vector<Owed> owed;  ///< By ascending zxid.
  };
  /// A voter that has this leader's history, whether or not it is connected at present.
  struct Heard {
    TimePoint at;
    bool is_quorate = false;
    bool is_connected = false;
  };
  /// An encoded transaction of this step, which goes to many learners.
  struct Shared {
    wire::QuorumPacketType type = wire::QuorumPacketType::kProposal;
    Zxid zxid;
    size_t begin = 0;
    size_t end = 0;
  };
  struct Reconfiguration {
    Zxid zxid;
    quorum::Configuration next;
  };

  // ---- leader.cc: events, phases, configurations ----------------------------------------------
  void handle(const LinkOpened& event, LeaderActions& actions);
  void handle(const LinkClosed& event, LeaderActions& actions);
  void handle(const LearnerPacket& event, LeaderActions& actions);
  void handle(const LinkFlushed& event, LeaderActions& actions);
  void handle(const EpochsSaved& event, LeaderActions& actions);
  void handle(const OwnLogSynced& event, LeaderActions& actions);
  void handle(const Proposed& event, LeaderActions& actions);
  void handle(const LogProbed& event, LeaderActions& actions);
  void handle(const LogRead& event, LeaderActions& actions);
  void handle(const SnapshotProgress& event, LeaderActions& actions);
  void handle(const SnapshotSent& event, LeaderActions& actions);
  void handle(const SessionRevalidated& event, LeaderActions& actions);
  void handle(const SyncRequested& event, LeaderActions& actions);
  void handle(const SuccessorNamed& event, LeaderActions& actions);
  void handle(const LeaderDeadline& event, LeaderActions& actions);

  // ---- leader_discovery.cc: epochs ------------------------------------------------------------
  void take_info(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions);
  void take_ack_epoch(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions);
  void check_discovery(LeaderActions& actions);
  void invite(Learner& learner, LeaderActions& actions);
  void check_epoch(LeaderActions& actions);

  // ---- leader_sync.cc: from ACKEPOCH to UPTODATE ----------------------------------------------
  void start_sync(Learner& learner, const std::optional<LogProbe>& probe, LeaderActions& actions);
  void send_plan(Learner& learner, const SyncPlan& plan, LeaderActions& actions);
  void note_progress(Learner& learner);
  /// One snapshot at a time: a database has one writer, and the disk and the network gain nothing.
  void start_next_snapshot(LeaderActions& actions);
  [[nodiscard]] bool has_stage(Stage stage) const;
  void take_new_leader_ack(Learner& learner, LeaderActions& actions);
  void check_synchronisation(LeaderActions& actions);
  void send_up_to_date(Learner& learner, LeaderActions& actions);
  [[nodiscard]] Zxid last_processed() const;

  // ---- leader_feed.cc: what is sent to a learner, at its pace ---------------------------------
  void feed(Learner& learner, LeaderActions& actions);
  void feed_all(LeaderActions& actions);
  bool feed_one(Learner& learner, LeaderActions& actions);
  [[nodiscard]] Zxid next_commit(const Learner& learner, Zxid committable) const;
  [[nodiscard]] const quorum::Configuration& configuration_for(const Learner& learner) const;
  void send_txn(Learner& learner, Zxid zxid, std::string_view txn, LeaderActions& actions);
  void send_commit(Learner& learner, Zxid zxid, LeaderActions& actions);
  void commit_sent(Learner& learner, LeaderActions& actions);
  void send_owed(Learner& learner, LeaderActions& actions);
  void send_packet(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions);

  // ---- leader_broadcast.cc: acknowledgements, commits, requests -------------------------------
  void take_broadcast_packet(Learner& learner, const wire::QuorumPacket& packet,
                             LeaderActions& actions);
  void take_ack(Learner& learner, Zxid zxid, LeaderActions& actions);
  bool take_pong(Learner& learner, const wire::QuorumPacket& packet, LeaderActions& actions);
  void try_commit(LeaderActions& actions);
  void activate(Zxid zxid, LeaderActions& actions);
  void owe(Learner& learner, Owed owed, LeaderActions& actions);
  void set_majority();
  void enlist_candidates();
  void promote_candidates();

  // ---- leader_watch.cc: time ------------------------------------------------------------------
  void watch_learners(LeaderActions& actions);
  [[nodiscard]] bool has_live_quorum() const;
  void watch_acks(LeaderActions& actions);
  void ping(LeaderActions& actions);
  void share_witness(LeaderActions& actions);
  void send_ping(Learner& learner, wire::NullableBytes data, LeaderActions& actions);
  void remember(const Learner& learner);

  /// Null if it is unknown or closed. Learners do not move within a step but by LinkOpened.
  [[nodiscard]] Learner* find(LinkId link);
  void lose(Learner& learner);
  void close(LinkId link, CloseReason reason, LeaderActions& actions);
  void step_down(StepDownReason reason, LeaderActions& actions);
  [[nodiscard]] bool counts(const Learner& learner) const;
  /// An observer that the reconfiguration in flight makes a voter, and that can act as one.
  [[nodiscard]] bool is_candidate(const Learner& learner) const;
  [[nodiscard]] bool acknowledges(const Learner& learner) const {
    return !learner.is_observer || is_candidate(learner);
  }
  /// Whether this member and the learners that `condition` accepts are a quorum.
  template <typename Condition>
  [[nodiscard]] bool is_quorum_of(Condition condition) const;
  [[nodiscard]] Zxid epoch_begin() const { return Zxid{epoch_.value << 32}; }

  LeaderOptions options_;
  History& history_;
  quorum::Configuration committed_;
  quorum::Configuration last_seen_;
  LeaderPhase phase_ = LeaderPhase::kDiscovery;
  TimePoint now_;             ///< Of the step.
  TimePoint phase_deadline_;  ///< Until kBroadcast.
  TimePoint next_check_;      ///< Of the quorum, of silent learners, and for pings.
  Epoch accepted_;            ///< Durable.
  Epoch current_;             ///< Durable.
  Epoch epoch_;
  Epoch own_current_before_;  ///< What this member's history is worth: currentEpoch when elected.
  quorum::AckTracker acks_;
  Zxid own_synced_;
  std::vector<Learner> learners_;  ///< In the order in which they connected.
  std::map<ServerId, Heard> heard_;
  quorum::Witness witness_;
  TimePoint witness_shared_at_;
  std::optional<Shared> shared_;
  std::optional<Reconfiguration> pending_;
  /// Reconfigurations of this reign, whom each designated, and what it replaced: a learner that is
  /// behind hears of the activation with the commit, and until then what it has been told holds.
  struct PastActivation {
    ServerId designated;
    quorum::Configuration before;
  };
  std::map<Zxid, PastActivation> activations_;
};

}  // namespace quorate::zab
