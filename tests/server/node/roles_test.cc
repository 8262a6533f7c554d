// From one role to the next.
#include <gtest/gtest.h>

#include "server/wire/learner_info.h"
#include "tests/server/node/ensemble_member.h"

namespace quorate::node {
namespace {

using wire::PeerState;

/// Of a member whose zxid is its id, in the first election.
wire::Vote vote_for(int64_t leader) { return {Epoch{0}, Zxid{leader}, ServerId{leader}}; }

TEST(Roles, ALeaderOutOfReachIsDroppedForTheOneWhomOthersElectMeanwhile) {
  testing::EnsembleMember member(
      {},
      {.database = tree::Database(tree::TreeOptions{}), .recent_txns = {}, .snapshot_zxid = {}});
  member.hear_vote(2, PeerState::kLooking, vote_for(3), 1);
  const Actions first = member.hear_vote(3, PeerState::kLooking, vote_for(3), 1);
  ASSERT_TRUE(first.quorum.connect);
  EXPECT_EQ(first.quorum.connect->leader, ServerId{3});

  // 2 has given up as well, and was heard by the time that 1 does.
  member.wait(std::chrono::milliseconds(1900));
  member.hear_vote(2, PeerState::kLooking, vote_for(2), 2);
  member.wait(std::chrono::milliseconds(100));
  const Actions then = member.step(DeadlineReached{});
  ASSERT_TRUE(then.quorum.connect) << "it must not leave the role that it has just begun";
  EXPECT_EQ(then.quorum.connect->leader, ServerId{2});
}

/// Its history may end with a reconfiguration that others have left behind since, and told of.
TEST(Roles, WhatALeaderTellsOfItsPastBringsNoFormerConfigurationBack) {
  using wire::QuorumPacketType;
  EnsembleOptions options;
  options.reconfig_enabled = true;
  testing::EnsembleMember member(
      options,
      {.database = tree::Database(tree::TreeOptions{}), .recent_txns = {}, .snapshot_zxid = {}});
  const quorum::Configuration holds = testing::participants({1, 2, 3}, 0x100000002);
  const std::string text = quorum::to_text(holds);
  const Actions heard = member.step(PeerNotified{ServerId{2},
                                                 {.state = PeerState::kLooking,
                                                  .vote = vote_for(3),
                                                  .round = wire::Round{1},
                                                  .version = wire::kNotificationVersion,
                                                  .config = text}});
  ASSERT_EQ(heard.quorum.configurations.size(), 1U);
  EXPECT_TRUE(heard.quorum.configurations[0].is_committed);
  EXPECT_EQ(member.status().ensemble->config_version, holds.version);

  member.hear_vote(2, PeerState::kFollowing, vote_for(3), 5);
  const Actions elected = member.hear_vote(3, PeerState::kLeading, vote_for(3), 5);
  ASSERT_TRUE(elected.quorum.connect);
  const auto hear_leader = [&](const wire::QuorumPacket& packet) {
    const Actions wanted = member.step(LeaderSent{packet});
    EXPECT_TRUE(wanted.quorum.configurations.empty()) << static_cast<int>(packet.type);
  };
  const Zxid epoch{int64_t{2} << 32};
  std::string info;
  wire::Writer writer(info);
  write(writer, wire::LeaderInfo{});
  const std::string former = quorum::to_text(testing::participants({1, 2}, 0x100000001));
  member.step(LeaderConnected{});
  hear_leader({.type = QuorumPacketType::kLeaderInfo, .zxid = epoch, .data = info});
  member.step(EpochsSaved{Epoch{2}, Epoch{0}});
  hear_leader({.type = QuorumPacketType::kDiff, .zxid = Zxid{0}});
  hear_leader({.type = QuorumPacketType::kNewLeader, .zxid = epoch, .data = former});
  member.step(EpochsSaved{Epoch{2}, Epoch{2}});
  hear_leader({.type = QuorumPacketType::kUpToDate, .zxid = Zxid{-1}});
  EXPECT_EQ(member.status().role, Role::kFollowing);
  EXPECT_TRUE(member.status().serving);
  EXPECT_EQ(member.status().ensemble->config_version, holds.version);
}

}  // namespace
}  // namespace quorate::node
