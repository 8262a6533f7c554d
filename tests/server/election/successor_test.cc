// Whom the votes are for when a leader has named its successor.
#include <gtest/gtest.h>

#include <optional>

#include "server/election/election.h"

namespace quorate::election::testing {
namespace {

using wire::PeerState;
using wire::Vote;

constexpr ServerId kSelf{3};
constexpr ServerId kSuccessor{1};
constexpr Epoch kEpoch{4};
constexpr Zxid kLast{0x400000009};

quorum::Configuration three_voters() {
  return quorum::parse_configuration(
             "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
             "server.3=c:1:2:participant")
      .configuration;
}

/// Member 3, which would win every election among equals.
class Successor : public ::testing::Test {
 protected:
  Successor() : election_(Options{.self = kSelf}, three_voters(), three_voters()) {}

  void step(const Event& event) {
    election_.step(event, now_, actions_);
    if (actions_.decision) {
      decision_ = actions_.decision;
    }
    actions_.clear();
  }
  void look(std::optional<ServerId> successor = kSuccessor) {
    step(StartLooking{.last_logged = kLast, .current_epoch = kEpoch, .successor = successor});
  }
  void hear(ServerId from, Vote vote) {
    step(NotificationReceived{from,
                              {.state = PeerState::kLooking,
                               .vote = vote,
                               .round = election_.round(),
                               .version = wire::kNotificationVersion}});
  }
  static Vote vote_for(ServerId leader, Zxid zxid = kLast) { return {kEpoch, zxid, leader}; }

  Election election_;
  TimePoint now_{std::chrono::seconds(100)};
  Actions actions_;
  std::optional<Decision> decision_;
};

TEST_F(Successor, GetsTheVoteOfWhoHeardOfIt) {
  look();
  EXPECT_EQ(election_.vote(), vote_for(kSuccessor));
  hear(kSuccessor, vote_for(kSuccessor));
  hear(ServerId{2}, vote_for(kSuccessor));
  ASSERT_TRUE(decision_);
  EXPECT_EQ(decision_->role, PeerState::kFollowing);
  EXPECT_EQ(decision_->vote.leader, kSuccessor);
}

TEST_F(Successor, LosesToABetterVote) {
  look();
  hear(ServerId{2}, vote_for(ServerId{2}, kLast.next()));
  EXPECT_EQ(election_.vote(), vote_for(ServerId{2}, kLast.next()));
  hear(kSuccessor, vote_for(ServerId{2}, kLast.next()));
  EXPECT_EQ(decision_->vote.leader, ServerId{2});
}

TEST_F(Successor, IsGivenUpOnceItIsSuspected) {
  look();
  step(PeerSuspected{kSuccessor});
  EXPECT_EQ(election_.vote(), vote_for(kSelf));
  hear(ServerId{2}, vote_for(kSelf));
  ASSERT_TRUE(decision_);
  EXPECT_EQ(decision_->role, PeerState::kLeading);
}

TEST_F(Successor, IsGivenUpWhenItMayNotVote) {
  look();
  hear(kSuccessor, wire::kNoVote);
  EXPECT_EQ(election_.vote(), vote_for(kSelf));
}

TEST_F(Successor, IsNotTakenUpWhenItIsSuspectedAlreadyOrUnknown) {
  step(PeerSuspected{kSuccessor});
  look();
  EXPECT_EQ(election_.vote(), vote_for(kSelf));
  look(ServerId{9});
  EXPECT_EQ(election_.vote(), vote_for(kSelf));
}

TEST_F(Successor, IsForgottenByTheNextElection) {
  look();
  look(std::nullopt);
  EXPECT_EQ(election_.vote(), vote_for(kSelf));
}

}  // namespace
}  // namespace quorate::election::testing
