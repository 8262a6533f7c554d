// The client with its thread, against a scripted server on loopback.
#include "server/client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/client/event_log.h"
#include "tests/server/client/fake_server.h"

namespace quorate::client {
namespace {

using namespace std::chrono_literals;
using test::EventLog;
using test::FakeServer;
using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

ClientOptions options_for(const std::string& servers) {
  ClientOptions options;
  options.servers = parse_connect_string(servers).value();
  options.session_timeout = 10s;
  options.shuffle = false;
  return options;
}

class ClientTest : public testing::Test {
 protected:
  FakeServer server;
  EventLog events;
  Client client{options_for(server.address()), events.handler()};
};

TEST_F(ClientTest, PerformsEveryOperation) {
  const Calls& calls = client.calls();
  NewNode node;
  node.data = "one";
  EXPECT_EQ(client.run(calls.create("/a", node)).value.path, "/a");
  node.mode = CreateMode::kEphemeralSequential;
  node.with_stat = true;
  const auto ephemeral = client.run(calls.create("/a/e", node));
  EXPECT_EQ(ephemeral.value.path, "/a/e0000000000");
  EXPECT_EQ(ephemeral.value.stat->ephemeral_owner, client.session().value);
  EXPECT_EQ(client.run(calls.get("/a")).value.data, "one");
  EXPECT_EQ(client.run(calls.exists("/a")).value.num_children, 1);
  EXPECT_EQ(client.run(calls.set("/a", "two", 0)).value.version, 1);
  EXPECT_EQ(client.run(calls.set("/a", "three", 0)).error, wire::ErrorCode::kBadVersion);
  EXPECT_THAT(client.run(calls.children("/a")).value.names, ElementsAre("e0000000000"));
  EXPECT_THAT(client.run(calls.child_names("/a")).value.names, ElementsAre("e0000000000"));
  EXPECT_EQ(client.run(calls.all_children_number("/a")).value, 1);
  EXPECT_THAT(client.run(calls.ephemerals("/a")).value, ElementsAre("/a/e0000000000"));
  EXPECT_EQ(client.run(calls.sync("/a")).value, "/a");
  const std::vector<wire::Acl> acls{{wire::kPermRead, {"world", "anyone"}}};
  EXPECT_EQ(client.run(calls.set_acl("/a", acls)).value.aversion, 1);
  EXPECT_EQ(client.run(calls.get_acl("/a")).value.acls, acls);
  EXPECT_EQ(client.run(calls.remove("/a")).error, wire::ErrorCode::kNotEmpty);
  EXPECT_TRUE(client.run(calls.remove("/a/e0000000000")).ok());
  EXPECT_TRUE(client.run(calls.add_auth("digest", "u:p")).ok());
  EXPECT_EQ(client.run(calls.who_am_i()).value.back().user, "u");
  EXPECT_EQ(client.run(calls.reconfig({})).error, wire::ErrorCode::kReconfigDisabled);
  EXPECT_TRUE(client.run(calls.config()).ok());
}

TEST_F(ClientTest, MultiIsAllOrNothing) {
  const Calls& calls = client.calls();
  MultiOp create{MultiOp::Kind::kCreate, "/m", -1, {}, {}};
  const MultiOp bad{MultiOp::Kind::kDelete, "/none", -1, {}, {}};
  auto outcome = client.run(calls.multi({create, bad}));
  ASSERT_EQ(outcome.value.size(), 2U);
  EXPECT_EQ(outcome.value[1].error, wire::ErrorCode::kNoNode);
  EXPECT_EQ(client.run(calls.exists("/m")).error, wire::ErrorCode::kNoNode);
  outcome = client.run(calls.multi({create}));
  EXPECT_EQ(outcome.value[0].path, "/m");
  const auto read = client.run(calls.multi_read({{false, "/m"}, {true, "/"}, {false, "/none"}}));
  ASSERT_EQ(read.value.size(), 3U);
  EXPECT_THAT(read.value[1].children, UnorderedElementsAre("m", "zookeeper"));
  EXPECT_EQ(read.value[2].error, wire::ErrorCode::kNoNode);
}

TEST_F(ClientTest, ManyRequestsInFlightAreAnsweredInOrder) {
  constexpr int kRequests = 5000;
  std::vector<int> order;
  std::promise<void> last;
  for (int i = 0; i < kRequests; ++i) {
    client.start(client.calls().exists("/"), [&order, &last, i](const Outcome<wire::Stat>& got) {
      EXPECT_TRUE(got.ok());
      order.push_back(i);
      if (i + 1 == kRequests) {
        last.set_value();
      }
    });
  }
  last.get_future().wait();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(ClientTest, CallbacksMayStartRequests) {
  std::promise<wire::ErrorCode> done;
  client.start(client.calls().exists("/"), [&](const Outcome<wire::Stat>&) {
    client.start(client.calls().exists("/none"),
                 [&](const Outcome<wire::Stat>& got) { done.set_value(got.error); });
  });
  EXPECT_EQ(done.get_future().get(), wire::ErrorCode::kNoNode);
}

TEST_F(ClientTest, WatchesTellOnceAndPersistentOnesAlways) {
  const Calls& calls = client.calls();
  ASSERT_TRUE(client.run(calls.create("/w", {})).ok());
  ASSERT_TRUE(client.run(calls.get("/w", true)).ok());
  server.set("/w", "1");
  EXPECT_EQ(events.await(3, "/w").state, KeeperState::kSyncConnected);
  ASSERT_TRUE(client.run(calls.add_watch("/w", AddWatchMode::kPersistent)).ok());
  server.set("/w", "2");
  server.set("/w", "3");
  events.await(3, "/w", 3);
  ASSERT_TRUE(client.run(calls.remove_watches("/w", WatcherType::kAny)).ok());
  events.await(7, "/w");
  EXPECT_EQ(client.run(calls.remove_watches("/w", WatcherType::kAny)).error,
            wire::ErrorCode::kNoWatcher);
}

TEST_F(ClientTest, AnEventComesBeforeTheReplyThatShowsIt) {
  const Calls& calls = client.calls();
  ASSERT_TRUE(client.run(calls.create("/w", {})).ok());
  ASSERT_TRUE(client.run(calls.get("/w", true)).ok());
  std::promise<std::vector<Event>> seen;
  client.start(calls.set("/w", "x"),
               [&](const Outcome<wire::Stat>&) { seen.set_value(events.all()); });
  const std::vector<Event> before_the_reply = seen.get_future().get();
  EXPECT_EQ(before_the_reply.back().path, "/w");
  EXPECT_EQ(before_the_reply.back().type, 3);
}

TEST_F(ClientTest, ALostConnectionIsReplacedAndWatchesFollow) {
  const Calls& calls = client.calls();
  ASSERT_TRUE(client.run(calls.add_auth("digest", "u:p")).ok());
  ASSERT_TRUE(client.run(calls.exists("/later", true)).error == wire::ErrorCode::kNoNode);
  ASSERT_TRUE(client.run(calls.children("/", true)).ok());
  const SessionId session = client.session();
  server.drop_connections();
  events.await(KeeperState::kDisconnected);
  events.await(KeeperState::kSyncConnected, 2);
  EXPECT_EQ(client.session(), session);
  server.await("setWatches");
  std::string storage;
  const auto replay = server.last_set_watches(storage);
  EXPECT_THAT(replay.exist, ElementsAre("/later"));
  EXPECT_THAT(replay.child, ElementsAre("/"));
  EXPECT_THAT(server.auths(), ElementsAre("u:p", "u:p"));
  EXPECT_TRUE(client.run(calls.exists("/")).ok());
}

TEST_F(ClientTest, RequestsUnderWayFailWithTheConnection) {
  ASSERT_TRUE(client.wait_connected(10s));
  server.hold(true);
  auto pending = client.start(client.calls().exists("/"));
  server.await("exists");
  client.drop_connection();
  EXPECT_EQ(pending.get().error, wire::ErrorCode::kConnectionLoss);
  server.hold(false);
  events.await(KeeperState::kSyncConnected, 2);
  EXPECT_TRUE(client.run(client.calls().exists("/")).ok());
}

TEST_F(ClientTest, AnExpiredSessionIsReportedAndFinal) {
  ASSERT_TRUE(client.wait_connected(10s));
  server.expire_sessions();
  server.drop_connections();
  events.await(KeeperState::kExpired);
  EXPECT_EQ(client.run(client.calls().exists("/")).error, wire::ErrorCode::kSessionExpired);
  EXPECT_EQ(client.state(), Machine::State::kClosed);
  EXPECT_FALSE(client.wait_connected(1s));
}

TEST_F(ClientTest, RefusedCredentialsEndTheSession) {
  EXPECT_EQ(client.run(client.calls().add_auth("bad", "x")).error, wire::ErrorCode::kAuthFailed);
  events.await(KeeperState::kAuthFailed);
  EXPECT_EQ(client.run(client.calls().exists("/")).error, wire::ErrorCode::kAuthFailed);
}

TEST_F(ClientTest, CloseEndsTheSessionAtTheServer) {
  NewNode node;
  node.mode = CreateMode::kEphemeral;
  ASSERT_TRUE(client.run(client.calls().create("/e", node)).ok());
  client.close();
  server.await("closeSession");
  EXPECT_EQ(events.all().back().state, KeeperState::kClosed);
  EXPECT_EQ(client.run(client.calls().exists("/")).error, wire::ErrorCode::kSessionExpired);
  client.close();
  Client second(options_for(server.address()));
  EXPECT_EQ(second.run(second.calls().exists("/e")).error, wire::ErrorCode::kNoNode);
}

TEST_F(ClientTest, AnAbandonedSessionCanBeResumed) {
  NewNode node;
  node.mode = CreateMode::kEphemeral;
  ASSERT_TRUE(client.run(client.calls().create("/e", node)).ok());
  client.abandon();
  EXPECT_EQ(server.count("closeSession"), 0U);
  ClientOptions options = options_for(server.address());
  options.session = client.session();
  options.password = client.password();
  Client resumed(options);
  ASSERT_TRUE(resumed.wait_connected(10s));
  EXPECT_EQ(resumed.session(), client.session());
  EXPECT_THAT(resumed.run(resumed.calls().ephemerals("/")).value, ElementsAre("/e"));
}

TEST_F(ClientTest, GarbageFromTheServerEndsTheConnectionOnly) {
  ASSERT_TRUE(client.wait_connected(10s));
  server.send_raw(std::string("\xFF\xFF\xFF\xFE", 4));
  events.await(KeeperState::kDisconnected);
  events.await(KeeperState::kSyncConnected, 2);
  EXPECT_TRUE(client.run(client.calls().exists("/")).ok());
}

TEST(Client, ChrootAppliesToRequestsRepliesAndEvents) {
  FakeServer server;
  Client plain(options_for(server.address()));
  ASSERT_TRUE(plain.run(plain.calls().create("/app", {})).ok());
  EventLog events;
  Client client(options_for(server.address() + "/app"), events.handler());
  NewNode node;
  node.mode = CreateMode::kPersistentSequential;
  EXPECT_EQ(client.run(client.calls().create("/n", node)).value.path, "/n0000000000");
  EXPECT_TRUE(plain.run(plain.calls().exists("/app/n0000000000")).ok());
  ASSERT_TRUE(client.run(client.calls().children("/", true)).ok());
  ASSERT_TRUE(client.run(client.calls().get("/n0000000000", true)).ok());
  ASSERT_TRUE(plain.run(plain.calls().remove("/app/n0000000000")).ok());
  events.await(2, "/n0000000000");
  events.await(4, "/");
}

TEST(Client, GoesOnWithTheServersThatAreThere) {
  std::string dead;
  {
    const FakeServer gone;
    dead = gone.address();
  }
  FakeServer server;
  Client client(options_for(dead + "," + server.address()));
  EXPECT_TRUE(client.run(client.calls().exists("/")).ok());
  EXPECT_EQ(to_text(client.server()), server.address());
  EXPECT_NE(client.last_failure().find("Connection refused"), std::string::npos)
      << client.last_failure();
}

TEST(Client, WithoutAnyServerRequestsFail) {
  std::string dead;
  {
    const FakeServer gone;
    dead = gone.address();
  }
  Client client(options_for(dead));
  EXPECT_EQ(client.run(client.calls().exists("/")).error, wire::ErrorCode::kConnectionLoss);
}

TEST(Client, AnUnknownHostIsNamed) {
  Client client(options_for("no-such-host.invalid:1"));
  EXPECT_EQ(client.run(client.calls().exists("/")).error, wire::ErrorCode::kConnectionLoss);
  EXPECT_NE(client.last_failure().find("no-such-host.invalid:1"), std::string::npos);
}

TEST(Client, AServerThatClosesAtOnceIsTriedAgain) {
  FakeServer server;
  server.refuse(true);
  EventLog events;
  Client client(options_for(server.address()), events.handler());
  server.await("closed", 2);
  server.refuse(false);
  events.await(KeeperState::kSyncConnected);
}

TEST(Client, ClosesWhileItConnects) {
  FakeServer server;
  server.refuse(true);
  Client client(options_for(server.address()));
  server.await("closed");
  client.close();
  EXPECT_EQ(client.state(), Machine::State::kClosed);
}

TEST(Client, LargeRepliesAndRequestsPass) {
  FakeServer server;
  Client client(options_for(server.address()));
  NewNode node;
  node.data = std::string(900'000, 'z');
  ASSERT_TRUE(client.run(client.calls().create("/big", node)).ok());
  EXPECT_EQ(client.run(client.calls().get("/big")).value.data, node.data);
}

}  // namespace
}  // namespace quorate::client
