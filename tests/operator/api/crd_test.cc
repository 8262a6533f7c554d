// The CRD in the tree is what crdgen writes, and keeps what the API server demands of it.
#include "operator/api/crd.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operator/api/config_keys.h"
#include "tests/server/script.h"

namespace quorate::api {
namespace {

using nlohmann::json;

TEST(Crd, TheFileInTheTreeIsWhatCrdgenWrites) {
  testing::expect_file("deploy/crd/quorumclusters.quorate.dev.yaml", crd_file());
}

json schema() { return crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]; }

/// Every schema inside, with its path.
std::vector<std::pair<std::string, json>> all_schemas() {
  std::vector<std::pair<std::string, json>> found;
  std::vector<std::pair<std::string, json>> waiting{{"", schema()}};
  while (!waiting.empty()) {
    auto [path, each] = waiting.back();
    waiting.pop_back();
    const json properties = each.value("properties", json::object());
    for (const auto& [name, inner] : properties.items()) {
      waiting.emplace_back(path + "." + name, inner);
    }
    for (const char* const key : {"items", "additionalProperties"}) {
      if (each.contains(key)) {
        waiting.emplace_back(path + "[]", each[key]);
      }
    }
    found.emplace_back(std::move(path), std::move(each));
  }
  return found;
}

TEST(Crd, TheSchemaIsStructural) {
  for (const auto& [path, each] : all_schemas()) {
    ASSERT_TRUE(each.contains("type")) << path;
    if (each["type"] == "array") {
      EXPECT_TRUE(each.contains("items")) << path;
      EXPECT_TRUE(each.contains("x-kubernetes-list-type")) << path;
    }
    const json keys = each.value("x-kubernetes-list-map-keys", json::array());
    for (const json& key : keys) {
      const json required = each["items"].value("required", json::array());
      EXPECT_NE(std::find(required.begin(), required.end(), key), required.end()) << path;
    }
    const json required_here = each.value("required", json::array());
    for (const json& key : required_here) {
      EXPECT_TRUE(each["properties"].contains(key)) << path;
    }
    if (!path.empty() && path != ".apiVersion" && path != ".kind" && path != ".metadata" &&
        !path.ends_with("[]")) {
      EXPECT_TRUE(each.contains("description")) << path;
    }
  }
}

/// The API server refuses rules whose cost it cannot bound.
TEST(Crd, EverySpecValueThatRulesWalkHasABound) {
  for (const auto& [path, each] : all_schemas()) {
    if (!path.starts_with(".spec") || each.contains("x-kubernetes-preserve-unknown-fields") ||
        path.find("olerations") != std::string::npos) {
      continue;
    }
    if (each["type"] == "string" && !each.contains("enum")) {
      EXPECT_TRUE(each.contains("maxLength")) << path;
    }
    const bool is_raw_list =
        each["type"] == "array" && each["items"].contains("x-kubernetes-preserve-unknown-fields");
    if (each["type"] == "array" && !is_raw_list) {
      EXPECT_TRUE(each.contains("maxItems")) << path;
    }
    if (each.contains("additionalProperties")) {
      EXPECT_TRUE(each.contains("maxProperties")) << path;
    }
  }
}

TEST(Crd, EachRuleHasAMessageForPeople) {
  int rules = 0;
  for (const auto& [path, each] : all_schemas()) {
    const json own = each.value("x-kubernetes-validations", json::array());
    for (const json& rule : own) {
      ++rules;
      EXPECT_FALSE(rule["message"].get<std::string>().empty()) << path;
      EXPECT_EQ(rule["message"].get<std::string>().find('\n'), std::string::npos) << path;
    }
  }
  EXPECT_GE(rules, 14);
}

TEST(Crd, ColumnsSubresourcesAndNames) {
  const json spec = crd()["spec"];
  EXPECT_EQ(spec["names"]["shortNames"], json::array({"qc"}));
  std::vector<std::string> columns;
  for (const json& column : spec["versions"][0]["additionalPrinterColumns"]) {
    columns.push_back(column["name"]);
  }
  EXPECT_EQ(columns,
            (std::vector<std::string>{"Voters", "Ready", "Leader", "Version", "Status", "Age"}));
  const json scale = spec["versions"][0]["subresources"]["scale"];
  EXPECT_EQ(scale["specReplicasPath"], ".spec.observers");
  EXPECT_EQ(scale["statusReplicasPath"], ".status.observers");
  EXPECT_EQ(scale["labelSelectorPath"], ".status.selector");
}

TEST(Crd, KeysOfTheOperator) {
  for (const char* const key : {"dataDir", "server.1", "quorate.bootstrap", "group.1", "sslQuorum",
                                "ssl.quorum.keyStore.location", "zookeeper.x"}) {
    EXPECT_TRUE(is_owned_key(key)) << key;
  }
  for (const char* const key : {"tickTime", "quorate.log.level", "servers", "ssl.protocol"}) {
    EXPECT_FALSE(is_owned_key(key)) << key;
  }
}

TEST(Yaml, QuotesWhatWouldBeReadAsSomethingElse) {
  const json value = {{"a", "yes"},
                      {"b", "a: b"},
                      {"c", ""},
                      {"d", json::array()},
                      {"e", json::array({json::object({{"x", 1}, {"y", json::array({1, "2"})}})})},
                      {"f", json::object()},
                      {"g", "1"},
                      {"h", "line\nline"},
                      {"i", "a #b"}};
  EXPECT_EQ(to_yaml(value),
            "a: \"yes\"\nb: \"a: b\"\nc: \"\"\nd: []\ne:\n- x: 1\n  \"y\":\n  - 1\n  - \"2\"\n"
            "f: {}\ng: \"1\"\nh: \"line\\nline\"\ni: \"a #b\"\n");
}

}  // namespace
}  // namespace quorate::api
