// The election machine: what each event does to rounds and votes.
#include "server/election/election.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/base/assert.h"
#include "server/wire/peer_extension.h"

namespace quorate::election {
namespace {

using wire::PeerState;
using wire::Round;
using wire::Vote;

/// Rounds stay below this, whatever a peer claims, so that the next one always exists.
constexpr Round kRoundLimit{std::numeric_limits<int64_t>::max() - 1};

/// A vote that came before this member began to look counts if it is not older than this: its
/// sender may have found a leader since, without telling.
constexpr Duration kFresh = std::chrono::seconds(1);

/// The zxid that Apache's members vote with until their database is initialised.
constexpr Zxid kUninitialised{-1};

Round after(Round round) { return Round{std::min(round.value + 1, kRoundLimit.value - 1)}; }

}  // namespace

Election::Election(Options options, const quorum::Configuration& committed,
                   const quorum::Configuration& last_seen)
    : options_(std::move(options)) {
  QR_ASSERT(options_.resend_min > Duration::zero());
  QR_ASSERT(options_.resend_min <= options_.resend_max);
  set_membership(committed, last_seen);
}

void Election::step(const Event& event, TimePoint now, Actions& actions) {
  std::visit([&](const auto& each) { handle(each, now, actions); }, event);
}

std::optional<TimePoint> Election::next_deadline() const {
  if (settle_at_ && resend_at_) {
    return std::min(*settle_at_, *resend_at_);
  }
  return settle_at_ ? settle_at_ : resend_at_;
}

std::vector<VoterStatus> Election::voter_statuses() const {
  std::vector<VoterStatus> statuses;
  for (const Voter& voter : voters_) {
    const Statement report = voter.report.value_or(Statement{});
    statuses.push_back({.voter = voter.id,
                        .is_suspected = voter.is_suspected,
                        .has_reported = voter.report.has_value(),
                        .state = report.state,
                        .vote = report.vote,
                        .round = report.round});
  }
  return statuses;
}

void Election::set_membership(const quorum::Configuration& committed,
                              const quorum::Configuration& last_seen) {
  committed_ = committed;
  config_text_ = quorum::to_text(committed);
  last_seen_ = last_seen;
  set_extension();
  majority_ = quorum::majority_of(committed, last_seen);
  std::vector<Voter> voters;
  wanted_.clear();
  for (const ServerId id : majority_.voters()) {
    const auto known = std::ranges::find(voters_, id, &Voter::id);
    voters.push_back(known != voters_.end() ? *known : Voter{.id = id});
    if (id != options_.self) {
      wanted_.push_back(id);
    }
  }
  voters_ = std::move(voters);
  is_voting_ = may_vote_ && majority_.contains(options_.self);
}

// ---- Rounds -----------------------------------------------------------------------------------

void Election::handle(const StartLooking& event, TimePoint now, Actions& actions) {
  is_fit_ = event.may_vote;
  may_vote_ = event.may_vote && !event.abstains && event.last_logged != kUninitialised;
  is_voting_ = may_vote_ && majority_.contains(options_.self);
  candidacy_ = Vote{event.current_epoch, event.last_logged, options_.self};
  accepted_ = event.accepted_epoch;
  witness_ = event.witness;
  if (event.successor && majority_.contains(*event.successor)) {
    candidacy_.leader = *event.successor;
    forget_successor(voters_[*majority_.index_of(*event.successor)]);
  }
  has_started_ = true;
  set_extension();
  state_ = PeerState::kLooking;
  is_established_ = false;
  is_revoked_ = false;
  started_looking_ = now;
  start_round(now, actions);
}

/// Votes for itself in the next round, or at once for a better one that has come already.
void Election::start_round(TimePoint now, Actions& actions) {
  round_ = after(std::max(round_, round_highest_));
  vote_ = own_vote();
  take_fresh_reports(now);
  settle_at_.reset();
  actions.notes.push_back({NoteKind::kRoundStarted, options_.self, round_, vote_});
  broadcast(actions);
  resend_soon(now);
  evaluate(now, actions);
}

/// Within a round votes only get better, so that forgetting one takes a new round.
void Election::abandon_candidate(ServerId candidate, TimePoint now, Actions& actions) {
  actions.notes.push_back({NoteKind::kCandidateSuspected, candidate, round_, vote_});
  start_round(now, actions);
}

void Election::forget_successor(const Voter& voter) {
  const bool is_lost = voter.is_suspected || voter.abstains;
  if (is_lost && candidacy_.leader == voter.id) {
    candidacy_.leader = options_.self;
  }
}

/// Drops every report but votes in this or a higher round that are new, and moves to the highest
/// round among those.
void Election::take_fresh_reports(TimePoint now) {
  for (Voter& voter : voters_) {
    const bool is_fresh = voter.report && voter.report->state == PeerState::kLooking &&
                          voter.report->round >= round_ && now - voter.reported_at <= kFresh &&
                          is_usable(*voter.report);
    if (!is_fresh) {
      voter.report.reset();
      continue;
    }
    round_ = std::max(round_, voter.report->round);
  }
  for (const Voter& voter : voters_) {
    if (voter.report && voter.report->round == round_) {
      vote_ = std::max(vote_, voter.report->vote);
    }
  }
}

void Election::change_vote(const Vote& vote, NoteKind kind, ServerId peer, TimePoint now,
                           Actions& actions) {
  const bool is_news = is_voting_ && (vote != vote_ || kind == NoteKind::kRoundRaised);
  vote_ = vote;
  settle_at_.reset();
  actions.notes.push_back({kind, peer, round_, vote_});
  if (is_news) {
    broadcast(actions);
    resend_soon(now);
  }
}

// ---- Notifications ----------------------------------------------------------------------------

void Election::handle(const NotificationReceived& event, TimePoint now, Actions& actions) {
  const wire::Notification& heard = event.notification;
  const Statement statement{heard.state, heard.vote, heard.round, heard.version};
  const bool is_looker = heard.state == PeerState::kLooking;
  if (event.from == options_.self) {
    return;
  }
  look_at_configuration(event, actions);
  look_at_witness(event, actions);
  const std::optional<size_t> index = majority_.index_of(event.from);
  if (!index) {
    if (is_looker) {
      answer_stranger(event.from, statement, now, actions);
    }
    return;
  }
  Voter& voter = voters_[*index];
  const bool is_first = !voter.report || voter.report->state != PeerState::kLooking ||
                        voter.report->round != heard.round;
  voter.is_suspected = false;
  voter.abstains = is_looker && (heard.vote == wire::kNoVote || has_older_disk(event));
  forget_successor(voter);
  voter.report.reset();
  if (is_usable(statement) && !voter.abstains) {
    voter.report = statement;
    voter.reported_at = now;
  }
  if (!has_started_) {
    return;
  }
  if (actions.configuration_seen) {
    // Other voters count in a moment, and a new round begins: nothing may be decided by these.
    return;
  }
  if (state_ != PeerState::kLooking) {
    if (is_looker) {
      answer(voter.id, voter.exchange, statement, now, actions);
    }
    check_decision(voter, actions);
    return;
  }
  if (voter.abstains && vote_.leader == voter.id) {
    abandon_candidate(voter.id, now, actions);
    return;
  }
  if (is_looker && heard.round < round_) {
    answer(voter.id, voter.exchange, statement, now, actions);
  } else if (is_looker && voter.report) {
    hear_looker(voter, is_first, now, actions);
  }
  evaluate(now, actions);
}

/// A vote in this round or a higher one. `is_first`: in that round, of that voter.
void Election::hear_looker(Voter& voter, bool is_first, TimePoint now, Actions& actions) {
  const Statement& heard = *voter.report;
  if (heard.round > round_) {
    round_ = heard.round;
    change_vote(std::max(heard.vote, own_vote()), NoteKind::kRoundRaised, voter.id, now, actions);
    return;
  }
  if (heard.vote > vote_) {
    change_vote(heard.vote, NoteKind::kVoteChanged, voter.id, now, actions);
    return;
  }
  if (is_first && heard.vote < vote_) {
    answer(voter.id, voter.exchange, heard, now, actions);
  }
}

/// Whether a voter's statement can count for anything.
bool Election::is_usable(const Statement& statement) const {
  if (statement.round < Round{0} || statement.round >= kRoundLimit) {
    return false;
  }
  if (!majority_.contains(statement.vote.leader)) {
    return false;
  }
  // A member that may not vote must not lead, even if others still say that it does.
  if (statement.vote.leader == options_.self && !is_voting_) {
    return false;
  }
  const Voter& candidate = voters_[*majority_.index_of(statement.vote.leader)];
  switch (statement.state) {
    case PeerState::kLooking:
      return statement.vote.zxid != kUninitialised && !candidate.abstains;
    case PeerState::kFollowing:
    case PeerState::kLeading:
      return true;
    case PeerState::kObserving:
      return false;
  }
  return false;
}

/// Only members of this one's configuration are believed: anybody who can connect could otherwise
/// name a configuration of his own. Apache believes everybody.
void Election::look_at_configuration(const NotificationReceived& event, Actions& actions) const {
  const wire::NullableBytes text = event.notification.config;
  if (!options_.adopts_configurations || !text || state_ != PeerState::kLooking ||
      !committed_.contains(event.from)) {
    return;
  }
  const std::optional<ConfigVersion> version = quorum::version_in(*text);
  if (!version || *version <= committed_.version) {
    look_at_next_configuration(event, actions);
    return;
  }
  quorum::ParsedConfiguration parsed = quorum::parse_configuration(*text);
  if (parsed.ok()) {
    actions.configuration_seen = {event.from, std::move(parsed.configuration)};
  }
}

/// A reconfiguration in flight that this member has not been sent, but without which there may be
/// no quorum: it makes this member a voter, or the candidate, whose vote is better than this one's.
/// (Of others it is not believed: the voters that it adds may all be gone.)
void Election::look_at_next_configuration(const NotificationReceived& event,
                                          Actions& actions) const {
  const auto extension = wire::decode_peer_extension(event.notification.extension);
  if (!extension || extension->next_configuration.empty()) {
    return;
  }
  quorum::ParsedConfiguration next = quorum::parse_configuration(extension->next_configuration);
  if (!next.ok() || next.configuration.version <= committed_.version ||
      next.configuration.version <= last_seen_.version) {
    return;
  }
  if (Zxid{next.configuration.version.value}.epoch() < candidacy_.epoch.value) {
    // A later leader's history, which this member has, is without it: it was given up.
    return;
  }
  const auto adds = [&](ServerId id) {
    return next.configuration.is_voter(id) && !majority_.contains(id);
  };
  const Vote& vote = event.notification.vote;
  const bool is_news = adds(options_.self) || (vote > vote_ && adds(vote.leader));
  if (is_news) {
    actions.configuration_seen = {
        .from = event.from, .configuration = std::move(next.configuration), .is_in_flight = true};
  }
}

bool Election::has_older_disk(const NotificationReceived& event) const {
  const auto extension = wire::decode_peer_extension(event.notification.extension);
  return extension && extension->last_logged && extension->accepted_epoch &&
         witness_.contradicts(event.from, *extension->accepted_epoch, *extension->last_logged);
}

void Election::look_at_witness(const NotificationReceived& event, Actions& actions) const {
  const auto extension = wire::decode_peer_extension(event.notification.extension);
  if (!extension || state_ != PeerState::kLooking || !has_started_ ||
      !committed_.contains(event.from)) {
    return;
  }
  if (auto disks = wire::decode_witnessed_disks(extension->witness)) {
    actions.witnessed = std::move(*disks);
  }
}

// ---- Peers, membership, time ------------------------------------------------------------------

void Election::handle(const PeerConnected& event, TimePoint, Actions& actions) {
  const std::optional<size_t> index = majority_.index_of(event.peer);
  if (!index || event.peer == options_.self) {
    return;
  }
  Voter& voter = voters_[*index];
  voter.is_suspected = false;
  voter.exchange = {};
  if (has_started_ && state_ == PeerState::kLooking) {
    actions.send(voter.id, notification());
  }
}

void Election::handle(const PeerSuspected& event, TimePoint now, Actions& actions) {
  const std::optional<size_t> index = majority_.index_of(event.peer);
  if (!index || event.peer == options_.self) {
    return;
  }
  Voter& voter = voters_[*index];
  const bool is_news = !voter.is_suspected;
  voter.is_suspected = true;
  voter.report.reset();
  forget_successor(voter);
  if (!has_started_ || !is_news) {
    return;
  }
  if (state_ != PeerState::kLooking) {
    if (state_ != PeerState::kLeading && vote_.leader == voter.id) {
      revoke(Revocation::kLeaderSuspected, actions);
    }
    return;
  }
  if (vote_.leader == voter.id) {
    abandon_candidate(voter.id, now, actions);
    return;
  }
  evaluate(now, actions);
}

void Election::handle(const MembershipChanged& event, TimePoint now, Actions& actions) {
  const std::vector<ServerId> before = wanted_;
  set_membership(event.committed, event.last_seen);
  actions.wanted_changed = actions.wanted_changed || wanted_ != before;
  if (has_started_ && state_ == PeerState::kLooking) {
    start_round(now, actions);
  }
}

void Election::handle(const LeaderEstablished& event, TimePoint, Actions&) {
  QR_ASSERT(has_started_ && state_ != PeerState::kLooking);
  // Late joiners compare the epoch; the round stays that of the election.
  vote_.epoch = event.epoch;
  is_established_ = true;
}

void Election::handle(const Promoted&, TimePoint, Actions&) {
  if (has_started_ && state_ == PeerState::kObserving) {
    state_ = PeerState::kFollowing;
  }
}

void Election::handle(const DeadlineReached&, TimePoint now, Actions& actions) {
  if (settle_at_ && *settle_at_ <= now) {
    decide(vote_, DecidedBy::kWaiting, now, actions);
    return;
  }
  if (resend_at_ && *resend_at_ <= now) {
    broadcast(actions);
    resend_at_ = now + resend_interval_;
    resend_interval_ = std::min(resend_interval_ * 2, options_.resend_max);
  }
}

}  // namespace quorate::election
