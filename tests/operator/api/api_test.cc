// Mapping, names, quantities and conditions.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "operator/api/conditions.h"
#include "operator/api/json_mapping.h"
#include "operator/api/names.h"
#include "operator/api/quantity.h"
#include "operator/api/quorumcluster.pb.h"

namespace quorate::api {
namespace {

using nlohmann::json;

TEST(Mapping, WritesZerosAndNumbersAsTheyAre) {
  QuorumClusterStatus status;
  status.set_observers(0);
  status.set_ensemble_id("00ff");
  status.add_members()->set_name("zoo-a-0");
  status.mutable_members(0)->set_ready(false);
  EXPECT_EQ(write(status).dump(),
            R"({"ensembleId":"00ff","members":[{"name":"zoo-a-0","ready":false}],"observers":0})");
}

TEST(Mapping, RoundTripOfKubernetesOwnTypes) {
  const json spec = json::parse(R"({"observers":0,"voters":3,"config":{"a":"b"},
    "resources":{"limits":{"cpu":2,"memory":"1Gi","x":9007199254740993,"y":0.5}},
    "pod":{"tolerations":[{"tolerationSeconds":300}],"labels":{"a":""}},
    "zones":[{"name":"a"},{"name":"b","voters":0}]})");
  const auto mapped = read<QuorumClusterSpec>(spec, "spec");
  EXPECT_TRUE(mapped.notes.problems.empty());
  EXPECT_EQ(write(mapped.value), spec);
}

TEST(Mapping, UnknownFieldsArePassedOverByName) {
  const auto mapped = read<QuorumClusterStatus>(
      json::parse(R"({"voters":3,"newer":1,"members":[{"name":"a","mood":"good"}]})"), "status");
  EXPECT_TRUE(mapped.notes.problems.empty());
  EXPECT_EQ(mapped.notes.unknown,
            (std::vector<std::string>{"status.members[0].mood", "status.newer"}));
}

TEST(Names, FitEverywhere) {
  EXPECT_EQ(member_name("zoo", "a", 3), "zoo-a-3");
  EXPECT_EQ(member_host("zoo-a-3", "zoo", "ns"), "zoo-a-3.zoo-members.ns.svc");
  EXPECT_EQ(ordinal_of("zoo-a-3", "zoo-a"), 3);
  for (const char* const other : {"zoo-a-03", "zoo-a-+3", "zoo-a-", "zoo-a", "zoo-ab-3",
                                  "zoo-a-3-1", "zoo-a-32", "zoo-a--1"}) {
    EXPECT_FALSE(ordinal_of(other, "zoo-a")) << other;
  }
}

TEST(Names, IdsAreUniqueAndWithinBounds) {
  std::set<int> ids;
  for (int zone = 0; zone < kZonesMax; ++zone) {
    for (int ordinal = 0; ordinal < kMembersPerZoneMax; ++ordinal) {
      const int id = myid_of(zone, ordinal);
      EXPECT_TRUE(ids.insert(id).second);
      EXPECT_GE(id, 1);
      EXPECT_LE(id, 255);
    }
  }
  EXPECT_EQ(myid_of(0, 0), 1);
  EXPECT_EQ(myid_of(1, 0), 33);
}

TEST(Names, ZonesOfHostileLabels) {
  EXPECT_EQ(zone_name_of("eu-1a", 40), "eu-1a");
  EXPECT_NE(zone_name_of("EU-1a", 40), zone_name_of("eu-1A", 40));
  EXPECT_NE(zone_name_of("a_b", 40), zone_name_of("a.b", 40));
  for (const char* const value :
       {"", "_", "...", "A", "a_", "-x-", "0123456789012345678901234567890123456789x"}) {
    const std::string name = zone_name_of(value, 20);
    EXPECT_LE(name.size(), 20U);
    EXPECT_TRUE(is_dns1035_label("z" + name)) << value << " -> " << name;
    EXPECT_FALSE(name.empty());
    EXPECT_FALSE(name.starts_with("-") || name.ends_with("-")) << name;
  }
}

TEST(Quantity, SizesOfVolumes) {
  EXPECT_EQ(parse_quantity("10Gi"), uint64_t{10} << 30);
  EXPECT_EQ(parse_quantity("1.5G"), 1500000000U);
  EXPECT_EQ(parse_quantity("512"), 512U);
  EXPECT_EQ(parse_quantity("1e9"), 1000000000U);
  EXPECT_EQ(parse_quantity("100m"), 1U);
  EXPECT_EQ(parse_quantity("0.5Ki"), 512U);
  EXPECT_EQ(parse_quantity("7Ei"), uint64_t{7} << 60);
  for (const char* const wrong : {"", "Gi", "-1", "1 Gi", "1GiB", "8Ei", "1e99", "1.2.3", "0x10",
                                  "1e", "99999999999999999999999999", "9999999999999E"}) {
    EXPECT_FALSE(parse_quantity(wrong)) << wrong;
  }
}

TEST(Conditions, TransitionTimesChangeOnlyOnAFlip) {
  QuorumClusterStatus status;
  set_condition(status, condition::kReady, {Truth::kFalse, "Forming", "a"}, 1, WallMillis{1000});
  set_condition(status, condition::kReady, {Truth::kFalse, "Waiting", "b"}, 2, WallMillis{5000});
  const Condition* const ready = find_condition(status, condition::kReady);
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(ready->reason(), "Waiting");
  EXPECT_EQ(ready->observed_generation(), 2);
  EXPECT_EQ(ready->last_transition_time(), "1970-01-01T00:00:01Z");
  set_condition(status, condition::kReady, {Truth::kTrue, "Serving", ""}, 2, WallMillis{9000});
  EXPECT_EQ(find_condition(status, condition::kReady)->last_transition_time(),
            "1970-01-01T00:00:09Z");
  EXPECT_TRUE(is_true(status, condition::kReady));
  EXPECT_EQ(status.conditions_size(), 1);
}

TEST(Conditions, Times) {
  for (const int64_t millis : {int64_t{0}, int64_t{951782400000}, int64_t{1795253534000}}) {
    EXPECT_EQ(parse_time(time_text(WallMillis{millis}))->value, millis);
  }
  EXPECT_EQ(time_text(WallMillis{1795253534000}), "2026-11-21T09:32:14Z");
  EXPECT_EQ(parse_time("2026-11-21T09:32:14.123456Z")->value, 1795253534123);
  for (const char* const wrong :
       {"", "2026-11-21", "2026-13-21T09:32:14Z", "2026-02-30T09:32:14Z", "2026-11-21T09:32:14",
        "2026-11-21 09:32:14Z", "x026-11-21T09:32:14Z"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace quorate::api
