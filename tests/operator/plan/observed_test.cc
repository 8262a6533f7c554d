// Kubernetes' objects as the planner sees them.
#include "operator/plan/observed.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::plan {
namespace {

using nlohmann::json;

api::ValidatedCluster cluster_of(const json& spec) {
  const json object = {{"metadata", {{"name", "zoo"}, {"namespace", "d"}, {"uid", "me"}}},
                       {"spec", spec}};
  return *api::validate(object, {.image = "quorate:1"}).cluster;
}

json object(const std::string& name, const std::string& owner_uid = "me",
            const std::string& owner_name = "zoo") {
  json value = {
      {"metadata",
       {{"name", name},
        {"namespace", "d"},
        {"uid", "uid-" + name},
        {"resourceVersion", "7"},
        {"generation", 2},
        {"creationTimestamp", "2026-11-21T09:00:00Z"},
        {"labels",
         {{"app.kubernetes.io/name", "quorate"}, {"app.kubernetes.io/instance", "zoo"}}}}}};
  if (!owner_uid.empty()) {
    value["metadata"]["ownerReferences"] = json::array({{{"apiVersion", "quorate.dev/v1alpha1"},
                                                         {"kind", "QuorumCluster"},
                                                         {"name", owner_name},
                                                         {"uid", owner_uid},
                                                         {"controller", true}}});
  }
  return value;
}

json set_object(int64_t seen) {
  json set = object("zoo-a");
  set["spec"] = {
      {"replicas", 2},
      {"volumeClaimTemplates",
       json::array({{{"metadata", {{"name", "data"}}},
                     {"spec", {{"resources", {{"requests", {{"storage", "1Gi"}}}}}}}},
                    {{"metadata", {{"name", "log"}}},
                     {"spec", {{"resources", {{"requests", {{"storage", "2Gi"}}}}}}}}})}};
  set["status"] = {{"observedGeneration", seen}, {"updateRevision", "zoo-a-77"}};
  return set;
}

TEST(Observe, StatefulSets) {
  const api::ValidatedCluster cluster = cluster_of({{"zones", json::array({{{"name", "a"}}})}});
  Objects objects;
  objects.stateful_sets = {set_object(2)};
  const Observed seen = observe(cluster, objects);
  ASSERT_TRUE(seen.sets.contains("zoo-a"));
  EXPECT_EQ(seen.sets.at("zoo-a").replicas, 2);
  EXPECT_EQ(seen.sets.at("zoo-a").revision, "zoo-a-77");
  EXPECT_EQ(seen.sets.at("zoo-a").data_size, "1Gi");
  EXPECT_EQ(seen.sets.at("zoo-a").log_size, "2Gi");
  objects.stateful_sets = {set_object(1)};
  EXPECT_EQ(observe(cluster, objects).sets.at("zoo-a").revision, "");  // Not seen yet.
}

/// Facts 3.4, pravega#312, #314: ownership goes by uid, so a cluster of the same name in an earlier
/// life owns nothing here.
TEST(Observe, OwnershipGoesByUid) {
  const api::ValidatedCluster cluster = cluster_of({{"zones", json::array({{{"name", "a"}}})}});
  Objects objects;
  objects.stateful_sets = {object("zoo-a", "former", "zoo")};
  objects.services = {object("zoo-members", "", ""), object("unrelated", "", "")};
  objects.config_maps = {object("zoo-config")};
  json pod = object("zoo-a-0", "uid-of-another-set", "zoo-a");
  objects.pods = {pod};
  const Observed seen = observe(cluster, objects);
  EXPECT_TRUE(seen.sets.empty());
  EXPECT_TRUE(seen.pods.empty());
  ASSERT_EQ(seen.conflicts.size(), 2U);
  EXPECT_EQ(seen.conflicts[0].kind + " " + seen.conflicts[0].owner,
            "StatefulSet QuorumCluster zoo");
  EXPECT_EQ(seen.conflicts[1].name + " of " + seen.conflicts[1].owner, "zoo-members of nobody");
}

TEST(Observe, Pods) {
  const api::ValidatedCluster cluster = cluster_of(json::object());
  Objects objects;
  objects.stateful_sets = {set_object(2)};
  json pod = object("zoo-a-0", "uid-zoo-a", "zoo-a");
  pod["metadata"]["labels"]["controller-revision-hash"] = "zoo-a-76";
  pod["metadata"]["labels"]["quorate.dev/role"] = "voter";
  pod["metadata"]["annotations"] = {{"quorate.dev/config-hash", "abc"}};
  pod["status"] = {{"phase", "Running"},
                   {"conditions", json::array({{{"type", "Ready"},
                                                {"status", "True"},
                                                {"lastTransitionTime", "2026-11-21T09:00:05Z"}}})}};
  json waiting = object("zoo-a-1", "uid-zoo-a", "zoo-a");
  waiting["status"]["containerStatuses"] =
      json::array({{{"state", {{"waiting", {{"reason", "ImagePullBackOff"}}}}}}});
  json unplaced = object("zoo-a-2", "", "");  // An orphan, between two StatefulSets.
  unplaced["status"]["conditions"] = json::array({{{"type", "PodScheduled"},
                                                   {"status", "False"},
                                                   {"reason", "Unschedulable"},
                                                   {"message", "0/3 nodes are available"}}});
  unplaced["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:09Z";
  objects.pods = {pod, waiting, unplaced};
  const Observed seen = observe(cluster, objects);
  ASSERT_EQ(seen.pods.size(), 3U);
  const Pod& first = seen.pods.at("zoo-a-0");
  EXPECT_EQ(first.revision + first.role + first.config_hash, "zoo-a-76voterabc");
  EXPECT_TRUE(first.is_ready);
  EXPECT_EQ(first.ready_changed.value - first.created.value, 5000);
  EXPECT_EQ(seen.pods.at("zoo-a-1").stuck, "ImagePullBackOff");
  EXPECT_EQ(seen.pods.at("zoo-a-1").stuck_detail, "");
  EXPECT_EQ(seen.pods.at("zoo-a-2").stuck, "Unschedulable");
  EXPECT_EQ(seen.pods.at("zoo-a-2").stuck_detail, "0/3 nodes are available");
  EXPECT_TRUE(seen.pods.at("zoo-a-2").is_terminating);
}

TEST(Observe, ClaimsAreSeenWhoeverMadeThem) {
  Objects objects;
  json claim = object("data-zoo-a-0", "", "");
  claim["metadata"]["labels"]["quorate.dev/zone"] = "a";
  claim["metadata"]["annotations"] = {{"quorate.dev/ensemble-id", "aa"},
                                      {"quorate.dev/cluster-uid", "former"},
                                      {"quorate.dev/zone-index", "3"},
                                      {"quorate.dev/node-zone", "eu-1a"}};
  claim["spec"]["resources"]["requests"]["storage"] = "10Gi";
  claim["status"] = {
      {"phase", "Lost"},
      {"conditions", json::array({{{"type", "FileSystemResizePending"}, {"status", "True"}}})}};
  objects.claims = {claim};
  const Observed seen = observe(cluster_of(json::object()), objects);
  const Claim& found = seen.claims.at("data-zoo-a-0");
  EXPECT_EQ(found.ensemble_id + found.cluster_uid + found.zone + found.node_zone, "aaformeraeu-1a");
  EXPECT_EQ(found.zone_index, 3);
  EXPECT_TRUE(found.is_lost && found.needs_restart && !found.is_retired);
}

TEST(Observe, SecretsAndNodes) {
  const api::ValidatedCluster cluster = cluster_of(
      {{"superuser", {{"secretName", "root"}}}, {"tls", {{"client", {{"secretName", "tls"}}}}}});
  Objects objects;
  json root = object("root", "", "");
  root["data"]["digest"] = "eA==";
  json tls = object("tls", "", "");
  tls["data"]["tls.crt"] = "eA==";
  json admin = object("zoo-admin");
  admin["data"]["token"] = "eA==";
  objects.secrets = {root, tls, admin};
  json a = object("n1", "", "");
  a["metadata"]["labels"]["topology.kubernetes.io/zone"] = "b";
  json b = a;
  b["metadata"]["labels"]["topology.kubernetes.io/zone"] = "a";
  json cordoned = object("n3", "", "");
  cordoned["spec"]["unschedulable"] = true;
  objects.nodes = {a, b, a, cordoned};
  Observed seen = observe(cluster, objects);
  EXPECT_TRUE(seen.has_admin_secret);
  EXPECT_EQ(seen.superuser_hash.size(), 16U);
  ASSERT_EQ(seen.secret_problems.size(), 1U);
  EXPECT_EQ(seen.secret_problems[0].problem, "has no key tls.key");
  EXPECT_EQ(seen.node_zones, (std::vector<std::string>{"a", "b"}));
  objects.secrets = {tls};
  seen = observe(cluster, objects);
  EXPECT_FALSE(seen.has_admin_secret);
  EXPECT_EQ(seen.secret_problems.back().secret, "root");
}

TEST(Observe, RubbishIsPassedOver) {
  const api::ValidatedCluster cluster = cluster_of(json::object());
  Objects objects;
  const json rubbish_values = {nullptr,
                               1,
                               "x",
                               json::array(),
                               json::object(),
                               {{"metadata", 3}},
                               {{"metadata", {{"name", 1}}}}};
  const std::vector<kube::SharedObject> rubbish(rubbish_values.begin(), rubbish_values.end());
  objects.pods = objects.stateful_sets = objects.claims = objects.services = rubbish;
  objects.config_maps = objects.secrets = objects.disruption_budgets = objects.nodes = rubbish;
  const Observed seen = observe(cluster, objects);
  EXPECT_TRUE(seen.sets.empty() && seen.pods.empty() && seen.conflicts.empty());
}

}  // namespace
}  // namespace quorate::plan
