// A member of an ensemble that has no leader, and clients that are content with reading.
#include <gtest/gtest.h>

#include "server/session/session_id.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using std::chrono::milliseconds;
using wire::ErrorCode;
using wire::OpCode;

quorum::Configuration three_voters() {
  quorum::ParsedConfiguration parsed = quorum::parse_configuration(
      "server.1=a:2888:3888:participant\nserver.2=b:2888:3888:participant\n"
      "server.3=c:2888:3888:participant");
  return parsed.configuration;
}

Options member_options(bool read_only_enabled) {
  Options options = World::default_options();
  EnsembleOptions& ensemble = options.ensemble.emplace();
  ensemble.configuration = three_voters();
  ensemble.read_only_enabled = read_only_enabled;
  return options;
}

class ReadOnly : public ::testing::Test {
 protected:
  explicit ReadOnly(bool enabled = true) : world_(member_options(enabled)) {
    Actions ignored;
    world_.node().begin(world_.now(), ignored);
  }

  Client& connect(wire::ConnectRequest request) {
    Client& client = world_.connect();
    world_.handshake(client, request);
    return client;
  }
  Client& reader(int32_t timeout_ms = 10000) {
    return connect({.timeout_ms = timeout_ms, .read_only = true, .has_read_only_field = true});
  }
  /// Another member says that it leads, and the third one that it follows.
  void hear_of_leader() {
    const wire::Vote vote{Epoch{1}, Zxid{0}, ServerId{2}};
    for (const auto& [from, says] :
         {std::pair(2, wire::PeerState::kLeading), std::pair(3, wire::PeerState::kFollowing)}) {
      world_.step(PeerNotified{
          ServerId{from}, {.state = says, .vote = vote, .round = wire::Round{1}, .version = 2}});
    }
  }
  [[nodiscard]] Role role() { return world_.node().status(world_.now()).role; }

  World world_;
};

class NotReadOnly : public ReadOnly {
 protected:
  NotReadOnly() : ReadOnly(false) {}
};

TEST_F(ReadOnly, BeginsAfterTwoSecondsWithoutALeader) {
  world_.advance(milliseconds(1950));
  EXPECT_EQ(role(), Role::kLooking);
  Client& early = reader();
  world_.advance(milliseconds(49));
  EXPECT_FALSE(early.handshake);
  EXPECT_EQ(early.closed, CloseReason::kNoLeader);
  world_.advance(milliseconds(1));
  EXPECT_EQ(role(), Role::kReadOnly);
  Client& client = reader();
  ASSERT_TRUE(client.handshake);
  EXPECT_TRUE(client.handshake->read_only);
  EXPECT_TRUE(client.established);
  EXPECT_FALSE(world_.node().status(world_.now()).serving);
  EXPECT_EQ(world_.note_count(NoteKind::kReadOnly), 1U);
}

TEST_F(ReadOnly, ALongTickIsTheLeastTimeWithoutALeader) {
  Options options = member_options(true);
  options.tick = milliseconds(5000);
  World world(options);
  Actions ignored;
  world.node().begin(world.now(), ignored);
  world.advance(milliseconds(4999));
  EXPECT_EQ(world.node().status(world.now()).role, Role::kLooking);
  world.advance(milliseconds(1));
  EXPECT_EQ(world.node().status(world.now()).role, Role::kReadOnly);
}

TEST_F(NotReadOnly, OtherwiseNobodyIsServed) {
  world_.advance(milliseconds(10000));
  Client& client = reader();
  world_.advance(milliseconds(200));
  EXPECT_FALSE(client.handshake);
  EXPECT_EQ(client.closed, CloseReason::kNoLeader);
  EXPECT_EQ(role(), Role::kLooking);
}

TEST_F(ReadOnly, ReadsAreAnsweredAndWritesRefused) {
  world_.advance(milliseconds(2000));
  Client& client = reader();
  const Received children = world_.call(client, OpCode::kGetChildren,
                                        wire::GetChildrenRequest{.path = "/", .watch = true});
  EXPECT_EQ(children.header.error, ErrorCode::kOk);
  EXPECT_EQ(world_.create(client, "/a"), ErrorCode::kNotReadOnly);
  EXPECT_EQ(world_.set(client, "/", "x"), ErrorCode::kNotReadOnly);
  EXPECT_EQ(world_.remove(client, "/a"), ErrorCode::kNotReadOnly);
  // Not even looked at.
  for (const OpCode op : {OpCode::kMulti, OpCode::kReconfig, OpCode::kSync, OpCode::kCheck,
                          OpCode::kCreateTtl, OpCode::kDeleteContainer}) {
    world_.send_raw(client, 7, op, "x");
    EXPECT_EQ(world_.take_reply(client).header.error, ErrorCode::kNotReadOnly);
  }
  EXPECT_TRUE(world_.log().empty());
  EXPECT_FALSE(client.closed);
}

TEST_F(ReadOnly, WhoWantsToWriteIsTurnedAway) {
  world_.advance(milliseconds(2000));
  Client& writer = connect({.timeout_ms = 10000, .has_read_only_field = true});
  EXPECT_FALSE(writer.handshake);
  EXPECT_EQ(writer.closed, CloseReason::kRefused);
  Client& old = connect({.timeout_ms = 10000});
  EXPECT_EQ(old.closed, CloseReason::kRefused);
}

TEST_F(ReadOnly, SessionsAreClosedOrExpireHere) {
  world_.advance(milliseconds(2000));
  Client& client = reader();
  world_.send_raw(client, 5, OpCode::kCloseSession, "");
  EXPECT_EQ(world_.take_reply(client).header.error, ErrorCode::kOk);
  EXPECT_EQ(client.closed, CloseReason::kSessionClosed);
  Client& silent = reader(2000);
  Client& alive = reader(2000);
  for (int step = 0; step < 10; ++step) {
    world_.send_raw(alive, wire::kPingXid, OpCode::kPing, "");
    world_.advance(milliseconds(500));
  }
  EXPECT_EQ(silent.closed, CloseReason::kSessionExpired);
  EXPECT_FALSE(alive.closed);
}

TEST_F(ReadOnly, ASessionComesBackOnAnotherConnection) {
  world_.advance(milliseconds(2000));
  Client& first = reader();
  wire::ConnectRequest again{.timeout_ms = 10000,
                             .session = first.handshake->session,
                             .password = first.handshake->password,
                             .read_only = true,
                             .has_read_only_field = true};
  Client& second = connect(again);
  EXPECT_EQ(first.closed, CloseReason::kSessionTakenOver);
  EXPECT_EQ(second.handshake->session, first.handshake->session);
  again.password = "0123456789abcdef";
  Client& thief = connect(again);
  EXPECT_EQ(thief.handshake->session, SessionId{});
  EXPECT_FALSE(second.closed);
  world_.send_raw(second, 5, OpCode::kCloseSession, "");
  again.password = first.handshake->password;
  Client& late = connect(again);
  ASSERT_TRUE(late.handshake);
  EXPECT_EQ(late.handshake->session, SessionId{});
}

TEST_F(ReadOnly, NobodySaysThatASessionOfTheEnsembleIsOver) {
  world_.advance(milliseconds(2000));
  const session::Password password = session::password_of(SessionId{77});
  Client& client = connect({.timeout_ms = 10000,
                            .session = SessionId{77},
                            .password = std::string_view(password.data(), password.size()),
                            .read_only = true,
                            .has_read_only_field = true});
  EXPECT_FALSE(client.handshake);
  EXPECT_EQ(client.closed, CloseReason::kRefused);
}

TEST_F(ReadOnly, EndsWhenThereIsALeader) {
  world_.advance(milliseconds(2000));
  Client& client = reader();
  EXPECT_TRUE(world_.get(client, "/zookeeper", true).has_value());
  hear_of_leader();
  EXPECT_EQ(client.closed, CloseReason::kReadOnlyEnded);
  EXPECT_EQ(role(), Role::kLooking);
  EXPECT_EQ(world_.note_count(NoteKind::kReadOnly), 2U);
  EXPECT_EQ(world_.node().status(world_.now()).watch_count, 0);
  Client& next = reader();
  world_.advance(milliseconds(500));
  EXPECT_FALSE(next.handshake);
}

TEST_F(ReadOnly, ALeaderWithinTheGraceStopsIt) {
  world_.advance(milliseconds(1000));
  hear_of_leader();
  world_.advance(milliseconds(1500));
  EXPECT_EQ(role(), Role::kLooking);
  EXPECT_EQ(world_.note_count(NoteKind::kReadOnly), 0U);
}

}  // namespace
}  // namespace quorate::node::testing
