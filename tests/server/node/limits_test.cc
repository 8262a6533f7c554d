// Limits: back-pressure, full disk, snapshots beside writes, the reaper.
#include <gtest/gtest.h>

#include "server/tree/snapshot.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

TEST(Limits, ABusyConnectionIsPausedAndResumed) {
  Options options = World::default_options();
  options.connection_outstanding_count_max = 10;
  World world(options);
  Client& busy = world.open();
  Client& other = world.open();
  ASSERT_EQ(world.create(other, "/a"), ErrorCode::kOk);
  for (int round = 0; round < 20; ++round) {
    world.send(busy, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = "x"});
  }
  EXPECT_TRUE(busy.paused);
  EXPECT_FALSE(other.paused);
  world.sync();
  EXPECT_FALSE(busy.paused);
  EXPECT_EQ(busy.replies.size(), 20U);
}

TEST(Limits, TheWholeIsBoundedByBytes) {
  Options options = World::default_options();
  options.outstanding_bytes_max = 64 << 10;
  World world(options);
  Client& busy = world.open();
  Client& idle = world.open();
  ASSERT_EQ(world.create(busy, "/a"), ErrorCode::kOk);
  const std::string data(10000, 'x');
  for (int round = 0; round < 10; ++round) {
    world.send(busy, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = data});
  }
  EXPECT_TRUE(busy.paused);
  // Reads of a connection that has nothing in flight go on.
  EXPECT_TRUE(world.get(idle, "/").has_value());
  world.sync();
  EXPECT_FALSE(busy.paused);
}

TEST(Limits, LowDiskRefusesWritesButNotReadsAndSessions) {
  World world;
  Client& client = world.open();
  ASSERT_EQ(world.create(client, "/a", "1"), ErrorCode::kOk);
  world.step(SpaceChanged{SpaceLevel::kLow});
  const Zxid before = world.logged();
  world.send(client, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = "2"});
  EXPECT_EQ(world.take(client).header.error, ErrorCode::kSystemError);
  EXPECT_EQ(world.logged(), before);
  EXPECT_EQ(world.get(client, "/a"), "1");
  Client& other = world.open();  // Sessions live on the reserve.
  EXPECT_EQ(world.get(other, "/a"), "1");
  world.step(SpaceChanged{SpaceLevel::kEnough});
  EXPECT_EQ(world.set(client, "/a", "2"), ErrorCode::kOk);
  EXPECT_EQ(world.note_count(NoteKind::kWritesRefused), 1U);
  EXPECT_EQ(world.note_count(NoteKind::kWritesResumed), 1U);
}

TEST(Limits, ExhaustedDiskTakesNoNewSessionButEndsOldOnes) {
  World world;
  Client& client = world.open(4000);
  world.step(SpaceChanged{SpaceLevel::kExhausted});
  Client& late = world.connect();
  world.handshake(late, {.timeout_ms = 4000});
  EXPECT_EQ(late.closed, CloseReason::kRefused);
  world.advance(std::chrono::seconds(10));
  EXPECT_EQ(client.closed, CloseReason::kSessionExpired);
}

TEST(Limits, ASnapshotShowsTheStateAtItsStart) {
  Options options = World::default_options();
  options.snapshot_slice_bytes = 256;
  World world(options);
  Client& client = world.open();
  for (int index = 0; index < 100; ++index) {
    ASSERT_EQ(world.create(client, "/n" + std::to_string(index), "old"), ErrorCode::kOk);
  }
  const Zxid zxid = world.logged();
  world.step(SnapshotRequested{});
  ASSERT_TRUE(world.snapshot_began());
  for (int index = 0; index < 100; index += 2) {
    world.step(SnapshotWanted{});
    ASSERT_EQ(world.set(client, "/n" + std::to_string(index), "new"), ErrorCode::kOk);
    ASSERT_EQ(world.remove(client, "/n" + std::to_string(index + 1)), ErrorCode::kOk);
    ASSERT_EQ(world.create(client, "/m" + std::to_string(index)), ErrorCode::kOk);
  }
  const std::string bytes = world.take_snapshot();
  world.step(SnapshotFinished{.zxid = zxid, .succeeded = true});
  const auto loaded =
      tree::load_snapshot(bytes, {.digest_enabled = true, .extended_types_enabled = true});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const tree::Tree& tree = loaded->database.tree();
  EXPECT_EQ(tree.child_count(tree.find("/")), 101);
  for (int index = 0; index < 100; ++index) {
    const tree::NodeId node = tree.find("/n" + std::to_string(index));
    ASSERT_TRUE(static_cast<bool>(node));
    EXPECT_EQ(tree.data(node), "old");
  }
  EXPECT_EQ(world.node().status(world.now()).snapshot_zxid, zxid);
}

TEST(Limits, SnapshotsStartByThemselves) {
  Options options = World::default_options();
  options.snapshot_txn_count = 100;
  World world(options);
  Client& client = world.open();
  ASSERT_EQ(world.create(client, "/a"), ErrorCode::kOk);
  int count = 0;
  while (!world.snapshot_began() && count < 200) {
    ASSERT_EQ(world.set(client, "/a", "x"), ErrorCode::kOk);
    ++count;
  }
  EXPECT_GE(count, 47);
  EXPECT_LE(count, 100);
}

TEST(Limits, EmptyContainersAndOldTtlNodesGo) {
  World world;
  Client& client = world.open(20000);
  const auto make = [&](OpCode op, std::string_view path, int32_t flags, int64_t ttl_ms) {
    return world
        .call(
            client, op,
            wire::CreateRequest{
                .op = op, .path = path, .acls = wire::open_acl(), .flags = flags, .ttl_ms = ttl_ms})
        .header.error;
  };
  ASSERT_EQ(make(OpCode::kCreateContainer, "/box", 4, -1), ErrorCode::kOk);
  ASSERT_EQ(make(OpCode::kCreateContainer, "/unused", 4, -1), ErrorCode::kOk);
  ASSERT_EQ(make(OpCode::kCreateTtl, "/ttl", 5, 500), ErrorCode::kOk);
  ASSERT_EQ(make(OpCode::kCreateTtl, "/long", 5, 3'600'000), ErrorCode::kOk);
  ASSERT_EQ(world.create(client, "/box/x"), ErrorCode::kOk);
  world.disconnect(client);
  world.advance(std::chrono::seconds(61));
  Client& late = world.open();
  EXPECT_TRUE(world.get(late, "/box").has_value());
  EXPECT_FALSE(world.get(late, "/ttl").has_value());
  EXPECT_TRUE(world.get(late, "/long").has_value());
  ASSERT_EQ(world.remove(late, "/box/x"), ErrorCode::kOk);
  world.advance(std::chrono::seconds(61));
  Client& last = world.open();
  EXPECT_FALSE(world.get(last, "/box").has_value());
  EXPECT_TRUE(world.get(last, "/unused").has_value());  // Never had a child.
}

}  // namespace
}  // namespace quorate::node::testing
