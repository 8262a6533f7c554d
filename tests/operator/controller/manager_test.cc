// The manager against an API in memory: what is reconciled when, who may write, how it stops.
#include "operator/controller/manager.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "operator/controller/field_manager.h"
#include "operator/controller/metrics.h"
#include "operator/kube/object.h"
#include "tests/operator/controller/fake_api.h"

namespace quorate::controller::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{20};
const kube::ObjectKey kZoo{"prod", "zoo"};

/// Does what a test says, and remembers.
class ScriptedReconciler final : public Reconciler {
 public:
  using Script = std::function<ReconcileResult(Pass&)>;
  explicit ScriptedReconciler(Script script = {}) : script_(std::move(script)) {}

  ReconcileResult reconcile(Pass& pass) override {
    {
      const std::lock_guard lock(mutex_);
      ++passes_[pass.key()];
      ids_.insert(pass.id());
      if (!busy_.insert(pass.key()).second) {
        was_concurrent_ = true;
      }
      busy_max_ = std::max(busy_max_, busy_.size());
    }
    changed_.notify_all();
    struct Leave {
      ScriptedReconciler& self;
      const kube::ObjectKey key;
      ~Leave() {
        const std::lock_guard lock(self.mutex_);
        self.busy_.erase(key);
        ++self.ended_;
        self.changed_.notify_all();
      }
    } leave{*this, pass.key()};
    return script_ ? script_(pass) : ReconcileResult::done();
  }

  [[nodiscard]] int passes(const kube::ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    return passes_[key];
  }
  /// Waits for a pass and its end.
  [[nodiscard]] bool wait_for(const kube::ObjectKey& key, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return passes_[key] >= count && !busy_.contains(key); });
  }
  template <typename Condition>
  [[nodiscard]] bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<kube::ObjectKey, int> passes_;
  std::set<std::string> ids_;
  std::set<kube::ObjectKey> busy_;
  size_t busy_max_ = 0;
  size_t ended_ = 0;
  bool was_concurrent_ = false;

 private:
  const Script script_;
};

ManagerOptions options() {
  return {
      .watches = {{.kind = kube::kQuorumCluster, .concerns = concerns_itself},
                  {.kind = kube::kStatefulSet, .concerns = concerns_owner(kube::kQuorumCluster)},
                  {.kind = kube::kPod, .concerns = concerns_label("cluster")}},
      .queue = {.in_flight_max = 4, .debounce = milliseconds(5)},
      .backoff = {.first = milliseconds(10), .last = milliseconds(100)},
      .instance = "operator-0",
      .handles_signals = false,
      .seed = 42};
}

kube::LeaseOptions lease_of(const std::string& identity) {
  return {.lease = {"ops", "quorate-operator"},
          .identity = identity,
          .lease_duration = milliseconds(1500),
          .renew_deadline = milliseconds(1000),
          .retry_period = milliseconds(100)};
}

/// A manager on a thread.
class Running {
 public:
  Running(FakeApi& api, Reconciler& reconciler, ManagerOptions options)
      : manager_(std::move(options), api, reconciler, metrics_) {
    EXPECT_TRUE(manager_.listen().ok());
    thread_ = std::thread([this] { end_ = manager_.run(); });
  }
  ~Running() {
    if (thread_.joinable()) {
      (void)stop();
    }
  }
  ManagerEnd stop() {
    manager_.stop();
    return join();
  }
  ManagerEnd join() {
    thread_.join();
    return end_;
  }
  Manager& manager() { return manager_; }
  Metrics& metrics() { return metrics_; }
  [[nodiscard]] bool has_metric(const std::string& line) const {
    return metrics_.text().find("\n" + line + "\n") != std::string::npos;
  }

 private:
  Metrics metrics_{"quorumcluster"};
  Manager manager_;
  ManagerEnd end_ = ManagerEnd::kStopped;
  std::thread thread_;
};

nlohmann::json cluster(int voters = 3) { return {{"spec", {{"voters", voters}}}}; }

/// `GET path` of `address`: status code and body.
std::pair<int, std::string> http_get(const std::string& address, const std::string& path) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  const size_t colon = address.rfind(':');
  socket.connect({boost::asio::ip::make_address(address.substr(0, colon)),
                  static_cast<uint16_t>(std::stoi(address.substr(colon + 1)))});
  boost::asio::write(
      socket,
      boost::asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  std::string text;
  boost::system::error_code error;
  boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
  return {std::stoi(text.substr(9, 3)), text.substr(text.find("\r\n\r\n") + 4)};
}

template <typename Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(milliseconds(5));  // Nothing to wait on: the other side of HTTP.
  }
  return false;
}

TEST(Manager, ReconcilesWhatIsThereAndWhatComes) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  ScriptedReconciler reconciler([](Pass& pass) {
    EXPECT_EQ(pass.cache().get(kube::kQuorumCluster, pass.key()).has_value(), true);
    return ReconcileResult::done();
  });
  Running running(api, reconciler, options());
  EXPECT_TRUE(reconciler.wait_for(kZoo, 1));
  api.change(kube::kQuorumCluster, {"test", "other"}, cluster());
  EXPECT_TRUE(reconciler.wait_for({"test", "other"}, 1));
  api.change(kube::kQuorumCluster, kZoo, cluster(5));
  EXPECT_TRUE(reconciler.wait_for(kZoo, 2));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
  EXPECT_EQ(reconciler.ids_.size(), 3U);  // One id a pass.
  EXPECT_TRUE(running.has_metric(
      R"(controller_runtime_reconcile_total{controller="quorumcluster",result="success"} 3)"));
}

TEST(Manager, ChildrenWakeTheirOwnersAndEchoesDoNot) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  ScriptedReconciler reconciler;
  Running running(api, reconciler, options());
  ASSERT_TRUE(reconciler.wait_for(kZoo, 1));
  // Our own status is no reason.
  api.change(kube::kQuorumCluster, kZoo, {{"status", {{"ready", 1}}}});
  // That of a child is.
  api.change(kube::kStatefulSet, {"prod", "zoo-a"},
             {{"metadata",
               {{"ownerReferences",
                 {{{"apiVersion", "quorate.dev/v1alpha1"},
                   {"kind", "QuorumCluster"},
                   {"name", "zoo"},
                   {"uid", "u"},
                   {"controller", true}}}}}}});
  ASSERT_TRUE(reconciler.wait_for(kZoo, 2));
  api.change(kube::kStatefulSet, {"prod", "zoo-a"}, {{"status", {{"readyReplicas", 1}}}});
  ASSERT_TRUE(reconciler.wait_for(kZoo, 3));
  api.change(kube::kPod, {"prod", "zoo-a-0"}, {{"metadata", {{"labels", {{"cluster", "zoo"}}}}}});
  ASSERT_TRUE(reconciler.wait_for(kZoo, 4));
  api.remove(kube::kPod, {"prod", "zoo-a-0"});
  ASSERT_TRUE(reconciler.wait_for(kZoo, 5));
  // Of another owner, or of nobody.
  api.change(kube::kStatefulSet, {"prod", "db"}, {{"spec", {{"replicas", 1}}}});
  api.change(kube::kQuorumCluster, {"prod", "marker"}, cluster());
  ASSERT_TRUE(reconciler.wait_for({"prod", "marker"}, 1));
  EXPECT_EQ(reconciler.passes(kZoo), 5);
}

TEST(Manager, DeletedObjectsGetAPass) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  ScriptedReconciler reconciler;
  Running running(api, reconciler, options());
  ASSERT_TRUE(reconciler.wait_for(kZoo, 1));
  api.remove(kube::kQuorumCluster, kZoo);
  EXPECT_TRUE(reconciler.wait_for(kZoo, 2));
}

TEST(Manager, WorksOnSeveralAtOnceButNeverTwiceOnOne) {
  FakeApi api;
  for (int i = 0; i < 30; ++i) {
    api.change(kube::kQuorumCluster, {"prod", "c" + std::to_string(i)}, cluster());
  }
  std::atomic<int> round = 0;
  ScriptedReconciler* self = nullptr;
  ScriptedReconciler reconciler([&](Pass& pass) {
    // The first four wait for each other: they run at the same time.
    (void)self->wait_until([&] { return self->busy_max_ >= 4; });
    if (++round <= 100) {
      api.change(kube::kQuorumCluster, pass.key(), {{"spec", {{"round", round.load()}}}});
    }
    return ReconcileResult::done();
  });
  self = &reconciler;
  Running running(api, reconciler, options());
  EXPECT_TRUE(reconciler.wait_until([&] { return reconciler.ended_ >= 60; }));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
  EXPECT_FALSE(reconciler.was_concurrent_);
  EXPECT_EQ(reconciler.busy_max_, 4U);
}

TEST(Manager, ResultsDecideWhenTheNextPassIs) {
  FakeApi api;
  const std::vector<std::string> names = {"again", "after", "error", "panic", "terminal"};
  for (const std::string& name : names) {
    api.change(kube::kQuorumCluster, {"prod", name}, cluster());
  }
  ScriptedReconciler* self = nullptr;
  ScriptedReconciler reconciler([&](Pass& pass) {
    const std::string& name = pass.key().name;
    if (name == "terminal") {
      return ReconcileResult::terminal("never");
    }
    if (self->passes(pass.key()) >= 4) {
      return ReconcileResult::done();
    }
    if (name == "panic") {
      throw std::runtime_error("oops");
    }
    return name == "again"   ? ReconcileResult::again()
           : name == "after" ? ReconcileResult::after(milliseconds(10))
                             : ReconcileResult::error("for now");
  });
  self = &reconciler;
  Running running(api, reconciler, options());
  for (const std::string name : {"again", "after", "error", "panic"}) {
    EXPECT_TRUE(reconciler.wait_for({"prod", name}, 4)) << name;
  }
  EXPECT_EQ(reconciler.passes({"prod", "terminal"}), 1);
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
  const std::string of = R"({controller="quorumcluster"} )";
  EXPECT_TRUE(running.has_metric("controller_runtime_reconcile_panics_total" + of + "3"));
  EXPECT_TRUE(running.has_metric("controller_runtime_terminal_reconcile_errors_total" + of + "1"));
  EXPECT_TRUE(running.has_metric("controller_runtime_reconcile_errors_total" + of + "7"));
}

TEST(Manager, WaitsForTheCacheToSeeItsOwnWrites) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  std::atomic<int> stale = 0;
  ScriptedReconciler reconciler([&](Pass& pass) {
    const auto seen = pass.cache().get(kube::kStatefulSet, {"prod", "zoo-a"});
    const bool exists = api.get(kube::kStatefulSet, {"prod", "zoo-a"}).has_value();
    if (exists && !seen) {
      ++stale;
    }
    if (!exists) {
      api.hold_watches(true);  // The cache lags behind.
      const auto made = pass.send(kube::apply(
          kube::kStatefulSet,
          {{"metadata", {{"name", "zoo-a"}, {"namespace", "prod"}}}, {"spec", {{"replicas", 1}}}},
          {.field_manager = kFieldManager}));
      EXPECT_TRUE(made.ok());
      return ReconcileResult::again();
    }
    return ReconcileResult::done();
  });
  Running running(api, reconciler, options());
  ASSERT_TRUE(reconciler.wait_for(kZoo, 1));
  std::this_thread::sleep_for(milliseconds(200));  // It would run again in this time.
  EXPECT_EQ(reconciler.passes(kZoo), 1);
  api.hold_watches(false);
  EXPECT_TRUE(reconciler.wait_for(kZoo, 2));
  EXPECT_EQ(stale, 0);
}

TEST(Manager, EventsReachTheApiAndDoNotRepeat) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  ScriptedReconciler* self = nullptr;
  ScriptedReconciler reconciler([&](Pass& pass) {
    const auto object = pass.cache().get(kube::kQuorumCluster, pass.key());
    pass.record({.regarding = kube::reference_to(kube::kQuorumCluster, *object),
                 .type = kube::EventType::kWarning,
                 .reason = "Blocked",
                 .action = "Roll",
                 .note = "member zoo-b-0 lags 4210 zxids"});
    return self->passes(pass.key()) < 20 ? ReconcileResult::again() : ReconcileResult::done();
  });
  self = &reconciler;
  Running running(api, reconciler, options());
  ASSERT_TRUE(reconciler.wait_for(kZoo, 20));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);  // Flushes.
  const auto events = api.all(kube::kEvent);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["reason"], "Blocked");
  EXPECT_EQ(events[0]["regarding"]["uid"], "uid-1");
  EXPECT_EQ(events[0]["series"]["count"], 16);
  EXPECT_LE(api.count(kube::Verb::kPatch, "events"), 4U);
}

// ---- probes -----------------------------------------------------------------------------------

TEST(Manager, IsReadyWhenItsCachesAreAndNotBefore) {
  FakeApi api;
  api.hold([](const kube::Request& request) {
    return request.verb == kube::Verb::kList && request.plural == "pods";
  });
  ScriptedReconciler reconciler;
  ManagerOptions with_port = options();
  with_port.probe_address = "127.0.0.1:0";
  with_port.metrics_address = with_port.probe_address;
  with_port.lease = lease_of("me");
  api.change(kube::kLease, {"ops", "quorate-operator"},
             {{"spec", {{"holderIdentity", "other"}, {"leaseDurationSeconds", 3600}}}});
  Running running(api, reconciler, with_port);
  const std::string address = running.manager().probe_address();
  EXPECT_EQ(http_get(address, "/healthz").first, 200);
  EXPECT_EQ(http_get(address, "/readyz").first, 503);
  EXPECT_TRUE(eventually([&] {
    return http_get(address, "/readyz").second == "waiting for the first list of pods\n";
  }));
  api.hold({});
  // Another process leads, and still this one is ready.
  EXPECT_TRUE(eventually([&] { return http_get(address, "/readyz").first == 200; }));
  EXPECT_TRUE(eventually([&] {
    return http_get(address, "/metrics")
               .second.find("leader_election_master_status{name=\"quorate-operator\"} 0") !=
           std::string::npos;
  }));
  EXPECT_EQ(http_get(address, "/nothing").first, 404);
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
}

TEST(Manager, GivesUpWhenTheCachesAreNotCompleteInTime) {
  FakeApi api;
  api.set_fault([](const kube::Request& request) -> std::optional<kube::ApiResult<kube::Response>> {
    if (request.plural != "pods") {
      return std::nullopt;
    }
    return kube::ApiError{.kind = kube::ApiErrorKind::kForbidden, .message = "no pods for you"};
  });
  ScriptedReconciler reconciler;
  ManagerOptions hurried = options();
  hurried.sync_timeout = milliseconds(300);
  Running running(api, reconciler, hurried);
  EXPECT_EQ(running.join(), ManagerEnd::kSyncFailed);
}

TEST(Manager, AnAddressThatIsTakenIsAnError) {
  FakeApi api;
  ScriptedReconciler reconciler;
  Metrics metrics("quorumcluster");
  for (const std::string address : {"nonsense", "127.0.0.1:", ":99999", "127.0.0.1:x"}) {
    ManagerOptions wrong = options();
    wrong.probe_address = address;
    Manager manager(wrong, api, reconciler, metrics);
    EXPECT_FALSE(manager.listen().ok()) << address;
  }
  ManagerOptions taken = options();
  taken.probe_address = "127.0.0.1:0";
  Manager first(taken, api, reconciler, metrics);
  ASSERT_TRUE(first.listen().ok());
  taken.probe_address = first.probe_address();
  Manager second(taken, api, reconciler, metrics);
  const Status status = second.listen();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kConflict);
}

// ---- leading ----------------------------------------------------------------------------------

TEST(Manager, OneOfTwoActsAndHandsOver) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  ScriptedReconciler first;
  ScriptedReconciler second;
  ManagerOptions with_lease = options();
  with_lease.lease = lease_of("first");
  Running leader(api, first, with_lease);
  ASSERT_TRUE(first.wait_for(kZoo, 1));
  with_lease.lease = lease_of("second");
  Running standby(api, second, with_lease);
  ASSERT_TRUE(eventually([&] { return api.count(kube::Verb::kWatch, "pods") == 2; }));
  api.change(kube::kQuorumCluster, kZoo, cluster(5));
  ASSERT_TRUE(first.wait_for(kZoo, 2));
  EXPECT_EQ(second.passes(kZoo), 0);
  EXPECT_EQ(leader.stop(), ManagerEnd::kStopped);
  EXPECT_TRUE(second.wait_for(kZoo, 1));
  EXPECT_EQ((*api.get(kube::kLease, {"ops", "quorate-operator"}))["spec"]["holderIdentity"],
            "second");
}

TEST(Manager, ALostLeaseStopsWritesAtOnce) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  std::atomic<bool> is_lost = false;
  std::atomic<int> written_after = 0;
  std::optional<kube::ApiErrorKind> refusal;
  std::mutex mutex;
  ScriptedReconciler reconciler([&](Pass& pass) {
    while (true) {
      const auto written = pass.send(kube::merge_patch(
          kube::kQuorumCluster, pass.key(), {{"status", {{"x", 1}}}}, kFieldManager, "status"));
      if (!written.ok()) {
        const std::lock_guard lock(mutex);
        refusal = written.error().kind;
        return ReconcileResult::of(written.error());
      }
      written_after += is_lost ? 1 : 0;
    }
  });
  ManagerOptions with_lease = options();
  with_lease.lease = lease_of("me");
  Running running(api, reconciler, with_lease);
  ASSERT_TRUE(reconciler.wait_until([&] { return reconciler.passes_[kZoo] >= 1; }));
  // Somebody takes the lease; the next renewal conflicts, and the read shows who.
  api.change(kube::kLease, {"ops", "quorate-operator"}, {{"spec", {{"holderIdentity", "other"}}}});
  EXPECT_EQ(running.join(), ManagerEnd::kLeaseLost);
  is_lost = true;
  EXPECT_TRUE(reconciler.wait_for(kZoo, 1));
  EXPECT_LE(written_after, 1);  // The one that was under way.
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(refusal == kube::ApiErrorKind::kDenied || refusal == kube::ApiErrorKind::kCancelled);
}

TEST(Manager, ALeaseThatCannotBeRenewedIsLostByTime) {
  FakeApi api;
  ScriptedReconciler reconciler;
  ManagerOptions with_lease = options();
  with_lease.lease = lease_of("me");
  Running running(api, reconciler, with_lease);
  ASSERT_TRUE(eventually([&] {
    return api.get(kube::kLease, {"ops", "quorate-operator"}).has_value();
  }));
  api.hold([](const kube::Request& request) { return request.plural == "leases"; });
  EXPECT_EQ(running.join(), ManagerEnd::kLeaseLost);
}

// ---- stopping ---------------------------------------------------------------------------------

TEST(Manager, APassUnderWayMayEndAndNoneBegins) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  std::promise<void> may_end;
  std::shared_future<void> ends = may_end.get_future().share();
  ScriptedReconciler reconciler([&](Pass& pass) {
    ends.wait();
    const auto written = pass.send(kube::merge_patch(kube::kQuorumCluster, pass.key(),
                                                     {{"status", {{"x", 1}}}}, kFieldManager));
    EXPECT_TRUE(written.ok());  // The lease is let go last.
    return ReconcileResult::again();
  });
  ManagerOptions with_lease = options();
  with_lease.lease = lease_of("me");
  Running running(api, reconciler, with_lease);
  ASSERT_TRUE(reconciler.wait_until([&] { return reconciler.passes_[kZoo] >= 1; }));
  running.manager().stop();
  may_end.set_value();
  EXPECT_EQ(running.join(), ManagerEnd::kStopped);
  EXPECT_EQ(reconciler.passes(kZoo), 1);
  EXPECT_EQ((*api.get(kube::kLease, {"ops", "quorate-operator"}))["spec"]["holderIdentity"], "");
}

TEST(Manager, APassThatWaitsForTheApiIsCancelled) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  api.hold([](const kube::Request& request) { return request.verb == kube::Verb::kGet; });
  std::atomic<bool> was_cancelled = false;
  ScriptedReconciler reconciler([&](Pass& pass) {
    const auto read = pass.send(kube::get(kube::kPod, {"prod", "x"}));
    was_cancelled = !read.ok() && read.error().kind == kube::ApiErrorKind::kCancelled;
    return ReconcileResult::done();
  });
  ManagerOptions hurried = options();
  hurried.drain_timeout = milliseconds(100);
  Running running(api, reconciler, hurried);
  ASSERT_TRUE(reconciler.wait_until([&] { return reconciler.passes_[kZoo] >= 1; }));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
  EXPECT_TRUE(was_cancelled);
}

TEST(Manager, APassThatTakesTooLongIsCountedAndTriedAgain) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  api.hold([](const kube::Request& request) { return request.verb == kube::Verb::kGet; });
  ScriptedReconciler reconciler([&](Pass& pass) {
    const auto read = pass.send(kube::get(kube::kPod, {"prod", "x"}));
    return read.ok() ? ReconcileResult::done() : ReconcileResult::of(read.error());
  });
  ManagerOptions hurried = options();
  hurried.pass_timeout = milliseconds(100);
  Running running(api, reconciler, hurried);
  EXPECT_TRUE(reconciler.wait_for(kZoo, 2));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopped);
  EXPECT_EQ(running.metrics().text().find(
                "controller_runtime_reconcile_timeouts_total{controller=\"quorumcluster\"} 0"),
            std::string::npos);
}

TEST(Manager, WhatHangsDoesNotHangTheStop) {
  FakeApi api;
  api.change(kube::kQuorumCluster, kZoo, cluster());
  std::promise<void> may_end;
  std::shared_future<void> ends = may_end.get_future().share();
  ScriptedReconciler reconciler([&](Pass&) {
    ends.wait();  // Deaf to everything.
    return ReconcileResult::done();
  });
  ManagerOptions hurried = options();
  hurried.drain_timeout = milliseconds(50);
  hurried.stop_timeout = milliseconds(200);
  Running running(api, reconciler, hurried);
  ASSERT_TRUE(reconciler.wait_until([&] { return reconciler.passes_[kZoo] >= 1; }));
  EXPECT_EQ(running.stop(), ManagerEnd::kStopTimeout);
  may_end.set_value();  // So that the threads can be joined.
}

}  // namespace
}  // namespace quorate::controller::testing
