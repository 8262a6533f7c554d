// What is accepted, what is refused, and in which words.
#include <gtest/gtest.h>

#include <string>

#include "operator/api/json_mapping.h"
#include "operator/api/quorumcluster.pb.h"
#include "operator/api/validated_cluster.h"
#include "tests/server/script.h"

namespace quorate::api {
namespace {

using nlohmann::json;

const ReleaseDefaults kRelease{.image = "quorate:test"};

std::string volume_text(const VolumeSpec& volume) {
  return volume.size + (volume.storage_class ? " of class '" + *volume.storage_class + "'" : "");
}

std::string describe(const ValidatedCluster& cluster) {
  std::string text = cluster.name_space + "/" + cluster.name + ": " +
                     std::to_string(cluster.voters) + " voters, " +
                     std::to_string(cluster.observers) + " observers, " +
                     (cluster.placement == Placement::kBalanced ? "Balanced" : "ThreeDatacentre");
  for (const ZoneSpec& zone : cluster.zones) {
    text += "\nzone " + zone.name + " on " + zone.node_zone +
            (zone.voters ? " with " + std::to_string(*zone.voters) : "");
  }
  text += "\nimage " + cluster.image + "\ndata " + volume_text(cluster.data);
  text += cluster.log ? "\nlog " + volume_text(*cluster.log) : "";
  text += cluster.reclaim == Reclaim::kDelete ? ", deleted" : ", retained";
  for (const auto& [key, value] : cluster.config) {
    text += "\n" + key + "=" + value;
  }
  if (!cluster.superuser_secret.empty()) {
    text += "\nsuperuser " + cluster.superuser_secret + "/" + cluster.superuser_key;
  }
  if (!cluster.pod.resources.is_null()) {
    text += "\nresources " + cluster.pod.resources.dump();
  }
  if (!cluster.pod.tolerations.is_null()) {
    text += "\ntolerations " + cluster.pod.tolerations.dump();
  }
  return text;
}

std::string run(const std::string& input) {
  json object = json::parse(input, nullptr, false);
  if (object.is_discarded()) {
    return "the case is no JSON";
  }
  if (object.is_object() && !object.contains("metadata")) {
    object["metadata"] = {{"name", "zoo"}, {"namespace", "default"}, {"uid", "u1"}};
  }
  const Validation validation = validate(object, kRelease);
  std::string text;
  for (const Problem& problem : validation.problems) {
    text += problem.text() + "\n";
  }
  for (const std::string& field : validation.unknown) {
    text += "unknown: " + field + "\n";
  }
  EXPECT_EQ(validation.cluster.has_value(), validation.problems.empty());
  return text + (validation.cluster ? describe(*validation.cluster) + "\n" : "");
}

TEST(Validate, Script) { testing::run_script("tests/operator/api/testdata/validate.txt", run); }

TEST(Validate, NoNestingIsTooDeepForTheStack) {
  std::string deep = R"({"metadata":{"name":"zoo"},"spec":{"resources":)";
  for (int i = 0; i < 100000; ++i) {
    deep += "{\"a\":";
  }
  const json object = json::parse(deep + "1" + std::string(100002, '}'), nullptr, false);
  ASSERT_TRUE(object.is_object());
  const Validation validation = validate(object, kRelease);
  ASSERT_EQ(validation.problems.size(), 1U);
  EXPECT_EQ(validation.problems[0].text(), "spec: must nest at most 48 levels");
}

TEST(Validate, RandomDamageNeverCrashesAndNeverPasses) {
  const std::string good = R"({"metadata":{"name":"zoo","namespace":"d","uid":"u"},
    "spec":{"voters":3,"zones":[{"name":"a","voters":1},{"name":"b","voters":1},
    {"name":"c","voters":1}],"config":{"tickTime":"2000"},"storage":{"size":"1Gi","log":{"size":"1Gi"}},
    "update":{"batch":"One"},"resources":{"limits":{"cpu":1}},"pod":{"tolerations":[{}]}}})";
  const json object = json::parse(good);
  const json flat = object.flatten();
  const std::vector<json> wrong{nullptr, 1.5, "\xff", -1, json::array({1}), json::object(), true};
  for (const auto& [pointer, value] : flat.items()) {
    for (const json& each : wrong) {
      json changed = object;
      changed[json::json_pointer(pointer)] = each;
      const Validation validation = validate(changed, kRelease);
      EXPECT_EQ(validation.cluster.has_value(), validation.problems.empty());
    }
  }
}

}  // namespace
}  // namespace quorate::api
