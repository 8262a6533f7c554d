// Requests: targets, bodies and headers of every verb.
#include "operator/kube/request.h"

#include <gtest/gtest.h>

#include "operator/kube/json_value.h"

namespace quorate::kube {
namespace {

const ObjectKey kZoo{.space = "prod", .name = "zoo-a-0"};
const nlohmann::json kObject = {{"apiVersion", "v1"},
                                {"kind", "Pod"},
                                {"metadata", {{"name", "zoo-a-0"}, {"namespace", "prod"}}}};

TEST(Paths, OfEveryForm) {
  EXPECT_EQ(collection_path(kPod, ""), "/api/v1/pods");
  EXPECT_EQ(collection_path(kPod, "prod"), "/api/v1/namespaces/prod/pods");
  EXPECT_EQ(collection_path(kQuorumCluster, "prod"),
            "/apis/quorate.dev/v1alpha1/namespaces/prod/quorumclusters");
  EXPECT_EQ(collection_path(kNode, "prod"), "/api/v1/nodes");
  EXPECT_EQ(object_path(kStatefulSet, {"prod", "zoo-a"}, "scale"),
            "/apis/apps/v1/namespaces/prod/statefulsets/zoo-a/scale");
}

TEST(Paths, HostileNamesStayOneSegment) {
  EXPECT_EQ(object_path(kPod, {"..", "a/../../b?x=1#y"}),
            "/api/v1/namespaces/%2E%2E/pods/a%2F..%2F..%2Fb%3Fx%3D1%23y");
  EXPECT_EQ(object_path(kPod, {"p", std::string("\0\r\n\xff", 4)}),
            "/api/v1/namespaces/p/pods/%00%0D%0A%FF");
}

TEST(Requests, Get) {
  const Request request = get(kQuorumCluster, {"prod", "zoo"}, "status");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/apis/quorate.dev/v1alpha1/namespaces/prod/quorumclusters/zoo/status");
  EXPECT_TRUE(request.is_repeatable());
  EXPECT_FALSE(is_write(request.verb));
}

TEST(Requests, ListPages) {
  EXPECT_EQ(
      list(kPod, "prod", {.resource_version = "0", .label_selector = "app=zoo,x in (a,b)"}).target,
      "/api/v1/namespaces/prod/pods?limit=500&labelSelector=app%3Dzoo%2Cx%20in%20%28a%2Cb%29"
      "&resourceVersion=0");
  // The token holds the version.
  EXPECT_EQ(
      list(kPod, "", {.page_size = 2, .continue_token = "t/+", .resource_version = "7"}).target,
      "/api/v1/pods?limit=2&continue=t%2F%2B");
  EXPECT_EQ(list(kPod, "", {.page_size = 0}).target, "/api/v1/pods");
}

TEST(Requests, Watch) {
  EXPECT_EQ(
      watch(kPod, "prod",
            {.resource_version = "12", .timeout_seconds = 345, .field_selector = "metadata.name=x"})
          .target,
      "/api/v1/namespaces/prod/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=345"
      "&fieldSelector=metadata.name%3Dx&resourceVersion=12");
}

TEST(Requests, CreateAndUpdate) {
  const Request created = create(kPod, kObject, "me");
  EXPECT_EQ(created.method, "POST");
  EXPECT_EQ(created.target, "/api/v1/namespaces/prod/pods?fieldManager=me");
  EXPECT_EQ(created.content_type, "application/json");
  EXPECT_FALSE(created.is_repeatable());
  const Request updated = update(kPod, kObject, "me", "status");
  EXPECT_EQ(updated.method, "PUT");
  EXPECT_EQ(updated.target, "/api/v1/namespaces/prod/pods/zoo-a-0/status?fieldManager=me");
}

TEST(Requests, Apply) {
  const Request request =
      apply(kPod, kObject,
            {.field_manager = "me", .force = true, .is_dry_run = true, .subresource = "status"});
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target,
            "/api/v1/namespaces/prod/pods/zoo-a-0/status?fieldManager=me&force=true&dryRun=All");
  EXPECT_EQ(request.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(request.body, kObject.dump());
  EXPECT_TRUE(request.is_repeatable());
}

TEST(Requests, Patches) {
  const Request merge = merge_patch(kPod, kZoo, {{"a", nullptr}}, "me");
  EXPECT_EQ(merge.content_type, "application/merge-patch+json");
  EXPECT_EQ(merge.body, R"({"a":null})");
  const Request operations =
      json_patch(kPod, kZoo, nlohmann::json::array({{{"op", "remove"}, {"path", "/a"}}}), "me");
  EXPECT_EQ(operations.content_type, "application/json-patch+json");
  EXPECT_FALSE(operations.is_repeatable());
}

TEST(Requests, DeleteWithPreconditions) {
  const Request request = remove(kPersistentVolumeClaim, {"prod", "data-zoo-a-0"},
                                 {.preconditions = {.uid = "u1", .resource_version = "9"},
                                  .propagation = Propagation::kOrphan,
                                  .grace_period_seconds = 0});
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(request.target, "/api/v1/namespaces/prod/persistentvolumeclaims/data-zoo-a-0");
  EXPECT_EQ(nlohmann::json::parse(request.body),
            nlohmann::json::parse(R"({"apiVersion":"v1","kind":"DeleteOptions",
              "gracePeriodSeconds":0,"preconditions":{"uid":"u1","resourceVersion":"9"},
              "propagationPolicy":"Orphan"})"));
}

TEST(Requests, Evict) {
  const Request request = evict(kZoo, {.preconditions = {.uid = "u1"}});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/namespaces/prod/pods/zoo-a-0/eviction");
  const auto body = nlohmann::json::parse(request.body);
  EXPECT_EQ(body["kind"], "Eviction");
  EXPECT_EQ(body["deleteOptions"]["preconditions"]["uid"], "u1");
  EXPECT_TRUE(is_write(request.verb));
}

TEST(Requests, Scale) {
  const Request request = scale(kStatefulSet, {"prod", "zoo-a"}, 3, "me");
  EXPECT_EQ(request.target,
            "/apis/apps/v1/namespaces/prod/statefulsets/zoo-a/scale?fieldManager=me");
  EXPECT_EQ(request.body, R"({"spec":{"replicas":3}})");
}

TEST(Bodies, HoldOnlyWhatYamlReadersTake) {
  // DEL, C1 (NEL too), separators, byte order mark, noncharacter; and what needs no escape.
  const nlohmann::json value = {
      "a/b \x7f \xC2\x85 \xC2\x9F \xE2\x80\xA8 \xE2\x80\xA9 \xEF\xBB\xBF "
      "\xEF\xBF\xBF \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \"\\ \n\t\x01"};
  EXPECT_EQ(to_body(value),
            "[\"a/b \\u007f \\u0085 \\u009f \\u2028 \\u2029 \\ufeff \\uffff \xC3\xA9 \xE2\x82\xAC "
            "\xF0\x9F\x98\x80 \\\"\\\\ \\n\\t\\u0001\"]");
  EXPECT_EQ(nlohmann::json::parse(to_body(value)), value);
}

TEST(Bodies, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(to_body("a\xff\xfe z"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD z\"");
}

TEST(Parsing, IsBounded) {
  EXPECT_TRUE(parse_json(R"({"a":[{"b":"[[[{{{\"["}]})"));
  EXPECT_FALSE(parse_json(std::string(101, '[') + std::string(101, ']')));
  EXPECT_FALSE(parse_json(std::string(10'000'000, '[')));
  EXPECT_TRUE(parse_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(parse_json("{"));
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json("\"\xff\""));
}

TEST(Access, NeverTrustsTheShape) {
  const nlohmann::json odd = {{"metadata", {{"name", 7}, {"generation", "x"}, {"labels", {1}}}}};
  EXPECT_EQ(text_at(odd, {"metadata", "name"}), "");
  EXPECT_EQ(text_at(odd, {"metadata", "labels", "a"}), "");
  EXPECT_EQ(integer_at(odd, {"metadata", "generation"}), std::nullopt);
  EXPECT_EQ(text_at(nlohmann::json(), {"a"}), "");
  EXPECT_EQ(integer_at({{"a", 18446744073709551615ULL}}, {"a"}), std::nullopt);
  EXPECT_EQ(integer_at({{"a", 1.5}}, {"a"}), std::nullopt);
  EXPECT_FALSE(flag_at({{"a", "true"}}, {"a"}));
}

}  // namespace
}  // namespace quorate::kube
