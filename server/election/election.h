// Fast leader election as one deterministic machine: events in, actions out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/election/actions.h"
#include "server/election/event.h"
#include "server/quorum/configuration.h"
#include "server/quorum/majority.h"
#include "server/wire/election_message.h"

namespace quorate::election {

struct Options {
  ServerId self;
  /// How long a vote that a quorum supports waits for a better one while voters are silent.
  Duration finalize_wait = std::chrono::milliseconds(200);
  /// First and last interval at which a looking member repeats itself. Messages are lost with
  /// connections only, so that little depends on it.
  Duration resend_min = std::chrono::milliseconds(200);
  Duration resend_max = std::chrono::milliseconds(1000);
  /// Whether configurations that notifications bring are reported (reconfigEnabled).
  bool adopts_configurations = false;
  /// An encoded wire::PeerExtension that every notification carries; may be empty.
  std::string extension;
};

/// What a member last heard of a voter; for status and for tests.
struct VoterStatus {
  ServerId voter;
  bool is_suspected = false;
  bool has_reported = false;  ///< The rest is valid then.
  wire::PeerState state = wire::PeerState::kLooking;
  wire::Vote vote;
  wire::Round round;
};

/// Leader election among Quorate and Apache ZooKeeper 3.5 to 3.9 members.
///
/// A member that looks starts a *round*, votes for itself and tells every voter. Whoever hears of a
/// better vote in the same round changes to it and tells everybody; whoever hears of a higher round
/// moves to that one and votes anew. When a quorum has the same vote it is final as soon as nothing
/// can change it, see DecidedBy. A member that has a leader does not vote: it answers lookers with
/// who leads, and so a member that was cut off joins again without disturbing anybody.
///
/// Of each voter only the newest report counts, whatever it said before. (Apache keeps what a voter
/// said in its former states and may count a follower that has long been looking again.)
///
/// Better in time than Apache, and unseen by it:
/// - Nothing waits for voters that are suspected, and what they said is forgotten; nor for those
///   that say that they may not vote.
/// - If the candidate itself becomes suspected, a new round starts at once.
/// - A member that hears the first vote of a looker in its round and has a better one says so: the
///   looker may have come too late for the broadcast.
/// - Votes that came while this member still had its leader are not lost.
/// - A decision that cannot come true is revoked before anybody runs into a timeout.
/// - Lookers outside the voters, which only poll, are told of a decision when it falls.
/// - Members that look tell each other what the disks of all voters must have: one that was rolled
///   back to an older copy does not vote before it has synced.
/// - A leader that leaves in peace names its successor, and whoever heard it votes for that one.
///
/// Safety (one leader an epoch, no acknowledged write lost) is the matter of the epoch exchange
/// that follows, not of this machine.
/// Source: ZooKeeper 3.9 FastLeaderElection and Vote.
///
/// Not thread-safe: owned by the core loop.
class Election {
 public:
  Election(Options options, const quorum::Configuration& committed,
           const quorum::Configuration& last_seen);

  /// Appends to `actions` what has to be done because of `event`.
  void step(const Event& event, TimePoint now, Actions& actions);

  /// When DeadlineReached is due next.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  /// The voters that this member wants connections to, ascending: to all of them while it looks, to
  /// be reached by them at other times. For each the shell reports PeerConnected and PeerSuspected.
  [[nodiscard]] const std::vector<ServerId>& wanted() const { return wanted_; }

  /// kLooking also before the first StartLooking.
  [[nodiscard]] wire::PeerState state() const { return state_; }
  /// The vote at present, or the one that was decided on.
  [[nodiscard]] const wire::Vote& vote() const { return vote_; }
  [[nodiscard]] wire::Round round() const { return round_; }
  [[nodiscard]] bool is_established() const { return is_established_; }
  /// Whether this member's vote counts.
  [[nodiscard]] bool is_voting() const { return is_voting_; }
  [[nodiscard]] std::vector<VoterStatus> voter_statuses() const;

 private:
  /// What a member says; without the views of a notification.
  struct Statement {
    wire::PeerState state = wire::PeerState::kLooking;
    wire::Vote vote;
    wire::Round round;
    int32_t version = 0;
    friend bool operator==(const Statement&, const Statement&) = default;
  };
  /// The last exchange with a looker, so that two members that keep asking each other do not keep
  /// each other busy.
  struct Exchange {
    std::optional<Statement> question;
    Statement answer;
    TimePoint at;
  };
  struct Voter {
    ServerId id;
    bool is_suspected = false;
    /// It looks and names nobody, as those do that may not vote, or must not, for its disk has less
    /// than it had: nothing is to be waited for, and whoever still votes for it has not heard.
    bool abstains = false;
    std::optional<Statement> report;
    TimePoint reported_at;  ///< Valid with a report.
    Exchange exchange;
  };
  /// A looker that is no voter: an observer, or a member that is to join.
  struct Stranger {
    ServerId id;
    Exchange exchange;
  };

  // ---- election.cc: events and rounds ---------------------------------------------------------
  void handle(const StartLooking& event, TimePoint now, Actions& actions);
  void handle(const NotificationReceived& event, TimePoint now, Actions& actions);
  void handle(const PeerConnected& event, TimePoint now, Actions& actions);
  void handle(const PeerSuspected& event, TimePoint now, Actions& actions);
  void handle(const MembershipChanged& event, TimePoint now, Actions& actions);
  void handle(const LeaderEstablished& event, TimePoint now, Actions& actions);
  void handle(const Promoted& event, TimePoint now, Actions& actions);
  void handle(const DeadlineReached& event, TimePoint now, Actions& actions);

  void set_membership(const quorum::Configuration& committed,
                      const quorum::Configuration& last_seen);
  void start_round(TimePoint now, Actions& actions);
  void take_fresh_reports(TimePoint now);
  void abandon_candidate(ServerId candidate, TimePoint now, Actions& actions);
  void forget_successor(const Voter& voter);
  void hear_looker(Voter& voter, bool is_first, TimePoint now, Actions& actions);
  void change_vote(const wire::Vote& vote, NoteKind kind, ServerId peer, TimePoint now,
                   Actions& actions);
  [[nodiscard]] wire::Vote own_vote() const { return is_voting_ ? candidacy_ : wire::kNoVote; }
  [[nodiscard]] bool is_usable(const Statement& statement) const;
  void look_at_configuration(const NotificationReceived& event, Actions& actions) const;
  void look_at_next_configuration(const NotificationReceived& event, Actions& actions) const;
  [[nodiscard]] bool has_older_disk(const NotificationReceived& event) const;
  void look_at_witness(const NotificationReceived& event, Actions& actions) const;

  // ---- talk.cc: what is said to whom ----------------------------------------------------------
  [[nodiscard]] Statement statement() const;
  [[nodiscard]] wire::Notification notification() const;
  void set_extension();
  void broadcast(Actions& actions) const;
  void answer(ServerId to, Exchange& exchange, const Statement& question, TimePoint now,
              Actions& actions) const;
  void answer_stranger(ServerId from, const Statement& question, TimePoint now, Actions& actions);
  void tell_strangers(TimePoint now, Actions& actions);
  void resend_soon(TimePoint now);

  // ---- decide.cc: what the reports amount to --------------------------------------------------
  void evaluate(TimePoint now, Actions& actions);
  bool join(TimePoint now, Actions& actions);
  [[nodiscard]] quorum::VoterSet followers_of(const Statement& leader) const;
  [[nodiscard]] quorum::VoterSet supporters() const;
  [[nodiscard]] bool is_followed_already() const;
  [[nodiscard]] bool have_all_reported() const;
  void decide(const wire::Vote& vote, DecidedBy by, TimePoint now, Actions& actions);
  void check_decision(const Voter& changed, Actions& actions);
  void revoke(Revocation reason, Actions& actions);

  Options options_;
  quorum::Configuration committed_;
  quorum::Majority majority_;
  std::string config_text_;  ///< Of the committed configuration.
  std::string extension_;    ///< Of notifications; see set_extension().
  quorum::Configuration last_seen_;
  Epoch accepted_;  ///< When it began to look, as candidacy_.
  quorum::Witness witness_;
  std::vector<ServerId> wanted_;
  std::vector<Voter> voters_;  ///< By the majority's index; this member's own entry has no report.
  std::vector<Stranger> strangers_;
  size_t next_stranger_ = 0;  ///< Replaced next when there is no room.

  /// invariant: state_ == kLooking before the first StartLooking, with has_started_ false.
  wire::PeerState state_ = wire::PeerState::kLooking;
  bool has_started_ = false;
  /// Its disk is: it follows as a voter, even if it has left the vote to others.
  bool is_fit_ = false;
  bool may_vote_ = false;
  bool is_voting_ = false;  ///< may_vote_ and a voter of the committed configuration.
  /// What it votes for before it hears of anything better, cast only if is_voting_: itself, or a
  /// successor that is not suspected.
  wire::Vote candidacy_;
  wire::Vote vote_ = wire::kNoVote;  ///< Looking: never worse than own_vote().
  wire::Round round_;
  /// Of those that it has left for the round of a running ensemble: it must not vote in one twice.
  wire::Round round_highest_;
  TimePoint started_looking_;
  bool is_established_ = false;  ///< Not looking only.
  bool is_revoked_ = false;      ///< Not looking only.
  /// Looking: when the vote, which a quorum supports, becomes final.
  std::optional<TimePoint> settle_at_;
  std::optional<TimePoint> resend_at_;  ///< Looking.
  Duration resend_interval_{};
};

}  // namespace quorate::election
