// What must hold of every election.
#include "tests/server/election/checker.h"

#include <cinttypes>
#include <cstdio>

namespace quorate::election::testing {

using wire::PeerState;

std::string vote_text(const wire::Vote& vote) {
  if (vote == wire::kNoVote) {
    return "nobody";
  }
  char text[64];
  std::snprintf(text, sizeof text, "%" PRId64 "/%" PRIx64 "/%" PRId64, vote.epoch.value,
                static_cast<uint64_t>(vote.zxid.value), vote.leader.value);
  return text;
}

Checker::Checker(const quorum::Configuration& configuration) : majority_(configuration.voters()) {}

bool Checker::is_quorum(const std::set<ServerId>& servers) const {
  quorum::VoterSet set;
  for (const ServerId server : servers) {
    if (const auto index = majority_.index_of(server)) {
      set.add(*index);
    }
  }
  return majority_.is_quorum(set);
}

void Checker::violation(ServerId member, const std::string& what) {
  violations_.push_back("member " + std::to_string(member.value) + ": " + what);
}

void Checker::hear(ServerId speaker, uint64_t incarnation, const wire::Notification& said,
                   const wire::Vote& candidacy, bool may_vote) {
  if (!majority_.contains(speaker)) {
    return;
  }
  if (said.state != PeerState::kLooking) {
    believe(speaker, said);
    return;
  }
  if (!may_vote) {
    if (said.vote != wire::kNoVote) {
      violation(speaker, "votes for " + vote_text(said.vote) + ", but may not vote");
    }
    return;
  }
  if (said.vote < candidacy) {
    violation(speaker, "votes for " + vote_text(said.vote) + ", which is less than itself");
  }
  const auto [last, is_first] = last_[{speaker, incarnation}].try_emplace(said.round, said.vote);
  if (said.vote < last->second) {
    violation(speaker, "turns from " + vote_text(last->second) + " to " + vote_text(said.vote) +
                           " in round " + std::to_string(said.round.value));
  }
  last->second = std::max(last->second, said.vote);
  cast_[{said.round, said.vote}].insert(speaker);
}

void Checker::believe(ServerId speaker, const wire::Notification& said) {
  // A leader counts for itself when it says so; a follower by what it follows.
  if (said.state == PeerState::kLeading ||
      (said.state != PeerState::kLooking && said.vote.leader != speaker)) {
    followers_[{said.vote.leader, said.vote.epoch}].insert(speaker);
  }
  cast_[{said.round, said.vote}].insert(speaker);
}

void Checker::decided(ServerId member, const Decision& decision) {
  const ServerId leader = decision.vote.leader;
  if (decision.by == DecidedBy::kJoining) {
    std::set<ServerId> support = followers_[{leader, decision.vote.epoch}];
    if (!support.contains(leader)) {
      violation(member, "joins " + std::to_string(leader.value) + ", which does not say it leads");
    }
    support.merge(std::set<ServerId>(cast_[{decision.round, decision.vote}]));
    if (!is_quorum(support)) {
      violation(member, "joins " + std::to_string(leader.value) + " without a quorum");
    }
    return;
  }
  if (!is_quorum(cast_[{decision.round, decision.vote}])) {
    violation(member, "decides on " + vote_text(decision.vote) + " in round " +
                          std::to_string(decision.round.value) + " without a quorum");
  }
}

void Checker::established(ServerId leader, wire::Round round, Epoch epoch, Zxid zxid) {
  const auto [of_round, is_first_of_round] = round_leaders_.try_emplace(round, leader);
  if (of_round->second != leader) {
    violation(leader, "has a quorum in round " + std::to_string(round.value) + ", as " +
                          std::to_string(of_round->second.value) + " had");
  }
  const auto [known, is_first] = leaders_.try_emplace(epoch, leader);
  if (!is_first) {
    violation(leader, "leads epoch " + std::to_string(epoch.value) + ", as " +
                          std::to_string(known->second.value) + " does");
  }
  if (zxid < committed_) {
    violation(leader, "leads without the committed " + std::to_string(committed_.value));
  }
}

void Checker::committed(Zxid zxid) { committed_ = std::max(committed_, zxid); }

}  // namespace quorate::election::testing
