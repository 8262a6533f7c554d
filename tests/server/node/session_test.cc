// Sessions: handshake, reattach, takeover, expiry, close.
#include <gtest/gtest.h>

#include "server/session/session_id.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

TEST(Session, IsConfirmedOnlyWhenItIsDurable) {
  World world;
  Client& client = world.connect();
  world.handshake(client, {.timeout_ms = 10000, .has_read_only_field = true});
  EXPECT_FALSE(client.handshake.has_value());
  world.sync();
  ASSERT_TRUE(client.handshake.has_value());
  EXPECT_EQ(client.handshake->timeout_ms, 10000);
  EXPECT_NE(client.handshake->session, SessionId{});
  EXPECT_TRUE(client.established);
  EXPECT_TRUE(session::password_matches(client.handshake->session, client.handshake->password));
}

TEST(Session, TimeoutIsClamped) {
  World world;
  EXPECT_EQ(world.open(1).handshake->timeout_ms, 2000);
  EXPECT_EQ(world.open(-5).handshake->timeout_ms, 2000);
  EXPECT_EQ(world.open(1 << 30).handshake->timeout_ms, 20000);
}

TEST(Session, FramesPipelinedBehindTheHandshakeWaitForIt) {
  World world;
  Client& client = world.connect();
  world.handshake(client, {.timeout_ms = 10000, .has_read_only_field = true});
  world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = "/"});
  EXPECT_TRUE(client.replies.empty());
  world.sync();
  ASSERT_EQ(client.replies.size(), 1U);
  EXPECT_EQ(client.replies.front().header.error, ErrorCode::kOk);
}

TEST(Session, ClientAheadOfTheServerIsTurnedAway) {
  World world;
  Client& client = world.connect();
  world.handshake(client, {.last_zxid_seen = Zxid{99}, .timeout_ms = 10000});
  EXPECT_EQ(client.closed, CloseReason::kClientAhead);
  EXPECT_FALSE(client.handshake.has_value());
}

TEST(Session, GarbageHandshakeIsClosedWithoutReply) {
  World world;
  Client& client = world.connect();
  world.send_payload(client, "xx");
  EXPECT_EQ(client.closed, CloseReason::kBadHandshake);
}

TEST(Session, ReattachKeepsEphemeralsAndClosesTheFormerConnection) {
  World world;
  Client& former = world.open();
  ASSERT_EQ(world.create(former, "/e", "", 1), ErrorCode::kOk);
  Client& client = world.connect();
  world.handshake(client, {.timeout_ms = 4000,
                           .session = former.handshake->session,
                           .password = former.handshake->password,
                           .has_read_only_field = true});
  EXPECT_EQ(former.closed, CloseReason::kSessionTakenOver);
  ASSERT_TRUE(client.handshake.has_value());
  EXPECT_EQ(client.handshake->timeout_ms, 4000);
  EXPECT_EQ(client.handshake->session, former.handshake->session);
  EXPECT_TRUE(world.get(client, "/e").has_value());
}

TEST(Session, WrongPasswordDoesNotDisturbTheOwner) {
  World world;
  Client& owner = world.open();
  Client& thief = world.connect();
  world.handshake(thief, {.timeout_ms = 4000,
                          .session = owner.handshake->session,
                          .password = "0123456789abcdef",
                          .has_read_only_field = true});
  ASSERT_TRUE(thief.handshake.has_value());
  EXPECT_EQ(thief.handshake->timeout_ms, 0);
  EXPECT_EQ(thief.handshake->session, SessionId{});
  EXPECT_EQ(thief.closed, CloseReason::kSessionExpired);
  EXPECT_FALSE(owner.closed.has_value());
}

TEST(Session, ReplyOfARequestInFlightDoesNotReachTheNewConnection) {
  World world;
  Client& former = world.open();
  world.send(former, OpCode::kCreate,
             wire::CreateRequest{.path = "/a", .data = "x", .acls = wire::open_acl()});
  Client& client = world.connect();
  world.handshake(client, {.timeout_ms = 4000,
                           .session = former.handshake->session,
                           .password = former.handshake->password,
                           .has_read_only_field = true});
  world.sync();
  EXPECT_TRUE(client.replies.empty());
  EXPECT_TRUE(former.replies.empty());
  EXPECT_EQ(world.get(client, "/a"), "x");  // The write itself happened.
}

TEST(Session, ExpiresOnlyAfterItsTimeoutAndTakesItsEphemerals) {
  World world;
  Client& watcher = world.open(20000);
  Client& client = world.open(4000);
  ASSERT_EQ(world.create(client, "/e", "", 1), ErrorCode::kOk);
  ASSERT_TRUE(world.get(watcher, "/e", true).has_value());
  world.advance(std::chrono::milliseconds(3999));
  EXPECT_FALSE(client.closed.has_value());
  world.advance(std::chrono::milliseconds(2000));
  EXPECT_EQ(client.closed, CloseReason::kSessionExpired);
  const auto event = as_event(world.take(watcher));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->type, wire::EventType::kNodeDeleted);
  EXPECT_FALSE(world.get(watcher, "/e").has_value());
}

TEST(Session, IsKeptByPings) {
  World world;
  Client& client = world.open(4000);
  for (int round = 0; round < 20; ++round) {
    world.advance(std::chrono::milliseconds(2000));
    world.send_raw(client, wire::kPingXid, OpCode::kPing, "");
    EXPECT_EQ(world.take(client).header.xid, wire::kPingXid);
  }
  EXPECT_FALSE(client.closed.has_value());
}

TEST(Session, SurvivesItsConnectionUntilTheTimeout) {
  World world;
  Client& client = world.open(4000);
  ASSERT_EQ(world.create(client, "/e", "", 1), ErrorCode::kOk);
  world.disconnect(client);
  Client& other = world.open(20000);
  EXPECT_TRUE(world.get(other, "/e").has_value());
  world.advance(std::chrono::milliseconds(6000));
  EXPECT_FALSE(world.get(other, "/e").has_value());
}

TEST(Session, CloseIsAnsweredThenTheConnectionCloses) {
  World world;
  Client& client = world.open();
  ASSERT_EQ(world.create(client, "/e", "", 1), ErrorCode::kOk);
  world.send_raw(client, 7, OpCode::kCloseSession, "");
  world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = "/"});  // Ignored.
  EXPECT_FALSE(client.closed.has_value());
  world.sync();
  EXPECT_EQ(world.take(client).header.xid, 7);
  EXPECT_TRUE(client.replies.empty());
  EXPECT_EQ(client.closed, CloseReason::kSessionClosed);
  Client& other = world.open();
  EXPECT_FALSE(world.get(other, "/e").has_value());
}

TEST(Session, ClosedSessionCannotBeReattached) {
  World world;
  Client& client = world.open();
  world.send_raw(client, 7, OpCode::kCloseSession, "");
  Client& late = world.connect();
  world.handshake(late, {.timeout_ms = 4000,
                         .session = client.handshake->session,
                         .password = client.handshake->password});
  EXPECT_EQ(late.closed, CloseReason::kSessionExpired);
  world.sync();
}

TEST(Session, CloseCoversEphemeralsThatAreOnlyProposed) {
  World world;
  Client& client = world.open();
  world.send(client, OpCode::kCreate,
             wire::CreateRequest{.path = "/a", .acls = wire::open_acl(), .flags = 1});
  world.send(client, OpCode::kCreate,
             wire::CreateRequest{.path = "/b", .acls = wire::open_acl(), .flags = 1});
  world.send(client, OpCode::kDelete, wire::DeleteRequest{.path = "/a"});
  world.send_raw(client, 9, OpCode::kCloseSession, "");
  world.sync();
  EXPECT_EQ(client.closed, CloseReason::kSessionClosed);
  Client& other = world.open();
  EXPECT_FALSE(world.get(other, "/a").has_value());
  EXPECT_FALSE(world.get(other, "/b").has_value());
}

}  // namespace
}  // namespace quorate::node::testing
