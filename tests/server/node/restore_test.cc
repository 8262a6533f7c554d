// A restore as the machine sees it: everybody is cut off, the database changes, its snapshot opens
// the doors again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "server/tree/snapshot.h"
#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

/// The state of another member, made in a world of its own, as its snapshot tells it.
tree::Database other_database(int32_t writes) {
  World other;
  Client& client = other.open();
  EXPECT_EQ(other.create(client, "/restored", "new"), ErrorCode::kOk);
  for (int32_t number = 0; number < writes; ++number) {
    EXPECT_EQ(other.set(client, "/restored", std::to_string(number)), ErrorCode::kOk);
  }
  other.step(SnapshotRequested{});
  const std::string bytes = other.take_snapshot();
  auto loaded = tree::load_snapshot(bytes, {});
  EXPECT_TRUE(loaded) << loaded.error().message;
  loaded->database.set_last_zxid(*loaded->info.last_processed_zxid);
  return std::move(loaded->database);
}

class Restore : public ::testing::Test {
 protected:
  Restore() {
    EXPECT_EQ(world_.create(client_, "/old", "1"), ErrorCode::kOk);
    EXPECT_EQ(world_.create(client_, "/mine", "", 1), ErrorCode::kOk);
  }

  void finish(bool succeeded = true) {
    world_.take_snapshot();
    world_.step(SnapshotFinished{.zxid = world_.node().last_zxid(), .succeeded = succeeded});
  }
  [[nodiscard]] bool serving() { return world_.node().status(world_.now()).serving; }
  /// Whether somebody who comes now is sent away.
  [[nodiscard]] bool refuses() {
    Client& late = world_.connect();
    world_.handshake(late, {.timeout_ms = 10000});
    return late.closed == CloseReason::kRefused;
  }

  World world_;
  Client& client_ = world_.open();
};

TEST_F(Restore, ReplacesTheStateAndServesItOnceItIsOnDisk) {
  const Zxid before = world_.logged();
  world_.suspend();
  EXPECT_EQ(client_.closed, CloseReason::kRefused);
  EXPECT_TRUE(refuses());
  ASSERT_TRUE(world_.node().replaceable());
  world_.replace_database(other_database(0));
  EXPECT_TRUE(refuses()) << "not on disk yet";
  EXPECT_FALSE(serving());
  finish();
  EXPECT_TRUE(serving());
  Client& client = world_.open();
  EXPECT_EQ(world_.get(client, "/restored"), "new");
  EXPECT_EQ(world_.get(client, "/old"), std::nullopt);
  EXPECT_EQ(world_.get(client, "/mine"), std::nullopt);
  EXPECT_GT(world_.logged(), before.next()) << "no zxid is used twice";
}

TEST_F(Restore, TakesTheZxidOfANewerSnapshotAndLeavesAGapBehindAnOlder) {
  for (const int32_t writes : {0, 500}) {
    const Zxid before = world_.logged();
    tree::Database database = other_database(writes);
    const Zxid own = database.last_zxid();
    world_.suspend();
    world_.replace_database(std::move(database));
    EXPECT_EQ(world_.node().last_zxid(), std::max(own, before.next()));
    finish();
  }
}

TEST_F(Restore, WaitsForWhatIsBeingWrittenAndAnswersItToNobody) {
  Client& other = world_.open();
  world_.send(client_, OpCode::kSetData,
              wire::SetDataRequest{.path = "/old", .data = "2", .version = -1});
  world_.send(other, OpCode::kGetData, wire::GetDataRequest{.path = "/old"});
  EXPECT_EQ(other.replies.size(), 1U);
  world_.suspend();
  EXPECT_FALSE(world_.node().replaceable()) << "its log entry is on its way";
  world_.sync();
  EXPECT_TRUE(world_.node().replaceable());
  EXPECT_TRUE(client_.replies.empty());
  world_.replace_database(other_database(0));
  finish();
}

TEST_F(Restore, AHandshakeUnderWayComesToNothing) {
  Client& late = world_.connect();
  world_.handshake(late, {.timeout_ms = 10000});
  world_.suspend();
  world_.sync();
  EXPECT_EQ(late.closed, CloseReason::kRefused);
  EXPECT_FALSE(late.handshake.has_value());
  world_.replace_database(other_database(0));
  finish();
  EXPECT_EQ(world_.node().status(world_.now()).session_count, 1);
}

TEST_F(Restore, ASnapshotOfTheFormerStateDoesNotEndIt) {
  world_.step(SnapshotRequested{});
  world_.suspend();
  EXPECT_FALSE(world_.node().replaceable()) << "its file is being written";
  finish();
  EXPECT_TRUE(world_.node().replaceable());
  EXPECT_TRUE(refuses());
  world_.replace_database(other_database(0));
  EXPECT_FALSE(world_.node().replaceable()) << "one after the other";
  finish();
  EXPECT_TRUE(serving());
}

TEST_F(Restore, WithoutItsSnapshotNothingIsServed) {
  world_.suspend();
  world_.replace_database(other_database(0));
  finish(false);
  EXPECT_FALSE(serving());
  EXPECT_TRUE(refuses());
}

TEST_F(Restore, SessionsAreThoseOfTheSnapshotAndHaveAllTheirTime) {
  tree::Database database = other_database(0);
  // Two worlds number their sessions alike: only the second one is of this world alone.
  const Client& second = world_.open();
  const SessionId mine = second.handshake->session;
  const std::string my_password = second.handshake->password;
  world_.suspend();
  world_.advance(std::chrono::seconds(60));
  world_.replace_database(std::move(database));
  world_.advance(std::chrono::seconds(60));
  finish();
  EXPECT_EQ(world_.note_count(NoteKind::kSessionExpired), 0U);
  Client& again = world_.connect();
  world_.handshake(again, {.timeout_ms = 10000, .session = mine, .password = my_password});
  EXPECT_EQ(again.handshake->timeout_ms, 0) << "it went with the former state";
  EXPECT_EQ(world_.node().status(world_.now()).session_count, 1);
  world_.advance(std::chrono::seconds(61));
  EXPECT_EQ(world_.note_count(NoteKind::kSessionExpired), 1U) << "nobody came back for it";
}

TEST_F(Restore, WatchesGoWithTheirConnections) {
  world_.get(client_, "/old", true);
  client_.replies.clear();
  world_.suspend();
  world_.replace_database(other_database(0));
  finish();
  Client& client = world_.open();
  EXPECT_EQ(world_.create(client, "/old"), ErrorCode::kOk);
  EXPECT_TRUE(client_.replies.empty());
}

TEST_F(Restore, MayHappenAgain) {
  for (int round = 0; round < 3; ++round) {
    world_.suspend();
    world_.replace_database(other_database(round));
    finish();
    Client& client = world_.open();
    EXPECT_EQ(world_.create(client, "/round"), ErrorCode::kOk);
  }
}

}  // namespace
}  // namespace quorate::node::testing
