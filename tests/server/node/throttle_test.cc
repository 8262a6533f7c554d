// What the throttles need of the machine: overdue requests refused, large ones told when done.
#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

template <typename Request>
std::string frame_of(int32_t xid, OpCode op, const Request& request) {
  std::string payload;
  wire::encode(wire::RequestHeader{xid, op}, payload);
  if constexpr (requires { wire::encode(request, payload); }) {
    wire::encode(request, payload);
  }
  std::string frame;
  append_big_endian(frame, static_cast<int32_t>(payload.size()));
  return frame + payload;
}

void send_overdue(World& world, Client& client, const std::string& frames) {
  world.step(ClientFrames{.connection = client.id, .frames = frames, .overdue = true});
}

TEST(Throttle, OverdueRequestsAreRefusedAndTakeNoZxid) {
  World world;
  Client& client = world.open();
  const Zxid before = world.logged();
  send_overdue(world, client,
               frame_of(1, OpCode::kCreate, wire::CreateRequest{.path = "/a", .data = "x"}) +
                   frame_of(2, OpCode::kGetData, wire::GetDataRequest{.path = "/"}));
  for (const int32_t xid : {1, 2}) {
    const Received reply = world.take(client);
    EXPECT_EQ(reply.header.xid, xid);
    EXPECT_EQ(reply.header.error, ErrorCode::kThrottledOp);
  }
  EXPECT_EQ(world.logged(), before);
  EXPECT_EQ(world.node().status(world.now()).counters.requests_throttled, 2U);
  EXPECT_EQ(world.create(client, "/a"), ErrorCode::kOk);
}

TEST(Throttle, WhatKeepsASessionAliveOrEndsItIsNeverRefused) {
  World world;
  Client& client = world.open();
  send_overdue(world, client, frame_of(-2, OpCode::kPing, wire::PingRequest{}));
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kOk);
  send_overdue(world, client,
               frame_of(-4, OpCode::kAuth, wire::AuthRequest{.scheme = "digest", .auth = "u:p"}));
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kOk);
  send_overdue(world, client, frame_of(1, OpCode::kCloseSession, wire::CloseSessionRequest{}));
  world.sync();
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kOk);
  EXPECT_EQ(client.closed, CloseReason::kSessionClosed);
}

TEST(Throttle, ARefusalKeepsItsPlaceBehindTheWritesBeforeIt) {
  World world;
  Client& client = world.open();
  world.send(client, OpCode::kCreate, wire::CreateRequest{.path = "/a", .acls = wire::open_acl()});
  send_overdue(world, client, frame_of(9, OpCode::kGetData, wire::GetDataRequest{.path = "/"}));
  EXPECT_TRUE(client.replies.empty());
  world.sync();
  EXPECT_EQ(world.take(client).header.xid, 1);
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kThrottledOp);
}

class LargeRequests : public ::testing::Test {
 protected:
  static Options options() {
    Options options = World::default_options();
    options.large_request_threshold = 1000;
    return options;
  }
  std::string data_ = std::string(2000, 'x');
  World world_{options()};
  Client& client_ = world_.open();
};

TEST_F(LargeRequests, AWriteIsDoneWhenItIsAnswered) {
  ASSERT_EQ(world_.create(client_, "/a"), ErrorCode::kOk);
  world_.send(client_, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = data_});
  EXPECT_EQ(world_.large_done_bytes(), 0U);
  world_.sync();
  EXPECT_GT(world_.large_done_bytes(), 2000U);
  EXPECT_LT(world_.large_done_bytes(), 2100U);
}

TEST_F(LargeRequests, AReadIsDoneAtOnceOrInItsTurn) {
  const std::string path = "/" + data_;
  world_.send(client_, OpCode::kExists, wire::ExistsRequest{.path = path});
  const size_t one = world_.large_done_bytes();
  EXPECT_GT(one, 2000U);
  world_.send(client_, OpCode::kCreate,
              wire::CreateRequest{.path = "/b", .acls = wire::open_acl()});
  world_.send(client_, OpCode::kExists, wire::ExistsRequest{.path = path});
  EXPECT_EQ(world_.large_done_bytes(), one);
  world_.sync();
  EXPECT_EQ(world_.large_done_bytes(), 2 * one);
}

TEST_F(LargeRequests, SmallOnesAreNotMentioned) {
  ASSERT_EQ(world_.create(client_, "/a", "small"), ErrorCode::kOk);
  EXPECT_EQ(world_.get(client_, "/a"), "small");
  EXPECT_EQ(world_.large_done_bytes(), 0U);
}

}  // namespace
}  // namespace quorate::node::testing
