// Reconfiguration: every refusal, against the codes that Apache ZooKeeper 3.9.3 answers with.
#include "server/quorum/reconfigure.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/server/script.h"

namespace quorate::quorum {
namespace {

using wire::ErrorCode;

constexpr ConfigVersion kNext{0x200000005};

Configuration parse(std::string_view text) {
  ParsedConfiguration parsed = parse_configuration(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.configuration;
}

Configuration three() {
  return parse(
      "server.1=a:1:2:participant;a:3\nserver.2=b:1:2:participant;b:3\n"
      "server.3=c:1:2:participant;c:3\nversion=100000000");
}

ReconfigureContext enabled() { return {.reconfig_enabled = true}; }

std::variant<Configuration, Refusal> change(const wire::ReconfigRequest& request,
                                            ReconfigureContext context = enabled()) {
  return reconfigure(context, three(), three(), request, kNext);
}

std::string text_of(const std::variant<Configuration, Refusal>& outcome) {
  const auto* next = std::get_if<Configuration>(&outcome);
  return next != nullptr ? to_text(*next) : "refused: " + std::get<Refusal>(outcome).reason;
}

ErrorCode code_of(const std::variant<Configuration, Refusal>& outcome) {
  const auto* refusal = std::get_if<Refusal>(&outcome);
  if (refusal == nullptr) {
    return ErrorCode::kOk;
  }
  EXPECT_FALSE(refusal->reason.empty());
  return refusal->code;
}

// ---- Oracle -----------------------------------------------------------------------------------

struct OracleCase {
  std::string line;
  std::vector<std::string> parts;  ///< Joining, leaving, members, version.
  int32_t code = 0;
};

std::vector<OracleCase> oracle_cases() {
  std::istringstream from(testing::read_file("tests/server/quorum/testdata/reconfig_apache.txt"));
  std::vector<OracleCase> cases;
  for (std::string line; std::getline(from, line);) {
    OracleCase each{.line = line, .parts = {}, .code = 0};
    const size_t arrow = line.rfind(" -> ");
    each.code = std::stoi(line.substr(arrow + 4));
    std::istringstream parts(line.substr(0, arrow));
    for (std::string part; std::getline(parts, part, '|');) {
      each.parts.push_back(part);
    }
    cases.push_back(std::move(each));
  }
  return cases;
}

/// The member of the oracle: alone, standaloneEnabled=false. What it answers -13 to was well-formed
/// but named members that do not run.
TEST(Reconfigure, RefusesWithApachesCodes) {
  const std::string self = "server.1=127.0.0.1:1:2:participant;127.0.0.1:3";
  const Configuration alone = parse(self + "\nversion=100000000");
  const ReconfigureContext context{.reconfig_enabled = true, .standalone_enabled = false};
  size_t compared = 0;
  for (OracleCase& each : oracle_cases()) {
    ASSERT_EQ(each.parts.size(), 4U) << each.line;
    // Java fails over this port with an exception; ours is a wrong argument like any other.
    if (each.line.find("99999|") != std::string::npos) {
      continue;
    }
    if (const size_t at = each.parts[2].find("SELF"); at != std::string::npos) {
      each.parts[2].replace(at, 4, self);
    }
    const auto part = [&each](size_t index) {
      return each.parts[index] == "-" ? wire::NullableBytes()
                                      : wire::NullableBytes(each.parts[index]);
    };
    const wire::ReconfigRequest request{.joining = part(0),
                                        .leaving = part(1),
                                        .new_members = part(2),
                                        .config_version = each.parts[3] == "current"
                                                              ? alone.version.value
                                                              : std::stoll(each.parts[3])};
    const auto outcome = reconfigure(context, alone, alone, request, kNext);
    ErrorCode code = code_of(outcome);
    if (const auto* next = std::get_if<Configuration>(&outcome)) {
      const auto refused = refuse_without_quorum(*next, {ServerId{1}});
      code = refused ? refused->code : ErrorCode::kOk;
    }
    EXPECT_EQ(static_cast<int32_t>(code), each.code) << each.line << "\n" << text_of(outcome);
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

// ---- Order of the refusals ----------------------------------------------------------------------

TEST(Reconfigure, DisabledComesFirst) {
  const wire::ReconfigRequest wrong{.joining = "nonsense", .config_version = 7};
  EXPECT_EQ(code_of(change(wrong, {.reconfig_enabled = false, .has_quorum_mode = false})),
            ErrorCode::kReconfigDisabled);
}

TEST(Reconfigure, StandaloneHasNone) {
  EXPECT_EQ(code_of(change({}, {.reconfig_enabled = true, .has_quorum_mode = false})),
            ErrorCode::kUnimplemented);
}

TEST(Reconfigure, OneAtATime) {
  Configuration pending = three();
  pending.version = ConfigVersion{0x100000009};
  const wire::ReconfigRequest wrong{.joining = "nonsense", .config_version = 7};
  EXPECT_EQ(code_of(reconfigure(enabled(), three(), pending, wrong, kNext)),
            ErrorCode::kReconfigInProgress);
}

TEST(Reconfigure, VersionBeforeArguments) {
  const wire::ReconfigRequest wrong{.joining = "nonsense", .config_version = 7};
  EXPECT_EQ(code_of(change(wrong)), ErrorCode::kBadVersion);
}

TEST(Reconfigure, TwoVotersWhereOneWouldBeStandalone) {
  EXPECT_EQ(code_of(change({.leaving = "1,2"})), ErrorCode::kBadArguments);
  const ReconfigureContext quorum_of_one{.reconfig_enabled = true, .standalone_enabled = false};
  EXPECT_EQ(code_of(change({.leaving = "1,2"}, quorum_of_one)), ErrorCode::kOk);
  EXPECT_EQ(code_of(change({.leaving = "1,2,3"}, quorum_of_one)), ErrorCode::kBadArguments);
}

TEST(Reconfigure, ObserversOfAStandaloneParticipant) {
  const wire::ReconfigRequest request{.new_members = "server.1=a:1:2,server.2=b:1:2:observer"};
  EXPECT_EQ(code_of(change(request)), ErrorCode::kMarshallingError);
  EXPECT_EQ(code_of(change(request, {.reconfig_enabled = true, .standalone_enabled = false})),
            ErrorCode::kOk);
}

TEST(Reconfigure, GroupsAreNotSupported) {
  EXPECT_EQ(code_of(change({.new_members = "server.1=a:1:2;3,server.2=b:1:2;3,group.1=1:2"})),
            ErrorCode::kBadArguments);
}

TEST(Reconfigure, PortsBeyond65535AreWrongArguments) {
  EXPECT_EQ(code_of(change({.joining = "server.4=d:1:2;99999"})), ErrorCode::kBadArguments);
}

// ---- What comes of it ---------------------------------------------------------------------------

TEST(Reconfigure, JoinsAndLeaves) {
  EXPECT_EQ(text_of(change({.joining = "server.5=e:1:2:observer;e:3, server.4=d:1:2;9",
                            .leaving = "1, 77",
                            .config_version = 0x100000000})),
            "server.2=b:1:2:participant;b:3\nserver.3=c:1:2:participant;c:3\n"
            "server.4=d:1:2:participant;0.0.0.0:9\nserver.5=e:1:2:observer;e:3\n"
            "version=200000005");
}

TEST(Reconfigure, LeavesBeforeItJoins) {
  EXPECT_EQ(text_of(change({.joining = "server.3=x:1:2:observer;x:3", .leaving = "3"})),
            "server.1=a:1:2:participant;a:3\nserver.2=b:1:2:participant;b:3\n"
            "server.3=x:1:2:observer;x:3\nversion=200000005");
  // The address of a server that leaves is free.
  EXPECT_EQ(code_of(change({.joining = "server.4=c:1:2;c:3", .leaving = "3"})), ErrorCode::kOk);
  EXPECT_EQ(code_of(change({.joining = "server.4=c:1:2;c:3"})), ErrorCode::kBadArguments);
}

TEST(Reconfigure, ChangesRoleAndAddress) {
  EXPECT_EQ(text_of(change({.joining = "server.3=c:1:2:observer;c:3"})),
            "server.1=a:1:2:participant;a:3\nserver.2=b:1:2:participant;b:3\n"
            "server.3=c:1:2:observer;c:3\nversion=200000005");
}

TEST(Reconfigure, WholeIgnoresTheRest) {
  EXPECT_EQ(text_of(change({.joining = "nonsense",
                            .leaving = "nonsense",
                            .new_members = "server.7=g:1:2;3,server.8=h:1:2:participant"})),
            "server.7=g:1:2:participant;0.0.0.0:3\nserver.8=h:1:2:participant\n"
            "version=200000005");
}

TEST(Reconfigure, NothingAskedIsANewVersion) { EXPECT_EQ(code_of(change({})), ErrorCode::kOk); }

TEST(Reconfigure, LoopbackAndWildcardAddressesMayBeShared) {
  for (const std::string host :
       {"127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"}) {
    const std::string joining =
        "server.4=" + host + ":1:2;" + host + ":3,server.5=" + host + ":1:2;" + host + ":3";
    EXPECT_EQ(code_of(change({.joining = joining})), ErrorCode::kOk) << host;
  }
  for (const std::string host : {"127.example", "128.0.0.1", "[::2]", "[1::]"}) {
    const std::string joining =
        "server.4=" + host + ":1:2;" + host + ":3,server.5=" + host + ":1:2;" + host + ":3";
    EXPECT_EQ(code_of(change({.joining = joining})), ErrorCode::kBadArguments) << host;
  }
}

TEST(Reconfigure, SharedAddressIsNamed) {
  EXPECT_EQ(text_of(change({.joining = "server.4=B:9:8;b:2"})),
            "refused: the client address b:2 of server.4 is the election address of server.2");
}

// ---- Quorum and leader of the new configuration -------------------------------------------------

TEST(RefuseWithoutQuorum, CountsParticipantsOfTheNewConfiguration) {
  const Configuration next = three();
  EXPECT_TRUE(refuse_without_quorum(next, {ServerId{1}, ServerId{9}}));
  EXPECT_FALSE(refuse_without_quorum(next, {ServerId{1}, ServerId{3}}));
  EXPECT_EQ(refuse_without_quorum(next, {})->code, ErrorCode::kNewConfigNoQuorum);
}

TEST(DesignatedLeader, StaysUnlessItLeavesOrMoves) {
  AckTracker acks{Majority(three().voters())};
  acks.record(ServerId{2}, Zxid{100});
  acks.record(ServerId{3}, Zxid{103});
  const auto designated = [&acks](std::string_view next, int64_t zxid) {
    return designated_leader(ServerId{1}, three(), parse(next), Zxid{zxid}, acks);
  };
  EXPECT_EQ(designated("server.1=a:1:2;9\nserver.2=b:1:2", 100), ServerId{1});
  EXPECT_EQ(designated("server.1=a:1:2:observer\nserver.2=b:1:2\nserver.3=c:1:2", 100),
            ServerId{3});
  EXPECT_EQ(designated("server.1=other:1:2\nserver.2=b:1:2", 100), ServerId{2});
  EXPECT_EQ(designated("server.2=b:1:2\nserver.3=c:1:2", 100), ServerId{3});
  EXPECT_EQ(designated("server.2=b:1:2\nserver.4=d:1:2", 101), std::nullopt);
}

// Apache compares where followers connect, as a set: neither the election port nor the order
// counts.
TEST(DesignatedLeader, StaysWhereFollowersConnect) {
  const AckTracker acks{Majority(three().voters())};
  const auto stays = [&acks](std::string_view now, std::string_view then) {
    return designated_leader(ServerId{1}, parse(now), parse(then), Zxid{100}, acks).has_value();
  };
  EXPECT_TRUE(stays("server.1=a:1:2", "server.1=a:1:7"));
  EXPECT_FALSE(stays("server.1=a:1:2", "server.1=a:7:2"));
  EXPECT_TRUE(stays("server.1=a:1:2|b:3:4", "server.1=b:3:4|a:1:2"));
  EXPECT_FALSE(stays("server.1=a:1:2|b:3:4", "server.1=a:1:2"));
}

}  // namespace
}  // namespace quorate::quorum
