// Values of server.N lines: every form, and back to text.
#include "server/quorum/server_spec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace quorate::quorum {
namespace {

struct Good {
  std::string name;
  std::string text;
  std::string canonical;
};

class GoodSpec : public testing::TestWithParam<Good> {};

TEST_P(GoodSpec, IsReadAndWritten) {
  const Result<ServerSpec> spec = parse_server_spec(GetParam().text);
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_EQ(as_written(*spec), GetParam().canonical);
  const Result<ServerSpec> again = parse_server_spec(as_written(*spec));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, *spec);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, GoodSpec,
    testing::ValuesIn(std::vector<Good>{
        {"plain", "zk1:2888:3888", "zk1:2888:3888:participant"},
        {"role", "zk1:2888:3888:observer", "zk1:2888:3888:observer"},
        {"role_in_any_case", "zk1:2888:3888: OBSERVER", "zk1:2888:3888:observer"},
        {"client_port", "zk1:2888:3888;2181", "zk1:2888:3888:participant;0.0.0.0:2181"},
        {"client_host", "zk1:1:2:observer;10.0.0.1:2181", "zk1:1:2:observer;10.0.0.1:2181"},
        {"client_ipv6", "zk1:1:2;[::1]:2181", "zk1:1:2:participant;[::1]:2181"},
        {"ipv6", "[fd00::1]:2888:3888", "[fd00::1]:2888:3888:participant"},
        {"blanks", " zk1:2888:3888 ; 2181 ", "zk1:2888:3888:participant;0.0.0.0:2181"},
        {"empty_client", "zk1:2888:3888;", "zk1:2888:3888:participant"},
        {"secure", "a:1:2;2181;2281", "a:1:2:participant;0.0.0.0:2181;0.0.0.0:2281"},
        {"secure_alone", "a:1:2;;h:2281", "a:1:2:participant;;h:2281"},
        {"two_addresses", "a:1:2|b:3:4:observer", "a:1:2|b:3:4:observer"},
        {"role_on_the_first", "a:1:2:observer|b:3:4", "a:1:2|b:3:4:observer"},
        {"three_addresses", "a:1:2|[::1]:1:2|c:1:2;2181",
         "a:1:2|[::1]:1:2|c:1:2:participant;0.0.0.0:2181"},
        {"ports_at_the_edges", "a:0:65535", "a:0:65535:participant"},
    }),
    [](const auto& each) { return each.param.name; });

struct Bad {
  std::string name;
  std::string text;
  /// A part of the message.
  std::string says;
};

class BadSpec : public testing::TestWithParam<Bad> {};

TEST_P(BadSpec, IsRefused) {
  const Result<ServerSpec> spec = parse_server_spec(GetParam().text);
  ASSERT_FALSE(spec.ok()) << as_written(*spec);
  EXPECT_NE(spec.error().message.find(GetParam().says), std::string::npos) << spec.error().message;
}

INSTANTIATE_TEST_SUITE_P(Forms, BadSpec,
                         testing::ValuesIn(std::vector<Bad>{
                             {"empty", "", "must be host:quorumPort:electionPort"},
                             {"host_alone", "a", "must be host"},
                             {"one_port", "a:1", "must be host"},
                             {"five_parts", "a:1:2:observer:x", "must be host"},
                             {"no_host", ":1:2", "no host"},
                             {"empty_brackets", "[]:1:2", "no host"},
                             {"port_too_great", "a:65536:1", "0 to 65535"},
                             {"port_negative", "a:-1:1", "0 to 65535"},
                             {"port_empty", "a::1", "quorum port is ''"},
                             {"port_text", "a:1:x", "election port is 'x'"},
                             {"same_ports", "a:1:1", "must differ"},
                             {"role", "a:1:2:voter", "participant or observer"},
                             {"roles_differ", "a:1:2:observer|b:1:2:participant", "same role"},
                             {"empty_address", "a:1:2|", "must be host"},
                             {"open_bracket", "[::1:1:2", "no ']'"},
                             {"after_bracket", "[::1]x:1:2", "no ':'"},
                             {"client_text", "a:1:2;x", "client port is 'x'"},
                             {"client_three_parts", "a:1:2;h:1:2", "client part"},
                             {"client_without_host", "a:1:2;:2181", "no host"},
                             {"client_ipv6_without_port", "a:1:2;[::1]", "client part"},
                             {"four_parts", "a:1:2;1;2;3", "must be host"},
                             {"secure_text", "a:1:2;1;x", "secure client port"},
                         }),
                         [](const auto& each) { return each.param.name; });

TEST(ServerSpec, RandomTextNeverCrashesAndReadsBack) {
  std::mt19937 random(3);
  const std::string alphabet = "a1:;|[]. 2";
  int good = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 == 0 ? "a:1:2" : "";
    for (size_t i = random() % 10; i > 0; --i) {
      text += alphabet[random() % alphabet.size()];
    }
    const Result<ServerSpec> spec = parse_server_spec(text);
    if (!spec) {
      EXPECT_FALSE(spec.error().message.empty());
      continue;
    }
    ++good;
    const Result<ServerSpec> again = parse_server_spec(as_written(*spec));
    ASSERT_TRUE(again.ok()) << text << " -> " << as_written(*spec);
    EXPECT_EQ(*again, *spec) << text;
  }
  EXPECT_GT(good, 100);
}

}  // namespace
}  // namespace quorate::quorum
