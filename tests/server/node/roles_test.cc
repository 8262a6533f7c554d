// From one role to the next.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace quorate::node
