// Connect strings, right and wrong.
#include "server/client/connect_string.h"

#include <gtest/gtest.h>

namespace quorate::client {
namespace {

struct ConnectCase {
  const char* text;
  std::vector<Endpoint> servers;
  const char* chroot;
};

TEST(ConnectString, AcceptsEveryForm) {
  const std::vector<ConnectCase> cases{
      {"localhost", {{"localhost", 2181}}, ""},
      {"h:1", {{"h", 1}}, ""},
      {"a:1,b:2,c", {{"a", 1}, {"b", 2}, {"c", 2181}}, ""},
      {"a:1, b:2", {{"a", 1}, {"b", 2}}, ""},
      {"[::1]:99", {{"::1", 99}}, ""},
      {"[fe80::1%eth0]", {{"fe80::1%eth0", 2181}}, ""},
      {"::1", {{"::1", 2181}}, ""},
      {"h:1/", {{"h", 1}}, ""},
      {"h:1,g:2/app/one", {{"h", 1}, {"g", 2}}, "/app/one"},
  };
  for (const ConnectCase& one : cases) {
    const auto parsed = parse_connect_string(one.text);
    ASSERT_TRUE(parsed.ok()) << one.text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->servers, one.servers) << one.text;
    EXPECT_EQ(parsed->chroot, one.chroot) << one.text;
  }
}

TEST(ConnectString, RefusesAndSaysWhat) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"", "is not a host"},
      {":1", "has no host"},
      {"h:", "port from 1 to 65535"},
      {"h:0", "port from 1 to 65535"},
      {"h:65536", "port from 1 to 65535"},
      {"h:12x", "port from 1 to 65535"},
      {"h:1,", "is not a host"},
      {"[::1", "not an IPv6 address in brackets"},
      {"[]:1", "not an IPv6 address in brackets"},
      {"[::1]x", "something other than a port"},
      {"h:1/a/", "not a valid path"},
      {"h:1/a//b", "not a valid path"},
  };
  for (const auto& [text, reason] : cases) {
    const auto parsed = parse_connect_string(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().message.find(reason), std::string::npos)
        << text << ": " << parsed.error().message;
  }
}

TEST(ConnectString, EndpointsPrintSoThatTheyCanBeParsed) {
  for (const Endpoint& endpoint : {Endpoint{"h", 1}, Endpoint{"::1", 2}}) {
    const auto parsed = parse_connect_string(to_text(endpoint));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->servers.front(), endpoint);
  }
}

}  // namespace
}  // namespace quorate::client
