// What a member of an ensemble takes from its own server line.
#include "server/app/startup.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/config/parse.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::app {
namespace {

/// The configuration with which member 2 of three would start.
config::Config prepared(const std::string& lines) {
  const net::test::TemporaryDirectory directory;
  std::ofstream(directory.path() / "myid") << "2\n";
  config::ParseResult parsed = config::parse("dataDir=" + directory.path().string() +
                                                 "\n"
                                                 "server.1=one.example:2888:3888;2181\n"
                                                 "server.2=two.example:2888:3888;10.0.0.2:2182\n"
                                                 "server.3=three.example:2888:3888;2183\n"
                                                 "initLimit=10\nsyncLimit=5\n" +
                                                 lines,
                                             "zoo.cfg", {});
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : config::to_text(parsed.errors.front()));
  auto parts = prepare({.config = std::move(parsed.config), .file_name = "zoo.cfg"});
  auto* ready = std::get_if<Member::Parts>(&parts);
  EXPECT_NE(ready, nullptr);
  return ready == nullptr ? config::Config() : std::move(ready->config);
}

TEST(Startup, TheClientPortIsThatOfTheOwnServerLine) {
  const config::Config config = prepared("");
  EXPECT_EQ(config.client.port, std::optional<uint16_t>(2182));
  EXPECT_EQ(config.client.addresses, std::vector<std::string>{"10.0.0.2"});
}

TEST(Startup, KeysOfClientPortsAreStronger) {
  const config::Config config = prepared("clientPort=2182\nclientPortAddress=127.0.0.1\n");
  EXPECT_EQ(config.client.port, std::optional<uint16_t>(2182));
  EXPECT_EQ(config.client.addresses, std::vector<std::string>{"127.0.0.1"});
}

TEST(Startup, AListenAddressIsStrongerThanThatOfTheServerLine) {
  const config::Config config = prepared("quorate.listen=127.0.0.9\n");
  EXPECT_EQ(config.client.port, std::optional<uint16_t>(2182));
  EXPECT_EQ(config.client.addresses, std::vector<std::string>{"127.0.0.9"});
}

}  // namespace
}  // namespace quorate::app
