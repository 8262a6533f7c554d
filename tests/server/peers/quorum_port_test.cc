// The quorum port over real sockets: introduction, packets, snapshots in the stream, loss.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/steady_timer.hpp>

#include "server/peers/leader_link.h"
#include "server/peers/learner_port.h"
#include "server/wire/learner_info.h"
#include "tests/server/peers/loop.h"

namespace quorate::peers::test {
namespace {

using wire::QuorumPacketType;

std::string packet(QuorumPacketType type, int64_t zxid, wire::NullableBytes data = {}) {
  std::string bytes;
  wire::encode(wire::QuorumPacket{.type = type, .zxid = Zxid{zxid}, .data = data}, bytes);
  return bytes;
}

std::string follower_info(int64_t sid) {
  std::string bytes;
  wire::Writer writer(bytes);
  const size_t start = wire::begin_quorum_packet(writer, QuorumPacketType::kFollowerInfo, Zxid{});
  write(writer,
        wire::LearnerInfo{.sid = ServerId{sid}, .protocol_version = wire::kQuorumProtocolVersion});
  wire::end_quorum_packet(writer, start);
  return bytes;
}

struct LeaderSide final : LearnerPortHandler {
  explicit LeaderSide(Loop& loop, LearnerPortOptions options = {})
      : port(loop.context(), std::move(options), *this) {
    auto bound = port.open({{.address = "127.0.0.1"}});
    EXPECT_TRUE(bound);
    number = bound->front().port;
  }
  void on_learner_opened(LinkId link, const std::string&) override { newest = link; }
  void on_learner_packet(LinkId link, const wire::QuorumPacket& packet) override {
    packets[link].push_back({packet.type, packet.zxid});
  }
  void on_learner_flushed(LinkId link, size_t bytes, bool is_snapshot) override {
    (is_snapshot ? snapshot_flushed : flushed) += bytes;
    while (is_snapshot && snapshot_left > 0 && port.wants_snapshot(link)) {
      send_piece(link);
    }
  }
  void on_learner_closed(LinkId link, const std::string& why) override { closed[link] = why; }
  void on_learner_refused(const std::string&, const std::string& why) override {
    refused.push_back(why);
  }
  void send_piece(LinkId link) {
    const size_t size = std::min<size_t>(snapshot_left, 256 << 10);
    snapshot_left -= size;
    port.send_snapshot(link, std::string(size, 's'));
  }

  LearnerPort port;
  uint16_t number = 0;
  LinkId newest;
  std::map<LinkId, std::vector<std::pair<QuorumPacketType, Zxid>>> packets;
  std::map<LinkId, std::string> closed;
  std::vector<std::string> refused;
  size_t flushed = 0;
  size_t snapshot_flushed = 0;
  size_t snapshot_left = 0;
};

struct LearnerSide final : LeaderLinkHandler {
  LearnerSide(Loop& loop, uint16_t port, Duration timeout = std::chrono::seconds(10))
      : LearnerSide(loop, LeaderLinkOptions{.addresses = {{"127.0.0.1", port}},
                                            .connect_timeout = timeout}) {}
  LearnerSide(Loop& loop, LeaderLinkOptions options) {
    link.emplace(loop.context(), std::move(options), *this);
  }
  void on_leader_connected() override {
    connected = true;
    link->send(follower_info(7));
  }
  void on_leader_packet(const wire::QuorumPacket& packet) override {
    packets.push_back({packet.type, packet.zxid});
    if (packet.type == QuorumPacketType::kSnap) {
      snapshot_left = static_cast<size_t>(packet.zxid.value);
      link->receive_snapshot();
    }
    if (leaves_at == packet.type) {
      link.reset();
    }
  }
  size_t on_snapshot_bytes(std::string_view bytes, bool& is_whole) override {
    const size_t taken = std::min(bytes.size(), snapshot_left);
    EXPECT_EQ(bytes.substr(0, taken).find_first_not_of('s'), std::string_view::npos);
    snapshot_left -= taken;
    is_whole = snapshot_left == 0;
    return taken;
  }
  void on_leader_lost(const std::string& why) override { lost = why; }

  std::optional<LeaderLink> link;
  std::optional<QuorumPacketType> leaves_at;
  bool connected = false;
  std::vector<std::pair<QuorumPacketType, Zxid>> packets;
  size_t snapshot_left = 0;
  std::string lost;
};

class QuorumPortTest : public testing::Test {
 protected:
  Loop loop;
};

TEST_F(QuorumPortTest, PacketsTravelBothWaysInOrder) {
  LeaderSide leader(loop);
  LearnerSide learner(loop, leader.number);
  ASSERT_TRUE(loop.run_until([&] { return leader.packets[leader.newest].size() == 1; }));
  EXPECT_EQ(leader.packets[leader.newest].front().first, QuorumPacketType::kFollowerInfo);
  size_t sent = 0;
  for (int64_t zxid = 1; zxid <= 1000; ++zxid) {
    const std::string bytes = packet(QuorumPacketType::kProposal, zxid, std::string(100, 'x'));
    sent += bytes.size();
    leader.port.send(leader.newest, bytes);
    learner.link->send(packet(QuorumPacketType::kAck, zxid));
  }
  ASSERT_TRUE(loop.run_until([&] {
    return learner.packets.size() == 1000 && leader.packets[leader.newest].size() == 1001;
  }));
  for (int64_t zxid = 1; zxid <= 1000; ++zxid) {
    EXPECT_EQ(learner.packets[zxid - 1].second, Zxid{zxid});
    EXPECT_EQ(leader.packets[leader.newest][zxid].second, Zxid{zxid});
  }
  EXPECT_EQ(leader.flushed, sent);
}

TEST_F(QuorumPortTest, ASnapshotStandsBetweenPacketsAndIsAskedForPieceByPiece) {
  constexpr size_t kBytes = 20 << 20;
  LeaderSide leader(loop);
  LearnerSide learner(loop, leader.number);
  ASSERT_TRUE(loop.run_until([&] { return leader.newest.value == 1; }));
  const std::string before = packet(QuorumPacketType::kSnap, kBytes);
  leader.port.send(leader.newest, before);
  leader.snapshot_left = kBytes;
  leader.send_piece(leader.newest);
  ASSERT_TRUE(loop.run_until([&] { return leader.snapshot_left == 0; }));
  leader.port.send(leader.newest, packet(QuorumPacketType::kNewLeader, 5));
  ASSERT_TRUE(loop.run_until([&] { return learner.packets.size() == 2; }));
  EXPECT_EQ(learner.snapshot_left, 0U);
  EXPECT_EQ(learner.packets.back().first, QuorumPacketType::kNewLeader);
  EXPECT_EQ(leader.snapshot_flushed, kBytes);
  EXPECT_GE(leader.flushed, before.size());
}

TEST_F(QuorumPortTest, ALeaderIsFoundWhereItIsKnownToBeWhileNamesAreNot) {
  LeaderSide leader(loop);
  LearnerSide learner(loop, LeaderLinkOptions{.addresses = {{"name.invalid", leader.number}},
                                              .known_host = "127.0.0.1"});
  EXPECT_TRUE(loop.run_until([&] { return learner.connected; }));
}

TEST_F(QuorumPortTest, ALeaderThatIsNotWhereItWasIsFoundByItsName) {
  LeaderSide leader(loop);
  LearnerSide learner(loop, LeaderLinkOptions{.addresses = {{"127.0.0.1", leader.number}},
                                              .known_host = "127.0.0.9"});
  EXPECT_TRUE(loop.run_until([&] { return learner.connected; }));
}

TEST_F(QuorumPortTest, ALearnerWaitsForTheLeaderToListen) {
  uint16_t number = 0;
  {
    const LeaderSide gone(loop);
    number = gone.number;
  }
  LearnerSide learner(loop, number);
  bool waited = false;
  boost::asio::steady_timer timer(loop.context(), std::chrono::milliseconds(50));
  timer.async_wait([&](const boost::system::error_code&) { waited = true; });
  ASSERT_TRUE(loop.run_until([&] { return waited; }));
  EXPECT_FALSE(learner.connected);
  EXPECT_EQ(learner.lost, "");
  struct Late final : LearnerPortHandler {
    void on_learner_opened(LinkId, const std::string&) override { opened = true; }
    void on_learner_packet(LinkId, const wire::QuorumPacket&) override {}
    void on_learner_flushed(LinkId, size_t, bool) override {}
    void on_learner_closed(LinkId, const std::string&) override {}
    void on_learner_refused(const std::string&, const std::string&) override {}
    bool opened = false;
  } late;
  LearnerPort port(loop.context(), {}, late);
  ASSERT_TRUE(port.open({{.address = "127.0.0.1", .port = number}}));
  EXPECT_TRUE(loop.run_until([&] { return late.opened; }));
}

TEST_F(QuorumPortTest, ALeaderThatNeverListensIsLostInTime) {
  uint16_t number = 0;
  {
    const LeaderSide gone(loop);
    number = gone.number;
  }
  LearnerSide learner(loop, number, std::chrono::milliseconds(500));
  ASSERT_TRUE(loop.run_until([&] { return !learner.lost.empty(); }));
  EXPECT_NE(learner.lost.find("Connection refused"), std::string::npos) << learner.lost;
}

TEST_F(QuorumPortTest, EachSideHearsOfTheOthersEnd) {
  LeaderSide leader(loop);
  LearnerSide one(loop, leader.number);
  ASSERT_TRUE(loop.run_until([&] { return leader.newest.value == 1; }));
  one.link.reset();
  ASSERT_TRUE(loop.run_until([&] { return leader.closed.contains(LinkId{1}); }));
  EXPECT_EQ(leader.closed[LinkId{1}], "closed by the peer");
  LearnerSide two(loop, leader.number);
  ASSERT_TRUE(loop.run_until([&] { return leader.newest.value == 2; }));
  leader.port.send(LinkId{2}, packet(QuorumPacketType::kUpToDate, 1));
  leader.port.close(LinkId{2});
  ASSERT_TRUE(loop.run_until([&] { return !two.lost.empty(); }));
  EXPECT_EQ(two.packets.size(), 1U) << "what was queued still leaves";
  EXPECT_FALSE(leader.closed.contains(LinkId{2}));
}

TEST_F(QuorumPortTest, ALearnerMayLeaveWithinACallback) {
  LeaderSide leader(loop);
  LearnerSide learner(loop, leader.number);
  learner.leaves_at = QuorumPacketType::kTrunc;
  ASSERT_TRUE(loop.run_until([&] { return leader.newest.value == 1; }));
  leader.port.send(LinkId{1},
                   packet(QuorumPacketType::kTrunc, 1) + packet(QuorumPacketType::kUpToDate, 2));
  ASSERT_TRUE(loop.run_until([&] { return leader.closed.contains(LinkId{1}); }));
  EXPECT_EQ(learner.packets.size(), 1U);
}

TEST_F(QuorumPortTest, WhoIsNoLearnerIsTurnedAway) {
  LeaderSide leader(loop);
  RawPeer http(leader.number);
  http.send("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n");
  RawPeer pinger(leader.number);
  pinger.send(packet(QuorumPacketType::kPing, 0));
  RawPeer large(leader.number);
  large.send(packet(QuorumPacketType::kFollowerInfo, 0, std::string(100000, 'x')).substr(0, 64));
  ASSERT_TRUE(loop.run_until([&] { return leader.refused.size() == 3; }));
  for (const std::string& why : leader.refused) {
    EXPECT_EQ(why, "not a learner");
  }
  EXPECT_EQ(leader.newest.value, 0U);
}

TEST_F(QuorumPortTest, APacketThatCannotBeReadEndsTheLink) {
  LeaderSide leader(loop, {.packet_bytes_max = 1000});
  RawPeer learner(leader.number);
  learner.send(follower_info(3));
  ASSERT_TRUE(loop.run_until([&] { return leader.newest.value == 1; }));
  learner.send(packet(QuorumPacketType::kRequest, 0, std::string(2000, 'x')));
  ASSERT_TRUE(loop.run_until([&] { return leader.closed.contains(LinkId{1}); }));
  EXPECT_EQ(leader.closed[LinkId{1}], "a packet that cannot be read");
}

}  // namespace
}  // namespace quorate::peers::test
