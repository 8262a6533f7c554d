// A leader that has handed over leaves the vote to others, and follows like any other voter.
#include <string>

#include <gtest/gtest.h>

#include "server/election/election.h"

namespace quorate::election {
namespace {

quorum::Configuration three_voters() {
  quorum::Configuration configuration;
  for (int64_t id = 1; id <= 3; ++id) {
    configuration.servers[ServerId{id}].addresses = {
        {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
  }
  return configuration;
}

NotificationReceived said(int64_t from, wire::PeerState state) {
  return {ServerId{from},
          {.state = state,
           .vote = {Epoch{5}, Zxid{0x500000007}, ServerId{2}},
           .round = wire::Round{4},
           .version = wire::kNotificationVersion,
           .config = wire::NullableBytes()}};
}

/// Member 1 finds that 3 follows 2.
wire::PeerState role_of(const StartLooking& start, bool& has_voted) {
  const quorum::Configuration configuration = three_voters();
  Election election(Options{.self = ServerId{1}}, configuration, configuration);
  Actions actions;
  election.step(start, TimePoint(), actions);
  has_voted = election.vote() != wire::kNoVote;
  election.step(said(2, wire::PeerState::kLeading), TimePoint(), actions);
  election.step(said(3, wire::PeerState::kFollowing), TimePoint(), actions);
  EXPECT_TRUE(actions.decision.has_value());
  return election.state();
}

TEST(Abstain, OneThatLeavesTheVoteToOthersFollows) {
  bool has_voted = true;
  const StartLooking start{
      .last_logged = Zxid{0x500000007}, .current_epoch = Epoch{5}, .abstains = true};
  EXPECT_EQ(role_of(start, has_voted), wire::PeerState::kFollowing);
  EXPECT_FALSE(has_voted);
}

TEST(Abstain, OneWhoseDiskIsNotFitObserves) {
  bool has_voted = true;
  const StartLooking start{
      .last_logged = Zxid{0x500000007}, .current_epoch = Epoch{5}, .may_vote = false};
  EXPECT_EQ(role_of(start, has_voted), wire::PeerState::kObserving);
  EXPECT_FALSE(has_voted);
}

/// A member that comes late counts who follows, the former leader among them.
TEST(Abstain, WhoComesLateFindsAQuorumWithTheFormerLeader) {
  bool has_voted = false;
  const StartLooking start{.last_logged = Zxid{0x500000007}, .current_epoch = Epoch{5}};
  EXPECT_EQ(role_of(start, has_voted), wire::PeerState::kFollowing);
  EXPECT_TRUE(has_voted);
}

}  // namespace
}  // namespace quorate::election
