// Whole benchmarks against a scripted server: results, errors, clean-up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/cli/bench.h"
#include "server/cli/bench_session.h"
#include "server/client/client.h"
#include "tests/server/cli/capture.h"
#include "tests/server/client/fake_server.h"

namespace quorate::cli {
namespace {

using client::test::FakeServer;
using test::capture;
using test::Captured;
using testing::ElementsAre;
using testing::HasSubstr;

class BenchRun : public testing::Test {
 protected:
  BenchRun() {
    options.server = server.address();
    options.json = "-";
    options.sessions = 3;
    options.outstanding = 4;
    options.keys = 20;
    options.children = 5;
    options.seconds = 0.2;
    options.warmup_s = 0.05;
    options.watchers = 12;
    options.rounds = 2;
    options.count = 50;
    options.per_directory = 20;
    options.batch = 7;
  }
  /// The JSON result; the code in `code`.
  nlohmann::json run() {
    bench_stop().store(false);
    const Captured captured = capture([this] { return run_bench(options); });
    code = captured.code;
    err = captured.err;
    return nlohmann::json::parse(captured.out, nullptr, false);
  }
  std::vector<std::string> children(const std::string& path) {
    client::ClientOptions client_options;
    client_options.servers = client::parse_connect_string(server.address()).value();
    client::Client client(client_options);
    return client.run(client.calls().child_names(path)).value.names;
  }

  FakeServer server;
  BenchOptions options;
  int code = -1;
  std::string err;
};

TEST_F(BenchRun, AMixMeasuresEveryOperationAndCleansUp) {
  options.mix = "get,set,create,delete,exists,list,multi";
  const auto result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_GT(result["operations"], 50);
  EXPECT_EQ(result["error_count"], 0);
  for (const char* op : {"get", "set", "create", "delete", "exists", "list", "multi", "all"}) {
    EXPECT_GT(result["latency_us"][op]["count"], 0) << op;
    EXPECT_GT(result["latency_us"][op]["p50"], 0) << op;
  }
  EXPECT_THAT(children("/"), ElementsAre("zookeeper"));
}

TEST_F(BenchRun, SeveralThreadsShareTheSessions) {
  options.threads = 2;
  const auto result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_GT(result["operations"], 50);
  EXPECT_GE(server.count("connect"), 3U);
}

TEST_F(BenchRun, AnOpenLoopKeepsItsRate) {
  options.rate = 500;
  options.seconds = 0.4;
  const auto result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_NEAR(result["operations"].get<double>(), 200, 20);
  EXPECT_EQ(result["unsent"], 0);
}

TEST_F(BenchRun, AnOpenLoopCountsFromTheIntendedTime) {
  // The server stops answering for a while in the middle: whatever was due then must show it.
  options.rate = 1000;
  options.seconds = 0.5;
  options.warmup_s = 0;
  options.outstanding = 1;
  options.mix = "get";
  std::jthread pause([this] {
    server.await("getData", 50);
    server.on_loop([] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); });
  });
  const auto result = run();
  EXPECT_EQ(code, 0) << err;
  // 200 ms of 500 ms were stalled: the median of what was due is tens of milliseconds at least.
  EXPECT_GT(result["latency_us"]["get"]["p90"], 50'000);
}

TEST_F(BenchRun, ErrorsAreCountedAndFailTheRun) {
  options.mix = "get";
  options.keep = true;
  std::jthread thief([this] {
    server.await("getData", 20);
    client::ClientOptions client_options;
    client_options.servers = client::parse_connect_string(server.address()).value();
    client::Client client(client_options);
    for (uint32_t key = 0; key < options.keys; ++key) {
      (void)client.run(client.calls().remove(key_path("/quorate-bench", key)));
    }
  });
  const auto result = run();
  EXPECT_EQ(code, 1);
  EXPECT_GT(result["errors"]["NoNode(-101)"], 0);
}

TEST_F(BenchRun, LostConnectionsFailTheRun) {
  std::jthread breaker([this] {
    server.await("getData", 20);
    server.drop_connections();
  });
  const auto result = run();
  EXPECT_EQ(code, 1);
  EXPECT_GT(result["unanswered"], 0);
}

TEST_F(BenchRun, FillLeavesNodesInDirectories) {
  options.scenario = BenchScenario::kFill;
  options.name = "fill";
  auto result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(result["nodes"], 50);
  EXPECT_EQ(children("/quorate-fill").size(), 3U);
  EXPECT_EQ(children("/quorate-fill/d00000000").size(), 20U);
  EXPECT_EQ(children("/quorate-fill/d00000002").size(), 10U);
  result = run();
  EXPECT_EQ(code, 0) << "a second fill replaces the first: " << err;
}

TEST_F(BenchRun, WatchWaitsForEveryEvent) {
  options.scenario = BenchScenario::kWatch;
  options.name = "watch";
  auto result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(result["events_per_round"], 12);
  EXPECT_EQ(result["rounds_ms"].size(), 2U);
  EXPECT_EQ(result["events"], 24);
  options.watch_sessions = 4;
  options.threads = 2;
  result = run();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(result["events_per_round"], 12);
}

TEST_F(BenchRun, DoesNotTouchAPrefixOfOthers) {
  {
    client::ClientOptions client_options;
    client_options.servers = client::parse_connect_string(server.address()).value();
    client::Client client(client_options);
    ASSERT_TRUE(client.run(client.calls().create("/mine", {})).ok());
  }
  options.prefix = "/mine";
  run();
  EXPECT_EQ(code, 1);
  EXPECT_THAT(err, HasSubstr("/mine exists and was not made by quorate bench"));
}

TEST_F(BenchRun, SaysWhyItCannotConnect) {
  options.server = "127.0.0.1:1";
  run();
  EXPECT_EQ(code, 1);
  EXPECT_THAT(err, HasSubstr("cannot connect to 127.0.0.1:1: Connection refused"));
  options.server = "nonsense:x";
  run();
  EXPECT_EQ(code, 2);
  options.server = server.address();
  options.prefix = "relative";
  run();
  EXPECT_EQ(code, 2);
}

}  // namespace
}  // namespace quorate::cli
