// The dynamic configuration: what it may hold, and what not.
#include "server/config/members.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::config {
namespace {

TEST(Members, ServersGroupsWeightsAndVersion) {
  const MembersResult result = parse_members(
      "server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:observer\n"
      "group.5=1:2\nweight.1=3\nversion=100000004",
      "zoo.cfg.dynamic");
  ASSERT_TRUE(result.ok()) << to_text(result.errors.front());
  ASSERT_EQ(result.members.servers.size(), 2U);
  EXPECT_EQ(to_text(result.members.servers.at(ServerId{2})), "b:1:2:observer");
  EXPECT_EQ(result.members.groups.at(ServerId{1}), 5);
  EXPECT_EQ(result.members.weights.at(ServerId{1}), 3);
  EXPECT_EQ(result.version, 0x100000004);
  EXPECT_EQ(voter_count(result.members), 1U);
}

TEST(Members, NoVersionIsNone) {
  EXPECT_EQ(parse_members("server.1=a:1:2\n", "f").version, std::nullopt);
}

TEST(Members, EveryErrorWithItsLine) {
  const MembersResult result =
      parse_members("server.1=a:1:2\nclientPort=2181\nserver.2=b\nversion=xyz\n", "f.dynamic");
  ASSERT_EQ(result.errors.size(), 3U);
  EXPECT_EQ(to_text(result.errors[0]),
            "f.dynamic:2: clientPort: must be server.N, group.G, weight.N or version in this file");
  EXPECT_TRUE(to_text(result.errors[1]).starts_with("f.dynamic:3: server.2: 'b' must be host:"));
  EXPECT_EQ(to_text(result.errors[2]),
            "f.dynamic:4: version: is 'xyz', must be a hexadecimal number");
}

TEST(Members, VersionsAreWholeWords) {
  EXPECT_EQ(parse_members("version=ffffffffffffffff", "f").version, -1);
  for (const char* text : {"version=", "version=0x1", "version=1 2", "version=10000000000000000"}) {
    EXPECT_FALSE(parse_members(text, "f").ok()) << text;
  }
}

}  // namespace
}  // namespace quorate::config
