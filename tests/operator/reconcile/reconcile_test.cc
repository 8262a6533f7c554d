// Passes over one cluster: the order of acts, and what a failure at each of them leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <prometheus/registry.h>

#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/reconcile/cluster_reconciler.h"
#include "tests/operator/reconcile/fake_kube.h"
#include "tests/operator/reconcile/fake_members.h"

namespace quorate::reconcile::testing {
namespace {

using controller::ReconcileResult;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = ReconcileResult::Kind;

class FixedRandom final : public Random {
 public:
  std::string ensemble_id() override { return "00000000000000e" + std::to_string(++ids_); }
  std::string token() override { return "token"; }

 private:
  int ids_ = 0;
};

class FakePass final : public controller::Pass {
 public:
  FakePass(FakeKube& kube, Now now, bool has_lease, std::vector<std::string>& events, int& wakes)
      : kube_(kube), now_(now), has_lease_(has_lease), events_(events), wakes_(wakes) {}

  const kube::ObjectKey& key() const override { return key_; }
  const std::string& id() const override { return id_; }
  const controller::Cache& cache() const override { return kube_; }
  Answer send(const kube::Request& request) override { return kube_.send(request); }
  bool may_write() const override { return has_lease_; }
  std::function<void()> waker() override {
    return [&wakes = wakes_] { ++wakes; };
  }
  void record(kube::EventNote note) override { events_.push_back(note.reason + ": " + note.note); }
  const transport::CallScope& scope() const override { return scope_; }
  bool is_over() const override { return false; }
  Now now() const override { return now_; }

 private:
  FakeKube& kube_;
  const Now now_;
  const bool has_lease_;
  std::vector<std::string>& events_;
  int& wakes_;
  const kube::ObjectKey key_{.space = "prod", .name = "zoo"};
  const std::string id_ = "pass";
  const transport::CallScope scope_{.deadline = TimePoint::max(), .stop = {}};
};

class ReconcileTest : public ::testing::Test {
 protected:
  ReconcileTest() {
    for (const char* const zone : {"a", "b", "c"}) {
      const std::string name = std::string("node-") + zone;
      kube_.change(kube::kNode, name,
                   {{"metadata", {{"labels", {{"topology.kubernetes.io/zone", zone}}}}}});
    }
  }

  void create(const Json& spec) {
    kube_.change(kube::kQuorumCluster, "zoo", {{"spec", spec}});
    kube_.refresh();
  }

  /// One pass on a fresh cache, some seconds after the one before.
  ReconcileResult pass() {
    kube_.refresh();
    return stale_pass();
  }

  ReconcileResult stale_pass() {
    seconds_ += 10;
    FakePass pass(kube_, now(), has_lease_, events_, wakes_);
    return reconciler_.reconcile(pass);
  }

  [[nodiscard]] Now now() const {
    return {.monotonic = TimePoint(std::chrono::seconds(seconds_)),
            .wall = {1767225600000 + seconds_ * 1000}};
  }

  /// Passes until a cluster of three is Ready and nothing more is written.
  void settle() {
    for (int i = 0; i < 12; ++i) {
      kube_.writes.clear();
      static_cast<void>(pass());
      kube_.run_controllers();
      form();
    }
    ASSERT_EQ(condition("Ready"), "True");
    ASSERT_THAT(kube_.writes, IsEmpty());
  }

  /// The initial voters are the configuration.
  void form() {
    if (!members_.config.empty()) {
      return;
    }
    members_.ensemble_id = status().value("ensembleId", "");
    for (const Json& each : status().value("members", Json::array())) {
      members_.config.push_back({.myid = each["myid"].get<int>(),
                                 .name = each["name"].get<std::string>(),
                                 .is_voter = true});
    }
  }

  [[nodiscard]] Json status() const {
    const Json* const object = kube_.find(kube::kQuorumCluster, "zoo");
    return object == nullptr ? Json::object() : object->value("status", Json::object());
  }

  [[nodiscard]] Json condition_of(const std::string& type) const {
    for (const Json& each : status().value("conditions", Json::array())) {
      if (each["type"] == type) {
        return each;
      }
    }
    return Json::object();
  }
  [[nodiscard]] std::string condition(const std::string& type) const {
    return condition_of(type).value("status", "");
  }
  [[nodiscard]] std::string blocked() const {
    for (const Json& each : status().value("plan", Json::array())) {
      if (each["state"] == "Blocked") {
        return each["reason"].get<std::string>();
      }
    }
    return {};
  }

  static bool is_status(const kube::Request& request) {
    return kube::is_write(request.verb) && request.subresource == "status";
  }

  FakeKube kube_;
  FakeMembers members_;
  FixedRandom random_;
  prometheus::Registry registry_;
  ClusterMetrics metrics_{registry_};
  ClusterReconciler reconciler_{{.members = members_,
                                 .random = random_,
                                 .metrics = metrics_,
                                 .release = {.image = "quorate-server:1"}}};
  std::vector<std::string> events_;
  bool has_lease_ = true;
  int wakes_ = 0;
  int64_t seconds_ = 0;
};

TEST_F(ReconcileTest, TheFirstPassRecordsThenGuardsThenMakes) {
  create({{"voters", 3}});
  EXPECT_EQ(pass().kind, Kind::kAfter);
  EXPECT_THAT(kube_.writes,
              ElementsAre("patch quorumclusters/status", "patch quorumclusters",
                          "apply serviceaccounts", "create secrets", "apply configmaps",
                          "apply services", "apply services", "apply poddisruptionbudgets",
                          "apply statefulsets", "apply statefulsets", "apply statefulsets"));
  EXPECT_EQ(status()["ensembleId"], "00000000000000e1");
  EXPECT_TRUE(kube::has_finalizer(*kube_.find(kube::kQuorumCluster, "zoo"), api::kFinalizer));
}

TEST_F(ReconcileTest, ItBecomesReadyAndThenNothingIsWrittenOrReadMore) {
  create({{"voters", 3}});
  settle();
  EXPECT_THAT(members_.orders, ElementsAre("/v1/formed zoo-a-0"));
  EXPECT_TRUE(members_.is_formed);
  static_cast<void>(pass());  // Reads its Secret once in a minute.
  kube_.requests = 0;
  for (int i = 0; i < 3; ++i) {
    const ReconcileResult result = pass();
    EXPECT_EQ(result.kind, Kind::kAfter);
    EXPECT_EQ(result.delay, std::chrono::seconds(10));
  }
  EXPECT_LE(kube_.requests, 1U);
}

TEST_F(ReconcileTest, FormedIsOrderedOnlyAfterInitializedWasRecorded) {
  create({{"voters", 3}});
  kube_.fault = [&](const kube::Request& request) -> std::optional<Answer> {
    if (is_status(request) && request.body.find("\"Formed\"") != std::string::npos) {
      return kube::ApiError{.kind = kube::ApiErrorKind::kConflict, .code = 409, .message = "no"};
    }
    return std::nullopt;
  };
  for (int i = 0; i < 6; ++i) {
    static_cast<void>(pass());
    kube_.run_controllers();
    form();
  }
  EXPECT_THAT(members_.orders, IsEmpty());
  kube_.fault = nullptr;
  static_cast<void>(pass());
  EXPECT_THAT(members_.orders, ElementsAre("/v1/formed zoo-a-0"));
}

TEST_F(ReconcileTest, NothingIsDoneOnARecordThatCouldNotBeWritten) {
  create({{"voters", 3}});
  for (const kube::ApiErrorKind kind :
       {kube::ApiErrorKind::kConflict, kube::ApiErrorKind::kServerError,
        kube::ApiErrorKind::kTimeout, kube::ApiErrorKind::kDenied}) {
    kube_.writes.clear();
    kube_.fault = [&](const kube::Request& request) -> std::optional<Answer> {
      return is_status(request)
                 ? std::optional<Answer>(kube::ApiError{.kind = kind, .code = 500, .message = "no"})
                 : std::nullopt;
    };
    EXPECT_EQ(pass().kind, Kind::kError);
    EXPECT_THAT(kube_.writes, ElementsAre("patch quorumclusters/status"));
  }
}

TEST_F(ReconcileTest, AStaleCacheCannotFormASecondEnsemble) {
  create({{"voters", 3}});
  static_cast<void>(pass());
  const std::string id = status()["ensembleId"];
  kube_.drop(kube::kStatefulSet, "zoo-a");
  FakeKube& kube = kube_;
  kube.writes.clear();
  // The cache is as it was before the first pass: without a status.
  FakeKube old;
  old.change(kube::kQuorumCluster, "zoo", {{"spec", {{"voters", 3}}}});
  kube_.fault = [&](const kube::Request& request) -> std::optional<Answer> {
    if (is_status(request)) {
      EXPECT_NE(Json::parse(request.body)["metadata"].value("resourceVersion", ""), "");
    }
    return std::nullopt;
  };
  create({{"voters", 3}, {"observers", 0}});
  kube_.change(kube::kQuorumCluster, "zoo", {{"metadata", {{"labels", {{"x", "y"}}}}}});
  static_cast<void>(stale_pass());
  EXPECT_EQ(status()["ensembleId"], id);
}

TEST_F(ReconcileTest, LostAnswersAreFoundByTheNextPass) {
  create({{"voters", 3}});
  bool loses = true;
  kube_.loses_answer = [&](const kube::Request& request) {
    return kube::is_write(request.verb) && (loses = !loses);
  };
  for (int i = 0; i < 60; ++i) {
    static_cast<void>(pass());
    kube_.run_controllers();
    form();
  }
  kube_.loses_answer = nullptr;
  settle();
  EXPECT_EQ(status()["ensembleId"], "00000000000000e1");
  EXPECT_EQ(kube_.all(kube::kStatefulSet).size(), 3U);
}

TEST_F(ReconcileTest, APassDoesNotWaitForMembers) {
  create({{"voters", 3}});
  settle();
  members_.holds_rounds = true;
  kube_.writes.clear();
  const int before = wakes_;
  EXPECT_EQ(pass().kind, Kind::kAfter);
  EXPECT_EQ(wakes_, before) << "nobody has answered yet";
  members_.answer_rounds();
  EXPECT_EQ(wakes_, before + 1);
  EXPECT_THAT(kube_.writes, IsEmpty());
}

TEST_F(ReconcileTest, AnEvictionIsDroppedWhenTheLiveReadSaysSo) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kQuorumCluster, "zoo",
               {{"metadata", {{"annotations", {{"quorate.dev/restartedAt", "now"}}}}}});
  static_cast<void>(pass());  // The templates.
  kube_.run_controllers();
  int asked = 0;
  members_.before_ask = [&] {
    if (++asked == 2) {
      members_.silent = {"zoo-b-0"};  // Between the look that plans and the one that counts.
    }
  };
  kube_.writes.clear();
  static_cast<void>(pass());
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(kube_.writes, Not(Contains("evict pods/eviction")));
  members_.before_ask = nullptr;
  members_.silent.clear();
  for (int i = 0; i < 40; ++i) {
    static_cast<void>(pass());
    kube_.run_controllers();
  }
  EXPECT_THAT(kube_.writes, Contains("evict pods/eviction"));
}

/// The API is asked by send(), members by nobody else: a process may have been frozen since the
/// pass began.
TEST_F(ReconcileTest, NobodyIsGivenAnOrderWithoutTheLease) {
  create({{"voters", 3}});
  has_lease_ = false;
  for (int i = 0; i < 8; ++i) {
    static_cast<void>(pass());
    kube_.run_controllers();
    form();
  }
  EXPECT_EQ(condition("Initialized"), "True");
  EXPECT_THAT(members_.orders, IsEmpty());
  has_lease_ = true;
  static_cast<void>(pass());
  EXPECT_THAT(members_.orders, ElementsAre("/v1/formed zoo-a-0"));
}

/// The status of a new spec is written before its objects are.
TEST_F(ReconcileTest, NothingIsSettledBeforeItIsApplied) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kQuorumCluster, "zoo", {{"spec", {{"image", "quorate-server:2"}}}});
  kube_.fault = [](const kube::Request& request) -> std::optional<Answer> {
    if (request.verb == kube::Verb::kApply && request.plural == "statefulsets") {
      return kube::ApiError{.kind = kube::ApiErrorKind::kUnreachable, .message = "it is away"};
    }
    return std::nullopt;
  };
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(pass());
    kube_.run_controllers();
    EXPECT_EQ(condition_of("ConfigInSync")["reason"], "NotApplied");
    EXPECT_EQ(condition_of("Progressing")["reason"], "Applying");
    EXPECT_EQ(condition("Progressing"), "True");
  }
  kube_.fault = nullptr;
  static_cast<void>(pass());
  kube_.run_controllers();
  static_cast<void>(pass());
  EXPECT_EQ(condition_of("Progressing")["reason"], "Rolling");
}

TEST_F(ReconcileTest, ARollEvictsOneMinorityAtATimeAndRecordsItFirst) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kQuorumCluster, "zoo",
               {{"metadata", {{"annotations", {{"quorate.dev/restartedAt", "now"}}}}}});
  for (int i = 0; i < 40; ++i) {
    kube_.writes.clear();
    static_cast<void>(pass());
    const auto evictions = std::ranges::count(kube_.writes, "evict pods/eviction");
    EXPECT_LE(evictions, 1);
    if (evictions == 1) {
      EXPECT_EQ(status()["inFlight"]["kind"], "Rolling");
    }
    kube_.run_controllers();
  }
  EXPECT_EQ(condition("ConfigInSync"), "True");
  EXPECT_THAT(members_.orders, Contains(HasSubstr("/v1/transfer-leadership")));
  EXPECT_TRUE(std::ranges::any_of(members_.config, [&](const ensemble::ServerLine& each) {
    return each.myid == members_.successor && each.is_voter && each.name != members_.handed_over;
  })) << members_.successor;
}

TEST_F(ReconcileTest, ARefusedObjectIsTriedAgainAndSaid) {
  create({{"voters", 3}});
  kube_.fault = [](const kube::Request& request) -> std::optional<Answer> {
    if (request.verb == kube::Verb::kApply && request.plural == "statefulsets") {
      return kube::ApiError{
          .kind = kube::ApiErrorKind::kInvalid, .code = 422, .message = "tolerations: bad"};
    }
    return std::nullopt;
  };
  EXPECT_EQ(pass().kind, Kind::kError);
  EXPECT_EQ(pass().kind, Kind::kError);
  EXPECT_EQ(blocked(), "Refused");
  EXPECT_THAT(events_, Contains(HasSubstr("tolerations: bad")));
  kube_.fault = nullptr;
  settle();
  EXPECT_EQ(blocked(), "");
}

TEST_F(ReconcileTest, AnObjectOfSomebodyElseIsNotTouched) {
  kube_.change(kube::kConfigMap, "zoo-config", {{"data", {{"mine", "yes"}}}});
  const Json before = *kube_.find(kube::kConfigMap, "zoo-config");
  create({{"voters", 3}});
  static_cast<void>(pass());
  EXPECT_EQ(blocked(), "NameTaken");
  EXPECT_EQ(*kube_.find(kube::kConfigMap, "zoo-config"), before);
  EXPECT_THAT(kube_.all(kube::kStatefulSet), IsEmpty());
  EXPECT_THAT(events_, Contains(HasSubstr("belongs to nobody")));
}

TEST_F(ReconcileTest, ASecretThatGoesWithTheFormerClusterIsMissedByTheNextPass) {
  kube_.change(kube::kSecret, "zoo-admin",
               {{"metadata",
                 {{"ownerReferences", Json::array({{{"apiVersion", "quorate.dev/v1alpha1"},
                                                    {"kind", "QuorumCluster"},
                                                    {"name", "zoo"},
                                                    {"uid", "of-the-former"},
                                                    {"controller", true}}})}}},
                {"data", {{"token", "b3RoZXI="}}}});
  create({{"voters", 3}});
  static_cast<void>(pass());
  EXPECT_EQ(blocked(), "NameTaken");
  kube_.drop(kube::kSecret, "zoo-admin");
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(pass());
  }
  EXPECT_NE(kube_.find(kube::kSecret, "zoo-admin"), nullptr);
  EXPECT_THAT(kube_.all(kube::kStatefulSet), Not(IsEmpty()));
}

TEST_F(ReconcileTest, TheAdminSecretIsMadeOnceAndNeverOverwritten) {
  create({{"voters", 3}});
  settle();
  const Json before = *kube_.find(kube::kSecret, "zoo-admin");
  kube_.change(kube::kQuorumCluster, "zoo", {{"spec", {{"observers", 1}}}});
  for (int i = 0; i < 4; ++i) {
    kube_.writes.clear();
    static_cast<void>(pass());
    EXPECT_THAT(kube_.writes, Not(Contains(HasSubstr("secrets"))));
  }
  EXPECT_EQ(*kube_.find(kube::kSecret, "zoo-admin"), before);
}

TEST_F(ReconcileTest, AnInvalidSpecIsSaidOnceAndTouchesNothing) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kQuorumCluster, "zoo", {{"spec", {{"voters", 4}}}});
  kube_.writes.clear();
  EXPECT_EQ(pass().kind, Kind::kDone);
  EXPECT_THAT(kube_.writes, ElementsAre("patch quorumclusters/status"));
  EXPECT_EQ(condition_of("Degraded")["reason"], "InvalidSpec");
  EXPECT_EQ(condition("Ready"), "True") << "what runs goes on";
  kube_.writes.clear();
  static_cast<void>(pass());
  EXPECT_THAT(kube_.writes, IsEmpty());
}

TEST_F(ReconcileTest, AZoneWithoutNodesAndAMissingClassAreNamed) {
  create({{"voters", 3}, {"zones", {{{"name", "a"}}, {{"name", "b"}}, {{"name", "x"}}}}});
  static_cast<void>(pass());
  EXPECT_EQ(blocked(), "ZoneWithoutNodes");
  EXPECT_THAT(kube_.all(kube::kStatefulSet), IsEmpty());
  kube_.drop(kube::kQuorumCluster, "zoo");
  create({{"voters", 3}, {"storage", {{"storageClassName", "gold"}}}});
  static_cast<void>(pass());
  EXPECT_EQ(blocked(), "StorageClassMissing");
  kube_.change(kube::kStorageClass, "gold", {{"provisioner", "x"}});
  settle();
}

TEST_F(ReconcileTest, SomebodysChangeIsTakenBack) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kStatefulSet, "zoo-b", {{"spec", {{"replicas", 5}}}});
  kube_.writes.clear();
  static_cast<void>(pass());
  EXPECT_THAT(kube_.writes, Contains("apply statefulsets"));
  EXPECT_EQ((*kube_.find(kube::kStatefulSet, "zoo-b"))["spec"]["replicas"], 1);
}

TEST_F(ReconcileTest, WhatServersAddIsNoDifference) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kStatefulSet, "zoo-b",
               {{"spec", {{"template", {{"spec", {{"restartPolicy", "Always"}}}}}}}});
  kube_.change(kube::kService, "zoo-client", {{"spec", {{"clusterIP", "10.0.0.9"}}}});
  kube_.writes.clear();
  static_cast<void>(pass());
  EXPECT_THAT(kube_.writes, Not(Contains(HasSubstr("apply"))));
}

TEST_F(ReconcileTest, DeletionKeepsVolumesOrNot) {
  for (const char* const policy : {"Retain", "Delete"}) {
    FakeKube& kube = kube_;
    kube.drop(kube::kQuorumCluster, "zoo");
    create({{"voters", 3}, {"storage", {{"reclaimPolicy", policy}}}});
    settle();
    kube.change(kube::kQuorumCluster, "zoo",
                {{"metadata", {{"deletionTimestamp", "2026-01-01T00:00:00Z"}}}});
    for (int i = 0; i < 4 && kube.find(kube::kQuorumCluster, "zoo") != nullptr; ++i) {
      static_cast<void>(pass());
    }
    EXPECT_EQ(kube.find(kube::kQuorumCluster, "zoo"), nullptr) << policy;
    const bool keeps = std::string(policy) == "Retain";
    EXPECT_EQ(kube.all(kube::kPersistentVolumeClaim).size(), keeps ? 3U : 0U);
    // What owners leave behind is the garbage collector's.
    for (const kube::ResourceKind& kind :
         {kube::kStatefulSet, kube::kPod, kube::kService, kube::kConfigMap, kube::kSecret,
          kube::kServiceAccount, kube::kPodDisruptionBudget, kube::kPersistentVolumeClaim}) {
      for (const Json& each : kube.all(kind)) {
        kube.drop(kind, kube::name_of(each));
      }
    }
    members_.config.clear();
    members_.is_formed = false;
    seconds_ += 1000;
  }
}

TEST_F(ReconcileTest, AMemberThatRefusesTheTokenMakesItReadAnew) {
  create({{"voters", 3}});
  settle();
  kube_.change(kube::kSecret, "zoo-admin", {{"data", {{"token", "b3RoZXI="}}}});
  seconds_ += 100;
  static_cast<void>(pass());
  EXPECT_EQ(condition("QuorumHealthy"), "False");
  kube_.change(kube::kSecret, "zoo-admin", {{"data", {{"token", "dG9rZW4="}}}});
  static_cast<void>(pass());
  static_cast<void>(pass());
  EXPECT_EQ(condition("QuorumHealthy"), "True");
}

TEST_F(ReconcileTest, CertificatesAreMadeBeforePodsAndRenewed) {
  create({{"voters", 3}, {"tls", {{"managed", true}}}});
  static_cast<void>(pass());
  const auto at = [&](const char* write) {
    return std::ranges::find(kube_.writes, write) - kube_.writes.begin();
  };
  EXPECT_LT(at("create secrets"), at("apply statefulsets"));
  settle();
  const auto data_of = [&](const char* secret) {
    return kube_.find(kube::kSecret, secret)->at("data");
  };
  const Json before = data_of("zoo-quorum-tls");
  for (const char* const key : {"ca.crt", "zoo-a-0.crt", "zoo-a-0.key", "zoo-c-0.crt"}) {
    EXPECT_TRUE(before.contains(key)) << key;
  }
  EXPECT_FALSE(before.contains("ca.key"));
  EXPECT_EQ(condition("CertificatesValid"), "True");
  EXPECT_EQ(condition_of("CertificatesValid")["reason"], "Managed");
  // Where a Pod says that its admin port speaks TLS, the operator does, too.
  EXPECT_EQ(members_.asked.front().host, "zoo-a-0.zoo-members.prod.svc");
  EXPECT_THAT(members_.asked.front().authorities_pem, HasSubstr("BEGIN CERTIFICATE"));
  kube_.change(kube::kPod, "zoo-a-0",
               {{"metadata", {{"annotations", {{"quorate.dev/admin-tls", nullptr}}}}}});
  static_cast<void>(pass());
  EXPECT_EQ(members_.asked.front().host, "");

  const Json authority = data_of("zoo-authority");
  seconds_ += int64_t{61} * 24 * 3600;
  kube_.writes.clear();
  static_cast<void>(pass());
  static_cast<void>(pass());
  EXPECT_THAT(kube_.writes, Contains("patch secrets"));
  EXPECT_THAT(kube_.writes, Not(Contains("apply statefulsets")));
  EXPECT_NE(data_of("zoo-quorum-tls")["zoo-a-0.crt"], before["zoo-a-0.crt"]);
  EXPECT_EQ(data_of("zoo-quorum-tls")["ca.crt"], before["ca.crt"]);
  EXPECT_EQ(data_of("zoo-authority"), authority);
}

TEST_F(ReconcileTest, ASecretOfSomebodyElseIsNoPlaceForCertificates) {
  kube_.change(kube::kSecret, "zoo-authority", {{"data", {{"ca.key", "bWluZQ=="}}}});
  create({{"voters", 3}, {"tls", {{"managed", true}}}});
  static_cast<void>(pass());
  static_cast<void>(pass());
  EXPECT_EQ(kube_.find(kube::kSecret, "zoo-authority")->at("data"), Json({{"ca.key", "bWluZQ=="}}));
  EXPECT_EQ(kube_.find(kube::kSecret, "zoo-quorum-tls"), nullptr);
  EXPECT_EQ(blocked(), "Refused");
}

}  // namespace
}  // namespace quorate::reconcile::testing
