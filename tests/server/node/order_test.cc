// Order: replies of a connection, reads behind writes, events before what they announce.
#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

TEST(Order, AWriteIsAnsweredOnlyWhenItIsDurable) {
  World world;
  Client& client = world.open();
  world.send(client, OpCode::kCreate, wire::CreateRequest{.path = "/a", .acls = wire::open_acl()});
  EXPECT_TRUE(client.replies.empty());
  Client& other = world.open();  // Its handshake syncs everything before it.
  EXPECT_EQ(client.replies.size(), 1U);
  EXPECT_TRUE(world.get(other, "/a").has_value());
}

TEST(Order, ReadsWaitForTheSessionsOwnWritesOnly) {
  World world;
  Client& writer = world.open();
  Client& reader = world.open();
  ASSERT_EQ(world.create(writer, "/a", "old"), ErrorCode::kOk);
  world.send(writer, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = "new"});
  world.send(writer, OpCode::kGetData, wire::GetDataRequest{.path = "/a"});
  world.send(reader, OpCode::kGetData, wire::GetDataRequest{.path = "/a"});
  EXPECT_TRUE(writer.replies.empty());
  ASSERT_EQ(reader.replies.size(), 1U);
  wire::Reader old_reader = reader.replies.front().reader();
  EXPECT_EQ(old_reader.get_buffer(), "old");
  world.sync();
  ASSERT_EQ(writer.replies.size(), 2U);
  wire::Reader new_reader = writer.replies.back().reader();
  EXPECT_EQ(new_reader.get_buffer(), "new");
}

TEST(Order, RepliesComeInTheOrderOfTheRequests) {
  World world;
  Client& client = world.open();
  std::vector<int32_t> sent;
  for (int round = 0; round < 50; ++round) {
    const std::string path = "/n" + std::to_string(round);
    sent.push_back(world.send(client, OpCode::kCreate,
                              wire::CreateRequest{.path = path, .acls = wire::open_acl()}));
    sent.push_back(world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = path}));
    sent.push_back(world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = "/none"}));
    // Not decodable: refused without a zxid, but in its turn.
    world.send_raw(client, 10000 + round, OpCode::kCreate, "x");
    sent.push_back(10000 + round);
  }
  Zxid middle{world.logged().value - 25};
  world.sync_to(middle);
  world.sync();
  ASSERT_EQ(client.replies.size(), sent.size());
  Zxid last;
  for (const int32_t xid : sent) {
    const Received received = world.take(client);
    EXPECT_EQ(received.header.xid, xid);
    EXPECT_GE(received.header.zxid, last);
    last = received.header.zxid;
  }
}

// The member has asked for the end of the connection, and has not heard yet that it came.
TEST(Order, WritesOfAConnectionThatIsBeingClosedAreCommittedForNobody) {
  World world;
  Client& client = world.open();
  for (const char* path : {"/a", "/b"}) {
    world.send(client, OpCode::kCreate,
               wire::CreateRequest{.path = path, .acls = wire::open_acl()});
    world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = path});
  }
  world.send(client, OpCode::kAuth, wire::AuthRequest{.scheme = "nosuch"});
  ASSERT_TRUE(client.closed.has_value());
  const size_t replies = client.replies.size();
  world.sync();
  EXPECT_EQ(client.replies.size(), replies);
  Client& other = world.open();
  EXPECT_TRUE(world.get(other, "/a").has_value());
  EXPECT_TRUE(world.get(other, "/b").has_value());
}

TEST(Order, PingsOvertakeWaitingWrites) {
  World world;
  Client& client = world.open();
  world.send(client, OpCode::kCreate, wire::CreateRequest{.path = "/a", .acls = wire::open_acl()});
  world.send_raw(client, wire::kPingXid, OpCode::kPing, "");
  EXPECT_EQ(world.take(client).header.xid, wire::kPingXid);
  world.sync();
}

TEST(Order, TheEventComesBeforeTheReplyThatShowsTheChange) {
  World world;
  Client& client = world.open();
  ASSERT_EQ(world.create(client, "/a", "1"), ErrorCode::kOk);
  world.get(client, "/a", true);
  const int32_t set =
      world.send(client, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = "2"});
  world.sync();
  const auto event = as_event(world.take(client));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->type, wire::EventType::kNodeDataChanged);
  EXPECT_EQ(event->zxid, world.logged());
  EXPECT_EQ(world.take(client).header.xid, set);
}

TEST(Order, AFailedWriteTakesAZxidAndAPlaceInTheOrder) {
  World world;
  Client& client = world.open();
  const Zxid before = world.logged();
  const Received received = world.call(client, OpCode::kDelete, wire::DeleteRequest{.path = "/x"});
  EXPECT_EQ(received.header.error, ErrorCode::kNoNode);
  EXPECT_EQ(received.header.zxid, before.next());
  EXPECT_EQ(world.logged(), before.next());
}

TEST(Order, AnUnknownOpcodeIsAnsweredInTurnThenTheConnectionCloses) {
  World world;
  Client& client = world.open();
  const int32_t xid = world.send(client, OpCode::kCreate,
                                 wire::CreateRequest{.path = "/a", .acls = wire::open_acl()});
  world.send_raw(client, 77, static_cast<OpCode>(999), "");
  world.send(client, OpCode::kGetData, wire::GetDataRequest{.path = "/"});  // Dropped.
  EXPECT_FALSE(client.closed.has_value());
  world.sync();
  EXPECT_EQ(world.take(client).header.xid, xid);
  const Received refused = world.take(client);
  EXPECT_EQ(refused.header.xid, 77);
  EXPECT_EQ(refused.header.error, ErrorCode::kUnimplemented);
  EXPECT_EQ(refused.header.zxid, Zxid{-1});
  EXPECT_TRUE(client.replies.empty());
  EXPECT_EQ(client.closed, CloseReason::kUnimplemented);
}

TEST(Order, InternalOpcodesAreRefused) {
  for (const OpCode op : {OpCode::kDeleteContainer, OpCode::kCheck, OpCode::kCreateSession,
                          OpCode::kError, OpCode::kNotification}) {
    World world;
    Client& client = world.open();
    ASSERT_EQ(world.create(client, "/a"), ErrorCode::kOk);
    std::string body;
    wire::Writer writer(body);
    writer.put_string("/a");
    writer.put_int(-1);
    const Zxid before = world.logged();
    world.send_raw(client, 5, op, body);
    EXPECT_EQ(world.take(client).header.error, ErrorCode::kUnimplemented);
    EXPECT_EQ(client.closed, CloseReason::kUnimplemented);
    EXPECT_EQ(world.logged(), before);
    Client& other = world.open();
    EXPECT_TRUE(world.get(other, "/a").has_value());
  }
}

TEST(Order, ChecksSeeWhatIsPending) {
  World world;
  Client& client = world.open();
  world.send(client, OpCode::kCreate, wire::CreateRequest{.path = "/p", .acls = wire::open_acl()});
  world.send(client, OpCode::kCreate,
             wire::CreateRequest{.path = "/p/c", .acls = wire::open_acl()});
  world.send(client, OpCode::kSetData,
             wire::SetDataRequest{.path = "/p/c", .data = "1", .version = 0});
  world.send(client, OpCode::kSetData,
             wire::SetDataRequest{.path = "/p/c", .data = "2", .version = 0});
  world.send(client, OpCode::kDelete, wire::DeleteRequest{.path = "/p"});
  world.send(client, OpCode::kDelete, wire::DeleteRequest{.path = "/p/c", .version = 1});
  world.send(client, OpCode::kDelete, wire::DeleteRequest{.path = "/p"});
  world.send(client, OpCode::kCreate,
             wire::CreateRequest{.path = "/p/c", .acls = wire::open_acl()});
  world.sync();
  for (const ErrorCode expected :
       {ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kBadVersion,
        ErrorCode::kNotEmpty, ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kNoNode}) {
    EXPECT_EQ(world.take(client).header.error, expected);
  }
}

TEST(Order, ARevokedRightDoesNotAuthoriseWhatIsBehindIt) {
  World world;
  Client& client = world.open();
  ASSERT_EQ(world.create(client, "/a"), ErrorCode::kOk);
  const std::string read_only = wire::encode_acls({{wire::kPermRead, {"world", "anyone"}}});
  world.send(client, OpCode::kSetAcl,
             wire::SetAclRequest{.path = "/a", .acls = wire::AclList{read_only}});
  world.send(client, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = "x"});
  world.sync();
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kOk);
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kNoAuth);
}

}  // namespace
}  // namespace quorate::node::testing
