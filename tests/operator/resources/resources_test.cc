// What is built, as YAML, for every kind of cluster.
#include <gtest/gtest.h>

#include <string>

#include "operator/api/crd.h"
#include "operator/resources/bundle.h"
#include "operator/resources/zoo_cfg.h"
#include "tests/server/script.h"

namespace quorate::resources {
namespace {

using nlohmann::json;

/// {"spec": ..., "zones": {"a": 1}, "servers": {"zoo-a-0": "voter"}, "mode": "join", "show": [...]}
Blueprint blueprint_of(const json& input) {
  const json object = {{"metadata",
                        {{"name", "zoo"},
                         {"namespace", "prod"},
                         {"uid", "uid-1"},
                         {"annotations", input.value("annotations", json::object())}}},
                       {"spec", input.value("spec", json::object())}};
  const api::Validation validation = api::validate(object, {.image = "quorate:1"});
  EXPECT_TRUE(validation.cluster) << api::to_text(validation.problems);
  Blueprint blueprint{.cluster = validation.cluster.value_or(api::ValidatedCluster{})};
  blueprint.ensemble_id = "00000000000000aa";
  blueprint.mode = input.value("mode", "form") == "form" ? Mode::kForm : Mode::kJoin;
  blueprint.voters_available_min = input.value("available", 2);
  blueprint.new_admin_token = input.value("token", "");
  blueprint.recover_from = input.value("recoverFrom", "");
  blueprint.superuser_hash = input.value("superuserHash", "");
  int index = 0;
  const json zones = input.value("zones", json::object());
  for (const auto& [zone, replicas] : zones.items()) {
    blueprint.zones.push_back({.zone = zone,
                               .index = index,
                               .node_zone = zone == "default" ? "" : "eu-1" + zone,
                               .replicas = replicas});
    blueprint.servers.push_back(
        {.member = "zoo-" + zone + "-0", .myid = index * 32 + 1, .is_voter = index != 3});
    ++index;
  }
  return blueprint;
}

std::string run(const std::string& text) {
  const json input = json::parse(text, nullptr, false);
  if (input.is_discarded()) {
    return "the case is no JSON";
  }
  std::string output;
  for (const json& object : in_order(build(blueprint_of(input)))) {
    const std::string kind = object["kind"];
    const json show = input.value("show", json::array());
    if (show.empty()) {
      output += kind + " " + object["metadata"]["name"].get<std::string>() + "\n";
    } else if (show[0] == kind) {
      const json at =
          show.size() > 1 ? object[json::json_pointer(show[1].get<std::string>())] : object;
      output += at.is_string() ? at.get<std::string>() : api::to_yaml(at);
    }
  }
  return output;
}

TEST(Resources, Script) {
  testing::run_script("tests/operator/resources/testdata/objects.txt", run);
}

std::string hash_of(const json& spec) {
  return config_hash(blueprint_of({{"spec", spec}}).cluster);
}

/// Issues pravega#454, #222, #348, stackable#227 (facts 3.3): a change of configuration is applied.
TEST(ConfigHash, ChangesWithSettingsAndWithNothingElse) {
  const std::string before = hash_of({{"config", {{"tickTime", "2000"}}}});
  EXPECT_EQ(before, hash_of(json::object()));  // The preset is the same.
  EXPECT_NE(before, hash_of({{"config", {{"tickTime", "2001"}}}}));
  EXPECT_EQ(before, hash_of({{"voters", 5}, {"observers", 2}, {"image", "other"}}));
  Blueprint blueprint = blueprint_of(json::object());
  const std::string formed = zoo_cfg(blueprint);
  blueprint.mode = Mode::kJoin;
  EXPECT_NE(formed, zoo_cfg(blueprint));
  EXPECT_EQ(before, config_hash(blueprint.cluster));
}

TEST(ZooCfg, AValueNeverBecomesALine) {
  EXPECT_EQ(property_line("a", " b\\"), "a=\\ b\\\\\n");
  EXPECT_EQ(property_line("a", "C:\\x =y#!"), "a=C:\\\\x =y#!\n");
}

}  // namespace
}  // namespace quorate::resources
