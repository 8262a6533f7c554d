// What a member of an ensemble takes from its own server line.
#include "server/app/startup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
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

/// Member 33, one of three, on a disk of its own.
class TakeOver : public ::testing::Test {
 protected:
  using Prepared = std::variant<Member::Parts, Refusal>;

  Prepared start(const std::string& ensemble, const std::string& lines = "") {
    config::ParseResult parsed = config::parse(
        "dataDir=" + directory_.path().string() +
            "\nserver.1=a.x:2888:3888;2181\nserver.33=b.x:2888:3888:observer;2181\n"
            "server.65=c.x:2888:3888;2181\nstandaloneEnabled=false\nreconfigEnabled=true\n"
            "initLimit=10\nsyncLimit=5\nquorate.name=b\nquorate.bootstrap=join\n"
            "quorate.ensembleId=" +
            ensemble + "\n" + lines,
        "zoo.cfg", {});
    EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : config::to_text(parsed.errors.front()));
    return prepare({.config = std::move(parsed.config), .file_name = "zoo.cfg"});
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.path() / "version-2" / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(directory_.path() / "version-2" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// A disk that has been a voter's of ensemble `old`: epoch 5, and a reconfig of epoch 7 heard of.
  void make_disk() {
    ASSERT_TRUE(std::holds_alternative<Member::Parts>(start("old")));  // Writes snapshot.0.
    const std::filesystem::path snapshots = directory_.path() / "version-2";
    std::filesystem::rename(snapshots / "snapshot.0", snapshots / "snapshot.500000003");
    write("acceptedEpoch", "5");
    write("currentEpoch", "5");
    write("configuration",
          "server.1=a.x:2888:3888:participant;0.0.0.0:2181\n"
          "server.33=b.x:2888:3888:participant;0.0.0.0:2181\nversion=500000009");
    write("configuration.next",
          "server.1=a.x:2888:3888:participant;0.0.0.0:2181\nversion=700000001");
  }

  net::test::TemporaryDirectory directory_;
};

TEST_F(TakeOver, TheDiskThatIsNamedBeginsAnEnsembleOfOneVoter) {
  make_disk();
  for (const char* const lines :
       {"", "quorate.recoverFrom=33:older\n", "quorate.recoverFrom=1:old\n"}) {
    const Prepared refused = start("new", lines);
    ASSERT_TRUE(std::holds_alternative<Refusal>(refused)) << lines;
    EXPECT_EQ(std::get<Refusal>(refused).code, ExitCode::kDataDirectory);
    EXPECT_EQ(read("ensembleId"), "old");
  }
  const Prepared taken = start("new", "quorate.recoverFrom=33:old\n");
  ASSERT_TRUE(std::holds_alternative<Member::Parts>(taken));
  const auto& parts = std::get<Member::Parts>(taken);
  EXPECT_EQ(parts.setup->configuration.voters(), std::vector<ServerId>{ServerId{33}});
  EXPECT_EQ(parts.setup->configuration.servers.size(), 1U);
  EXPECT_FALSE(parts.setup->last_seen);
  EXPECT_EQ(parts.recovered->epochs.accepted, 7);
  EXPECT_TRUE(ensemble_options(parts.config, *parts.setup, *parts.recovered).may_vote);
  EXPECT_EQ(read("ensembleId"), "new");
  EXPECT_EQ(read("acceptedEpoch"), "7");
}

TEST_F(TakeOver, ADiskThatIsNotFitToVoteIsRefused) {
  make_disk();
  write("unfit", "");
  EXPECT_TRUE(std::holds_alternative<Refusal>(start("new", "quorate.recoverFrom=33:old\n")));
  EXPECT_EQ(read("ensembleId"), "old");
}

TEST_F(TakeOver, IsDoneOnce) {
  make_disk();
  ASSERT_TRUE(std::holds_alternative<Member::Parts>(start("new", "quorate.recoverFrom=33:old\n")));
  const std::string configuration = read("configuration");
  for (const char* const lines : {"quorate.recoverFrom=33:old\n", ""}) {
    const Prepared again = start("new", lines);
    ASSERT_TRUE(std::holds_alternative<Member::Parts>(again));
    EXPECT_EQ(std::get<Member::Parts>(again).setup->configuration.servers.size(), 1U);
    EXPECT_EQ(read("configuration"), configuration);
  }
  EXPECT_TRUE(std::holds_alternative<Refusal>(start("old")));
}

TEST_F(TakeOver, IsRepeatedWhereACrashLeftTheFormerId) {
  make_disk();
  ASSERT_TRUE(std::holds_alternative<Member::Parts>(start("new", "quorate.recoverFrom=33:old\n")));
  write("ensembleId", "old");
  const Prepared again = start("new", "quorate.recoverFrom=33:old\n");
  ASSERT_TRUE(std::holds_alternative<Member::Parts>(again));
  const auto& parts = std::get<Member::Parts>(again);
  // The first leader's epoch, 9, is that of the configuration: what it makes is newer.
  EXPECT_EQ(parts.setup->configuration.version.value, int64_t{9} << 32);
  EXPECT_EQ(parts.recovered->epochs.accepted, 8);
  EXPECT_EQ(read("ensembleId"), "new");
}

TEST_F(TakeOver, AnEmptyDiskHasNothingToGoOnWith) {
  std::filesystem::create_directories(directory_.path() / "version-2");
  write("ensembleId", "old");
  for (const bool has_started_once : {false, true}) {
    EXPECT_TRUE(std::holds_alternative<Refusal>(start("new", "quorate.recoverFrom=33:old\n")));
    EXPECT_EQ(read("ensembleId"), "old");
    if (!has_started_once) {
      EXPECT_TRUE(std::holds_alternative<Member::Parts>(start("old")));
    }
  }
}

}  // namespace
}  // namespace quorate::app
