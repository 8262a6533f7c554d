// From one role to the next.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "server/node/node.h"

namespace quorate::node {
namespace {

/// Member 1 of three, with an empty history.
class Member {
 public:
  Member() {
    Options options;
    EnsembleOptions ensemble;
    for (int64_t id = 1; id <= 3; ++id) {
      ensemble.configuration.servers[ServerId{id}].addresses = {
          {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
    }
    options.ensemble = std::move(ensemble);
    node_ = std::make_unique<Node>(std::move(options),
                                   Recovered{.database = tree::Database(tree::TreeOptions{}),
                                             .recent_txns = {},
                                             .snapshot_zxid = {}},
                                   now_);
    node_->begin(now_, actions_);
  }

  Actions step(const Event& event) {
    actions_.clear();
    node_->step(event, now_, actions_);
    node_->check_invariants();
    return actions_;
  }
  Actions hear_vote(int64_t from, wire::PeerState state, int64_t leader, int64_t round) {
    return step(PeerNotified{ServerId{from},
                             {.state = state,
                              .vote = {Epoch{0}, Zxid{leader}, ServerId{leader}},
                              .round = wire::Round{round},
                              .version = wire::kNotificationVersion,
                              .config = wire::NullableBytes()}});
  }
  void wait(Duration time) { now_.monotonic += time; }

 private:
  Now now_;
  std::unique_ptr<Node> node_;
  Actions actions_;
};

TEST(Roles, ALeaderOutOfReachIsDroppedForTheOneWhomOthersElectMeanwhile) {
  Member member;
  member.hear_vote(2, wire::PeerState::kLooking, 3, 1);
  const Actions first = member.hear_vote(3, wire::PeerState::kLooking, 3, 1);
  ASSERT_TRUE(first.quorum.connect);
  EXPECT_EQ(first.quorum.connect->leader, ServerId{3});

  // 2 has given up as well, and was heard by the time that 1 does.
  member.wait(std::chrono::milliseconds(1900));
  member.hear_vote(2, wire::PeerState::kLooking, 2, 2);
  member.wait(std::chrono::milliseconds(100));
  const Actions then = member.step(DeadlineReached{});
  ASSERT_TRUE(then.quorum.connect) << "it must not leave the role that it has just begun";
  EXPECT_EQ(then.quorum.connect->leader, ServerId{2});
}

}  // namespace
}  // namespace quorate::node
