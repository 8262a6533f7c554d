// The election machine: when a vote is final, and when a decision cannot come true.
#include <algorithm>

#include "server/base/assert.h"
#include "server/election/election.h"

namespace quorate::election {
namespace {

using wire::PeerState;

}  // namespace

void Election::evaluate(TimePoint now, Actions& actions) {
  if (join(now, actions)) {
    return;
  }
  const std::optional<size_t> candidate = majority_.index_of(vote_.leader);
  const bool has_quorum =
      candidate && !voters_[*candidate].is_suspected && majority_.is_quorum(supporters());
  if (!has_quorum) {
    settle_at_.reset();
    return;
  }
  // Votes only get better within a round, and none of those who have reported has a better one:
  // when all have, the vote is final.
  if (have_all_reported() || is_followed_already()) {
    decide(vote_, DecidedBy::kEveryVoter, now, actions);
    return;
  }
  if (!settle_at_) {
    settle_at_ = now + options_.finalize_wait;
  }
}

/// Joins a leader that says so itself and that a quorum follows.
bool Election::join(TimePoint now, Actions& actions) {
  for (const Voter& voter : voters_) {
    const bool leads = voter.report && voter.report->state == PeerState::kLeading &&
                       voter.report->vote.leader == voter.id;
    if (!leads || voter.id == options_.self) {
      continue;
    }
    const Statement leader = *voter.report;
    if (majority_.is_quorum(followers_of(leader))) {
      round_highest_ = std::max(round_highest_, round_);
      round_ = leader.round;
      decide(leader.vote, DecidedBy::kJoining, now, actions);
      return true;
    }
  }
  return false;
}

/// Voters that follow `leader`, itself included; and, while its election is that of this member's
/// round, those that vote for it.
quorum::VoterSet Election::followers_of(const Statement& leader) const {
  quorum::VoterSet set;
  for (size_t index = 0; index < voters_.size(); ++index) {
    const bool is_self = voters_[index].id == options_.self;
    if (is_self ? !is_voting_ : !voters_[index].report) {
      continue;
    }
    const Statement said = is_self ? statement() : *voters_[index].report;
    if (said.state == PeerState::kLooking) {
      const bool is_same = said.vote == leader.vote && said.round == leader.round;
      if (is_same && leader.round == round_) {
        set.add(index);
      }
      continue;
    }
    // A running ensemble is recognised by leader and epoch; by the leader alone when one of the two
    // is from before 3.5. Round and zxid may differ among its members.
    const bool is_mixed = (said.version > 0) != (leader.version > 0);
    if (said.vote.leader == leader.vote.leader &&
        (is_mixed || said.vote.epoch == leader.vote.epoch)) {
      set.add(index);
    }
  }
  return set;
}

/// Voters whose vote in this round is this member's, itself included if it votes.
quorum::VoterSet Election::supporters() const {
  quorum::VoterSet set;
  for (size_t index = 0; index < voters_.size(); ++index) {
    const Voter& voter = voters_[index];
    const bool is_support =
        voter.id == options_.self
            ? is_voting_
            : voter.report && voter.report->round == round_ && voter.report->vote == vote_;
    if (is_support) {
      set.add(index);
    }
  }
  return set;
}

/// Whether a quorum has decided on this member, which then has nothing to wait for. (Another leader
/// must say itself that it leads: see join().)
bool Election::is_followed_already() const {
  if (vote_.leader != options_.self) {
    return false;
  }
  quorum::VoterSet set = supporters();
  for (size_t index = 0; index < voters_.size(); ++index) {
    const std::optional<Statement>& said = voters_[index].report;
    if (said && said->state == PeerState::kLooking) {
      set.remove(index);
    }
  }
  return majority_.is_quorum(set);
}

bool Election::have_all_reported() const {
  return std::ranges::all_of(voters_, [this](const Voter& voter) {
    return voter.id == options_.self || voter.is_suspected || voter.abstains ||
           (voter.report && voter.report->round == round_);
  });
}

void Election::decide(const wire::Vote& vote, DecidedBy by, TimePoint now, Actions& actions) {
  vote_ = vote;
  if (vote_.leader == options_.self) {
    QR_ASSERT(is_voting_);
    state_ = PeerState::kLeading;
  } else {
    // A participant that is not in the configuration yet follows; one that has lost its disk
    // watches until it has synced. One that has only abstained says that it follows: whoever comes
    // later counts the followers. An observer whom the reconfiguration in flight makes a voter acts
    // as one: without it that may never be committed.
    const bool is_observer =
        !is_fit_ || (committed_.contains(options_.self) && !majority_.contains(options_.self));
    state_ = is_observer ? PeerState::kObserving : PeerState::kFollowing;
  }
  settle_at_.reset();
  resend_at_.reset();
  actions.decision = Decision{.role = state_,
                              .vote = vote_,
                              .round = round_,
                              .by = by,
                              .looked_for = now - started_looking_};
  tell_strangers(now, actions);
}

/// Whether what `changed` has just said makes the decision impossible.
///
/// A leader waits for a quorum to connect. A voter that looks in another round or for another
/// candidate (it may have restarted and forgotten what it voted for), or that has decided on
/// another leader in this one or later, is not going to unless it finds a quorum with this leader;
/// when those are so many that the others are no quorum, none of them ever will.
void Election::check_decision(const Voter& changed, Actions& actions) {
  if (is_established_ || is_revoked_) {
    return;
  }
  if (!changed.abstains && !changed.report) {
    return;
  }
  if (state_ != PeerState::kLeading) {
    if (changed.id != vote_.leader) {
      return;
    }
    const Statement said = changed.report.value_or(Statement{.vote = wire::kNoVote});
    const bool has_moved_on = said.vote.leader != changed.id ||
                              (said.state == PeerState::kLooking && said.round != round_);
    if (has_moved_on) {
      revoke(Revocation::kLeaderMovedOn, actions);
    }
    return;
  }
  quorum::VoterSet possible;
  for (size_t index = 0; index < voters_.size(); ++index) {
    const std::optional<Statement>& said = voters_[index].report;
    const bool is_lost =
        voters_[index].abstains ||
        (said && (said->state == PeerState::kLooking
                      ? said->round != round_ || said->vote != vote_
                      : said->vote.leader != options_.self && said->round >= round_));
    if (!is_lost) {
      possible.add(index);
    }
  }
  if (!majority_.is_quorum(possible)) {
    revoke(Revocation::kNoQuorumLeft, actions);
  }
}

void Election::revoke(Revocation reason, Actions& actions) {
  if (!is_established_ && !is_revoked_) {
    is_revoked_ = true;
    actions.revoked = reason;
  }
}

}  // namespace quorate::election
