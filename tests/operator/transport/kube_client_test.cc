// The waiting client: retries, deadlines, the gate for writes.
#include "operator/transport/kube_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/operator/transport/http_server.h"
#include "tests/operator/transport/transport_fixture.h"

namespace quorate::transport::testing {
namespace {

using kube::ApiErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

const kube::ObjectKey kKey{.space = "default", .name = "zoo"};
const nlohmann::json kPatch = {{"a", 1}};

class Client : public ::testing::Test {
 protected:
  void serve(Handler handler) {
    server_.emplace(std::move(handler));
    auto made = make_transport({.url = server_->url(),
                                .trust = {},
                                .credentials = std::make_shared<TestCredentials>(),
                                .space = {},
                                .source = "test"},
                               {});
    ASSERT_TRUE(made.ok());
    transport_ = std::move(*made);
    client_.emplace(*transport_, gate_);
    gate_.open_for_ever();
  }
  [[nodiscard]] static CallScope scope(Duration time = kPatience, std::stop_token stop = {}) {
    return {.deadline = monotonic_now() + time, .stop = std::move(stop)};
  }

  WriteGate gate_;
  std::optional<HttpServer> server_;
  std::unique_ptr<HttpTransport> transport_;
  std::optional<KubeClient> client_;
};

const kube::Request kGet = kube::get(kube::kPod, kKey);
const kube::Request kWrite = kube::merge_patch(kube::kPod, kKey, kPatch, "me");

TEST_F(Client, ReadsAndWrites) {
  serve([](Exchange& exchange) { exchange.respond(200, R"({"x":1})"); });
  EXPECT_EQ((*client_->send(kGet, scope()))["x"], 1);
  EXPECT_TRUE(client_->send(kWrite, scope()).ok());
}

TEST_F(Client, AShutGateStopsWritesButNotReads) {
  serve([](Exchange& exchange) { exchange.respond(200, "{}"); });
  gate_.shut();
  EXPECT_TRUE(client_->send(kGet, scope()).ok());
  EXPECT_EQ(client_->send(kWrite, scope()).error().kind, ApiErrorKind::kDenied);
  gate_.open_until(monotonic_now() - milliseconds(1));
  EXPECT_EQ(client_->send(kWrite, scope()).error().kind, ApiErrorKind::kDenied);
  EXPECT_EQ(server_->received().size(), 1U);
}

TEST_F(Client, WaitsAsABusyServerWishes) {
  std::atomic<int> count = 0;
  serve([&](Exchange& exchange) {
    if (++count < 3) {
      exchange.respond(count == 1 ? 429 : 503, "{}", "Retry-After: 0\r\n");
    } else {
      exchange.respond(200, "{}");
    }
  });
  EXPECT_TRUE(client_->send(kWrite, scope()).ok());
  EXPECT_EQ(count, 3);
}

TEST_F(Client, DoesNotWaitLongerThanItMay) {
  serve([](Exchange& exchange) { exchange.respond(429, "{}", "Retry-After: 60\r\n"); });
  const auto result = client_->send(kGet, scope(seconds(5)));
  EXPECT_EQ(result.error().kind, ApiErrorKind::kTooManyRequests);
  EXPECT_EQ(server_->received().size(), 1U);
}

TEST_F(Client, AServerThatIsAlwaysBusyIsLeftAlone) {
  serve([](Exchange& exchange) { exchange.respond(429, "{}", "Retry-After: 0\r\n"); });
  EXPECT_FALSE(client_->send(kGet, scope()).ok());
  EXPECT_EQ(server_->received().size(), 6U);
}

TEST_F(Client, ARefusedEvictionIsTheCallersToJudge) {
  serve([](Exchange& exchange) {
    exchange.respond(429,
                     R"({"kind":"Status","details":{"causes":[{"reason":"DisruptionBudget"}]}})",
                     "Retry-After: 0\r\n");
  });
  const auto result = client_->send(kube::evict(kKey, {}), scope());
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().is_disruption_budget());
  EXPECT_EQ(server_->received().size(), 1U);
}

TEST_F(Client, ABrokenConnectionIsTriedOnceMoreIfThatIsHarmless) {
  std::atomic<int> count = 0;
  serve([&](Exchange& exchange) {
    if (++count == 1) {
      exchange.close();
    } else {
      exchange.respond(200, "{}");
    }
  });
  EXPECT_TRUE(client_->send(kGet, scope()).ok());
  count = 0;
  const auto evicted = client_->send(kube::evict(kKey, {}), scope());
  // On a kept connection the library itself sends again; on a new one it is an error.
  EXPECT_TRUE(evicted.ok() || evicted.error().is_outcome_unknown());
}

TEST_F(Client, ADeadlineEndsTheWait) {
  serve([](Exchange& exchange) { exchange.wait_for_end(); });
  const auto result = client_->send(kGet, scope(milliseconds(100)));
  EXPECT_EQ(result.error().kind, ApiErrorKind::kTimeout);
}

TEST_F(Client, AStopEndsTheWait) {
  std::promise<void> arrived;
  serve([&](Exchange& exchange) {
    arrived.set_value();
    exchange.wait_for_end();
  });
  std::stop_source stop;
  std::thread stopper([&] {
    arrived.get_future().wait();
    stop.request_stop();
  });
  const auto result = client_->send(kGet, scope(kPatience, stop.get_token()));
  EXPECT_EQ(result.error().kind, ApiErrorKind::kCancelled);
  stopper.join();
}

TEST_F(Client, ListsAllPages) {
  serve([](Exchange& exchange) {
    const bool is_first = exchange.request().target.find("continue=") == std::string::npos;
    exchange.respond(200, is_first
                              ? R"({"kind":"PodList","apiVersion":"v1","metadata":{"continue":"t"},
                                  "items":[{"metadata":{"name":"a"}}]})"
                              : R"({"kind":"PodList","apiVersion":"v1","metadata":{},
                                  "items":[{"metadata":{"name":"b"}}]})");
  });
  const auto all = list_all(*client_, kube::kPod, "default", "app=zoo", scope());
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 2U);
  // The newest state: no version is asked for.
  EXPECT_EQ(server_->received()[0].target,
            "/api/v1/namespaces/default/pods?limit=500&labelSelector=app%3Dzoo");
}

}  // namespace
}  // namespace quorate::transport::testing
