// The learner's side of ZAB (follower or observer) as one deterministic machine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/quorum/configuration.h"
#include "server/wire/peer_extension.h"
#include "server/zab/history.h"
#include "server/zab/learner_actions.h"
#include "server/zab/learner_event.h"
#include "server/zab/link.h"

namespace quorate::zab {

struct LearnerOptions {
  ServerId self;
  ServerId leader;  ///< Whom the election named.
  /// Says OBSERVERINFO and counts for nothing: an observer, or a voter whose disk is not fit.
  bool is_observer = false;
  Timing timing;
  std::string ensemble_id;  ///< A leader with another is refused; empty: none is.
  std::string extension;    ///< An encoded wire::PeerExtension for LearnerInfo; may be empty.
};

/// What the member has on its disk; the history's last() is the last transaction of its log, all of
/// it durable.
struct LearnerStart {
  Epoch accepted;
  Epoch current;
  ConfigVersion config_version;  ///< Of the committed configuration.
};

enum class LearnerPhase : uint8_t {
  kConnecting,
  kDiscovery,  ///< FOLLOWERINFO is sent.
  kAccepting,  ///< The leader's epoch is being written as accepted.
  kWaiting,    ///< ACKEPOCH is sent.
  kSyncing,    ///< After DIFF, TRUNC or SNAP.
  kSettling,   ///< NEWLEADER came: everything becomes durable, then currentEpoch.
  kAcked,      ///< NEWLEADER is acknowledged.
  kBroadcast,
  kOver,
};

/// Follows one leader: discovery, synchronisation, broadcast; see README.md.
///
/// Safety:
/// - ACKEPOCH is sent after the epoch is durable as accepted; a lower one is refused, one that was
///   accepted before is not voted for twice.
/// - NEWLEADER is acknowledged after the history up to it is durable (truncated, snapshot
///   installed, transactions synced) and after that currentEpoch (ZOOKEEPER-3911, 4643, 4646).
/// - Each transaction must follow the one before it; a commit must be of the oldest pending one
///   (ZOOKEEPER-4925, 4785). Anything else ends the connection, and the next sync repairs.
/// - Nothing is applied before UPTODATE: until then what the leader synced may be undone.
/// Source: ZooKeeper 3.9 Learner, Follower, Observer; the order of 3.9.4.
///
/// Not thread-safe: owned by the core loop. Borrows the history.
class Learner {
 public:
  Learner(LearnerOptions options, LearnerStart start, History& history, TimePoint now);

  /// Appends to `actions` what has to be done because of `event`. Nothing happens once it is over.
  void step(const LearnerEvent& event, TimePoint now, LearnerActions& actions);
  /// When LearnerDeadline is due next.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] LearnerPhase phase() const { return phase_; }
  [[nodiscard]] bool is_up_to_date() const { return phase_ == LearnerPhase::kBroadcast; }
  /// The leader's epoch; valid from kAccepting on.
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  /// The leader has shown that it is Apache's. Before it has shown anything this member has nothing
  /// of it.
  [[nodiscard]] bool leader_is_java() const { return leader_is_java_; }
  /// Since the leader was heard of.
  [[nodiscard]] Duration silent_for(TimePoint now) const { return now - heard_at_; }
  /// How the leader has synced this member; valid from kSyncing on.
  [[nodiscard]] SyncMethod sync_method() const { return sync_method_; }

 private:
  struct SeenConfiguration {
    Zxid zxid;
    quorum::Configuration configuration;
  };

  void handle(const LeaderConnected& event, LearnerActions& actions);
  void handle(const LeaderLost& event, LearnerActions& actions);
  void handle(const LeaderPacket& event, LearnerActions& actions);
  void handle(const EpochsSaved& event, LearnerActions& actions);
  void handle(const LogSynced& event, LearnerActions& actions);
  void handle(const LogTruncated& event, LearnerActions& actions);
  void handle(const SnapshotArriving& event, LearnerActions& actions);
  void handle(const SnapshotInstalled& event, LearnerActions& actions);
  void handle(const SessionTouched& event, LearnerActions& actions);
  void handle(const Forward& event, LearnerActions& actions);
  void handle(const AskRevalidation& event, LearnerActions& actions);
  void handle(const LearnerDeadline& event, LearnerActions& actions);

  // ---- learner_sync.cc: up to UPTODATE --------------------------------------------------------
  void take_leader_info(const wire::QuorumPacket& packet, LearnerActions& actions);
  void send_ack_epoch(LearnerActions& actions);
  void take_sync_packet(const wire::QuorumPacket& packet, LearnerActions& actions);
  void take_new_leader(const wire::QuorumPacket& packet, LearnerActions& actions);
  void check_settled(LearnerActions& actions);
  void start_truncation(Zxid zxid, LearnerActions& actions);
  void take_up_to_date(LearnerActions& actions);

  // ---- learner_broadcast.cc: transactions, commits, the rest ----------------------------------
  void take_stream_packet(const wire::QuorumPacket& packet, LearnerActions& actions);
  bool take_txn(Zxid zxid, std::string_view txn, LearnerActions& actions);
  bool take_commit(Zxid zxid, LearnerActions& actions);
  void take_activation(const wire::QuorumPacket& packet, LearnerActions& actions);
  void take_answer(const wire::QuorumPacket& packet, LearnerActions& actions);
  void answer_ping(const wire::QuorumPacket& packet, LearnerActions& actions);
  static void take_ping_data(std::string_view data, LearnerActions& actions);
  void send_acks(LearnerActions& actions);
  [[nodiscard]] bool is_candidate() const;
  void send(const wire::QuorumPacket& packet, LearnerActions& actions) const;

  void give_up(CloseReason reason, LearnerActions& actions);
  [[nodiscard]] Duration patience() const;

  LearnerOptions options_;
  LearnerStart disk_;
  History& history_;
  LearnerPhase phase_ = LearnerPhase::kConnecting;
  Epoch epoch_;
  bool leader_is_quorate_ = false;  ///< LEADERINFO came, and said so.
  bool leader_is_java_ = false;     ///< It came, and did not.
  /// ACKEPOCH must not be counted: this member had accepted the epoch before.
  bool had_accepted_ = false;
  SyncMethod sync_method_ = SyncMethod::kDiff;
  bool is_truncating_ = false;
  bool is_installing_ = false;
  bool is_saving_epochs_ = false;
  Zxid synced_;             ///< Durable in the log.
  Zxid truncation_target_;  ///< Valid while is_truncating_.
  Zxid settle_target_;      ///< kSettling: what has to be durable.
  Zxid commit_target_;      ///< Before UPTODATE: what will be committed then.
  Zxid unacked_after_;      ///< kSettling and later: what NEWLEADER found committed needs no acks.
  Zxid acked_;  ///< kBroadcast: the last transaction acknowledged, or that needed it not.
  std::optional<quorum::Configuration> new_leader_configuration_;
  std::optional<SeenConfiguration> pending_;  ///< A reconfig that is not committed.
  std::map<SessionId, int32_t> touched_;
  TimePoint now_;  ///< Of the step.
  TimePoint heard_at_;
};

}  // namespace quorate::zab
