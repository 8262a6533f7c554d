// Dynamic configurations, against what Apache's classes make of the same texts.
#include "server/quorum/configuration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/server/script.h"

namespace quorate::quorum {
namespace {

std::string unescape(std::string text) {
  for (size_t at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at)) {
    text.replace(at, 2, "\n");
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream from(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(from, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// Apache's order is ascending only for ids that its map keeps so.
bool has_small_ids(const Configuration& configuration) {
  return std::ranges::all_of(configuration.servers, [](const auto& server) {
    return server.first >= ServerId{0} && server.first < ServerId{16};
  });
}

/// Texts that only one of the two accepts, on purpose.
bool is_intended_difference(const std::string& text) {
  // Java takes no host for localhost.
  const bool has_no_host = text.starts_with("server.1=:2888:3888");
  // One participant and an observer: Java's default standaloneEnabled=true refuses that here; ours
  // where that setting is known (reconfigure() and the check of zoo.cfg).
  const bool needs_the_setting =
      text.starts_with("server.1=10.0.0.1:2888:3888:observer\nserver.2=");
  return has_no_host || needs_the_setting;
}

TEST(Configuration, ReadsAndWritesAsApache) {
  const std::vector<std::string> lines =
      lines_of(testing::read_file("tests/server/quorum/testdata/configurations_apache.txt"));
  size_t compared = 0;
  for (size_t index = 0; index + 1 < lines.size(); index += 2) {
    const std::string text = unescape(lines[index]);
    const std::string expected = unescape(lines[index + 1]);
    if (is_intended_difference(text)) {
      continue;
    }
    ++compared;
    const ParsedConfiguration parsed = parse_configuration(text);
    ASSERT_EQ(parsed.ok(), expected != "error")
        << text << ": " << (parsed.ok() ? "" : parsed.error->message);
    if (!parsed.ok()) {
      EXPECT_FALSE(parsed.error->message.empty()) << text;
      continue;
    }
    const std::string written = to_text(parsed.configuration);
    if (has_small_ids(parsed.configuration)) {
      EXPECT_EQ(written, expected);
    }
    std::vector<std::string> ours = lines_of(written);
    std::vector<std::string> theirs = lines_of(expected);
    EXPECT_EQ(ours.back(), theirs.back());
    EXPECT_EQ(std::set(ours.begin(), ours.end()), std::set(theirs.begin(), theirs.end())) << text;
    const ParsedConfiguration again = parse_configuration(written);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(to_text(again.configuration), written);
  }
  EXPECT_GT(compared, 70U);
}

TEST(Configuration, RolesAndVersion) {
  const ParsedConfiguration parsed = parse_configuration(
      "server.3=c:1:2:observer\r\nserver.1 = a:1:2\n# note\n\nserver.2: b:1:2\nversion=1f");
  ASSERT_TRUE(parsed.ok()) << parsed.error->message;
  const Configuration& configuration = parsed.configuration;
  EXPECT_EQ(configuration.version, ConfigVersion{0x1f});
  EXPECT_EQ(configuration.voters(), (std::vector{ServerId{1}, ServerId{2}}));
  EXPECT_EQ(configuration.observers(), std::vector{ServerId{3}});
  EXPECT_TRUE(configuration.is_voter(ServerId{1}));
  EXPECT_FALSE(configuration.is_voter(ServerId{3}));
  EXPECT_FALSE(configuration.is_voter(ServerId{4}));
}

TEST(Configuration, ErrorsNameTheLine) {
  const auto message = [](std::string_view text) {
    const ParsedConfiguration parsed = parse_configuration(text);
    return parsed.ok() ? "" : parsed.error->message;
  };
  EXPECT_EQ(message("server.1=a:1:2\nclientPort=2181"),
            "'clientPort' does not belong there, only server.N and version do");
  EXPECT_EQ(message("weight.1=2"),
            "'weight.1': groups and weights are not supported, only plain majorities");
  EXPECT_EQ(message("version=no"), "version is 'no', must be a hexadecimal number");
  EXPECT_EQ(message("server.1=a:1:2:voter"),
            "server.1: role is 'voter', must be participant or observer");
}

TEST(Configuration, EveryAddressOnce) {
  const ParsedConfiguration parsed = parse_configuration("server.1=b:5:6|a:3:4|b:1:2|a:3:4|b:5:6");
  ASSERT_TRUE(parsed.ok()) << parsed.error->message;
  EXPECT_EQ(to_text(parsed.configuration), "server.1=a:3:4|b:1:2|b:5:6:participant\nversion=0");
}

TEST(Configuration, AtMost32Voters) {
  std::string text;
  for (int id = 1; id <= 33; ++id) {
    text += "server." + std::to_string(id) + "=h" + std::to_string(id) + ":1:2\n";
  }
  EXPECT_FALSE(parse_configuration(text).ok());
  EXPECT_TRUE(parse_configuration(text + "server.33=h33:1:2:observer").ok());
}

TEST(Configuration, VersionIn) {
  EXPECT_EQ(version_in("server.1=a:1:2\nversion=100000001"), ConfigVersion{0x100000001});
  EXPECT_EQ(version_in("version=0"), ConfigVersion{0});
  EXPECT_FALSE(version_in("server.1=a:1:2\nconversion=5"));
  EXPECT_FALSE(version_in("version=xyz"));
  EXPECT_FALSE(version_in(""));
}

// Names are compared as they are written: whether they resolve, and to what, changes nothing.
TEST(Configuration, Zookeeper1506AddressesAreNames) {
  const auto one = parse_configuration("server.1=unresolvable.invalid:1:2\nversion=1");
  const auto two = parse_configuration("server.1=unresolvable.invalid:1:2:participant\nversion=1");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one.configuration, two.configuration);
  const auto other = parse_configuration("server.1=Unresolvable.invalid.:1:2\nversion=1");
  EXPECT_NE(one.configuration, other.configuration);
}

TEST(Configuration, MajorityOfARunningChange) {
  const auto old = parse_configuration("server.1=a:1:2\nserver.2=b:1:2\nversion=1").configuration;
  const auto next = parse_configuration("server.2=b:1:2\nserver.3=c:1:2\nversion=2").configuration;
  EXPECT_FALSE(majority_of(old, old).is_joint());
  EXPECT_TRUE(majority_of(old, next).is_joint());
  EXPECT_EQ(majority_of(old, next).voters().size(), 3U);
  EXPECT_FALSE(majority_of(next, old).is_joint());
}

}  // namespace
}  // namespace quorate::quorum
