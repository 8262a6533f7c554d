// The election mesh over real sockets: who dials whom, loss, replacement, bad peers.
#include "server/peers/election_mesh.h"

#include <gtest/gtest.h>

#include "tests/server/peers/mesh_member.h"

namespace quorate::peers::test {
namespace {

std::string hello_of(int64_t id) {
  std::string bytes;
  wire::encode(wire::ElectionHello{ServerId{id}, {{"127.0.0.1", 1}}}, bytes);
  return bytes;
}

class ElectionMeshTest : public testing::Test {
 protected:
  Loop loop;
};

TEST_F(ElectionMeshTest, EveryPairHasOneConnectionAndBothSidesSpeak) {
  MeshMember one(loop, 1);
  MeshMember two(loop, 2);
  MeshMember three(loop, 3);
  one.know({&two, &three});
  two.know({&one, &three});
  three.know({&one, &two});
  ASSERT_TRUE(loop.run_until([&] {
    return one.connected(2) && one.connected(3) && two.connected(1) && two.connected(3) &&
           three.connected(1) && three.connected(2);
  }));
  one.say(2, 12);
  two.say(1, 21);
  three.say(1, 31);
  one.say(3, 13);
  EXPECT_TRUE(loop.run_until([&] {
    return two.heard(1) == 12 && one.heard(2) == 21 && one.heard(3) == 31 && three.heard(1) == 13;
  }));
  EXPECT_TRUE(one.suspicions.empty() && two.suspicions.empty() && three.suspicions.empty());
}

TEST_F(ElectionMeshTest, TheLesserIdKnocksAndIsCalledBack) {
  MeshMember one(loop, 1);
  MeshMember two(loop, 2);
  two.mesh().set_peers({{ServerId{1}, {{"127.0.0.1", one.port()}}}});
  one.know({&two});  // `two` wants nobody.
  EXPECT_TRUE(loop.run_until([&] { return one.connected(2) && two.connected(1); }));
}

TEST_F(ElectionMeshTest, AKnockOfAPeerThatLostItsConnectionReplacesIt) {
  MeshMember one(loop, 1);
  MeshMember two(loop, 2);
  two.know({&one});
  one.know({&two});
  ASSERT_TRUE(loop.run_until([&] { return one.connected(2) && two.connected(1); }));
  const int before = two.connections[1];
  RawPeer knock(two.port());
  knock.send(hello_of(1));
  EXPECT_TRUE(loop.run_until([&] { return two.connections[1] > before; }));
  EXPECT_TRUE(loop.run_until([&] { return one.connections[2] > 1; }));
  EXPECT_TRUE(two.suspicions.empty()) << "a replacement is no loss";
  EXPECT_TRUE(one.suspicions.empty());
}

TEST_F(ElectionMeshTest, ADeadPeerIsSuspectedAtOnceAndFoundAgain) {
  MeshMember one(loop, 1);
  auto two = std::make_unique<MeshMember>(loop, 2);
  const uint16_t port = two->port();
  one.know({two.get()});
  two->know({&one});
  ASSERT_TRUE(loop.run_until([&] { return one.connected(2) && two->connected(1); }));
  two.reset();
  ASSERT_TRUE(loop.run_until([&] { return !one.suspicions[2].empty(); }));
  EXPECT_EQ(one.suspicions[2].front(), "closed by the peer");
  MeshMember again(loop, 2, {}, {.port = port});
  again.know({&one});
  ASSERT_TRUE(loop.run_until([&] { return one.connected(2) && again.connected(1); }));
  EXPECT_EQ(one.suspicions[2].size(), 1U) << "told once until there is a connection";
}

TEST_F(ElectionMeshTest, APeerThatCannotBeReachedIsSuspectedWithTheReason) {
  MeshMember two(loop, 2);
  auto one = std::make_unique<MeshMember>(loop, 1);
  const std::string address = "127.0.0.1:" + std::to_string(one->port());
  two.know({one.get()});
  one.reset();
  ASSERT_TRUE(loop.run_until([&] { return !two.suspicions[1].empty(); }));
  EXPECT_EQ(two.suspicions[1].front(), address + ": Connection refused");
}

TEST_F(ElectionMeshTest, APeerThatNeverCallsBackIsSuspected) {
  boost::asio::ip::tcp::acceptor deaf(loop.context(), {boost::asio::ip::address_v4::loopback(), 0});
  MeshMember one(loop, 1, {.connect_timeout = std::chrono::milliseconds(100)});
  one.mesh().set_peers({{ServerId{2}, {{"127.0.0.1", deaf.local_endpoint().port()}}}});
  const ServerId wanted[] = {ServerId{2}};
  one.mesh().set_wanted(wanted);
  ASSERT_TRUE(loop.run_until([&] { return !one.suspicions[2].empty(); }));
  EXPECT_EQ(one.suspicions[2].front(), "it does not call back");
}

TEST_F(ElectionMeshTest, WhoIsNotAMemberIsTurnedAway) {
  MeshMember one(loop, 1);
  RawPeer garbage(one.port());
  garbage.send(std::string(64, '\xee'));
  ASSERT_TRUE(loop.run_until([&] { return !one.refused.empty(); }));
  EXPECT_EQ(one.refused.back(), "not the hello of a member");
  RawPeer twin(one.port());
  twin.send(hello_of(1));
  ASSERT_TRUE(loop.run_until([&] { return one.refused.size() == 2; }));
  EXPECT_EQ(one.refused.back(), "it has this member's own id, 1");
  EXPECT_TRUE(loop.run_until([&] { return !garbage.poll() && !twin.poll(); }));
}

TEST_F(ElectionMeshTest, HttpEndsWithItsFirstMessage) {
  MeshMember one(loop, 1);
  RawPeer http(one.port());  // Eight bytes of it are an id, as peers before 3.5 send it.
  http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(loop.run_until([&] { return !http.poll(); }));
  EXPECT_TRUE(one.rounds.empty());
}

TEST_F(ElectionMeshTest, AMessageOfAnImpossibleSizeEndsTheConnection) {
  MeshMember one(loop, 1);
  RawPeer nine(one.port());
  nine.send(hello_of(9));
  ASSERT_TRUE(loop.run_until([&] { return one.connected(9); }));
  nine.send(std::string("\x7f\xff\xff\xff", 4));
  ASSERT_TRUE(loop.run_until([&] { return !one.suspicions[9].empty(); }));
  EXPECT_EQ(one.suspicions[9].front(), "a message of a size that cannot be");
  EXPECT_TRUE(loop.run_until([&] { return !nine.poll(); }));
}

TEST_F(ElectionMeshTest, AFloodOfSilentConnectionsKeepsNobodyOut) {
  MeshMember one(loop, 1, {.gate = {.strangers_max = 8}});
  std::vector<std::unique_ptr<RawPeer>> flood;
  for (int i = 0; i < 100; ++i) {
    flood.push_back(std::make_unique<RawPeer>(one.port()));
  }
  MeshMember two(loop, 2);
  two.know({&one});
  ASSERT_TRUE(loop.run_until([&] { return two.connected(1) && one.connected(2); }));
  EXPECT_LE(one.mesh().gate_stats().strangers, 8U);
  EXPECT_LE(one.refused.size(), 10U) << "a flood does not fill the log";
}

TEST_F(ElectionMeshTest, ASilentConnectionIsClosedInTime) {
  MeshMember one(loop, 1, {.gate = {.greeting_timeout = std::chrono::milliseconds(50)}});
  RawPeer silent(one.port());
  ASSERT_TRUE(loop.run_until([&] { return !one.refused.empty(); }));
  EXPECT_EQ(one.refused.front(), "said nothing in time");
}

TEST_F(ElectionMeshTest, MembersOutsideTheConfigurationAreHeardAndBounded) {
  MeshMember one(loop, 1, {.strangers_max = 4});
  std::vector<std::unique_ptr<RawPeer>> strangers;
  for (int i = 0; i < 6; ++i) {
    strangers.push_back(std::make_unique<RawPeer>(one.port()));
    strangers.back()->send(hello_of(wire::kAnonymousServerId.value));
    ASSERT_TRUE(loop.run_until([&] { return one.connections[-1 - i] == 1; }));
  }
  EXPECT_FALSE(one.connected(-1)) << "the oldest makes room";
  EXPECT_TRUE(one.connected(-6));
  one.say(-6, 5);
  EXPECT_TRUE(loop.run_until(
      [&] { return strangers.back()->poll() && !strangers.back()->received().empty(); }));
}

TEST_F(ElectionMeshTest, AMemberThatMovesIsDialledAtItsNewAddress) {
  MeshMember two(loop, 2);
  MeshMember gone(loop, 1);
  two.know({&gone});
  gone.stop();
  ASSERT_TRUE(loop.run_until([&] { return !two.suspicions[1].empty(); }));
  MeshMember one(loop, 1);
  two.mesh().set_peers({{ServerId{1}, {{"127.0.0.1", one.port()}}}});
  EXPECT_TRUE(loop.run_until([&] { return two.connected(1); }));
}

}  // namespace
}  // namespace quorate::peers::test
