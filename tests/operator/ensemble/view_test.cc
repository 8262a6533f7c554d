// Reports of members and what they amount to.
#include "operator/ensemble/view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/base/text.h"
#include "tests/server/script.h"

namespace quorate::ensemble {
namespace {

using nlohmann::json;

std::string config_text(const std::string& servers) {
  std::string text;
  for (const std::string& each : split_list(servers)) {  // "1:zoo-a-0", "2:zoo-a-1:observer"
    const std::vector<std::string_view> parts = split(each, ':');
    text += "server." + std::string(parts[0]) + "=" + std::string(parts[1]) +
            ".zoo-members.d.svc:2888:3888:" + (parts.size() > 2 ? "observer" : "participant") +
            ";0.0.0.0:2181\n";
  }
  return text + "version=0";
}

/// "name id role key=value ...": the body of a member's answer; "name id" alone does not answer.
std::pair<Expected, MemberReport> read_line(const std::string& line, const std::string& config) {
  std::vector<std::string> words;
  for (const std::string_view word : split(line, ' ')) {
    words.emplace_back(word);
  }
  const Expected expected{.name = words[0], .myid = std::stoi(words[1])};
  if (words.size() == 2) {
    return {expected, unreachable("timeout")};
  }
  json body = {{"myid", expected.myid},
               {"ensembleId", "aa"},
               {"role", words[2]},
               {"epoch", 3},
               {"serving", true},
               {"appliedZxid", "0x300000010"},
               {"config", {{"version", "0x100"}, {"text", config}}}};
  for (size_t i = 3; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string pointer = "/" + words[i].substr(0, equals);
    body[json::json_pointer(pointer)] = json::parse(words[i].substr(equals + 1), nullptr, false);
  }
  return {expected, parse_report(body)};
}

std::string run(const std::string& input) {
  std::vector<Expected> expected;
  std::map<std::string, MemberReport> reports;
  std::string config;
  for (const std::string_view raw : split(input, '\n')) {
    const std::string line(trim(raw));
    if (line.starts_with("config ")) {
      config = config_text(line.substr(7));
    } else if (!line.empty()) {
      const auto [who, report] = read_line(line, config);
      expected.push_back(who);
      reports.emplace(who.name, report);
    }
  }
  const View view = view_of(expected, "aa", reports);
  std::string output =
      "leader " + view.leader.value_or("none") + ", epoch " + std::to_string(view.epoch) +
      ", synced " + std::to_string(view.synced_voters()) + " of " + std::to_string(view.voters()) +
      ", quorum " + std::to_string(view.quorum()) + ", configuration " +
      hex_text(view.config_version) + " on " + std::to_string(view.voters_with_config) + "\n";
  for (const auto& [name, member] : view.members) {
    output += name +
              (member.is_voter       ? " voter"
               : member.is_in_config ? " observer"
                                     : " outside") +
              (member.is_synced ? " synced" : "") + (member.is_trusted ? "" : " untrusted") +
              (member.lag > 0 ? " lag " + std::to_string(member.lag) : "") +
              (member.problem.empty() ? "" : " " + member.problem + ": " + member.detail) + "\n";
  }
  for (const std::string& each : view.contradictions) {
    output += "contradiction: " + each + "\n";
  }
  return output;
}

TEST(View, Script) { testing::run_script("tests/operator/ensemble/testdata/view.txt", run); }

TEST(Report, RubbishIsAMemberThatDoesNotAnswer) {
  for (const char* const body :
       {"null", "[]", "{}", "3", R"({"myid":"1","role":"leader"})", R"({"myid":1})",
        R"({"myid":-1,"role":"leader"})", R"({"myid":1,"role":"king"})",
        R"({"myid":999,"role":"leader"})"}) {
    EXPECT_EQ(parse_report(json::parse(body)).role, Role::kUnreachable) << body;
  }
}

TEST(Report, WrongFieldsAreLeftOut) {
  const MemberReport report = parse_report(json::parse(
      R"({"myid":1,"role":"leader","epoch":"x","appliedZxid":7,"leader":300,"config":[],
          "followers":[{"myid":2},{"lag":1},7,{"myid":2,"lag":3}],"disk":"full","serving":"yes"})"));
  EXPECT_EQ(report.role, Role::kLeader);
  EXPECT_EQ(report.epoch, 0);
  EXPECT_EQ(report.zxid, 0U);
  EXPECT_FALSE(report.leader);
  EXPECT_EQ(report.learners.size(), 1U);
  EXPECT_FALSE(report.is_serving);
}

TEST(Report, WhatTheMemberOfThisReleaseSays) {
  const MemberReport report = parse_report(json::parse(
      R"({"myid":33,"role":"follower","serving":true,"epoch":4,"zxid":"0x400000002",
          "appliedZxid":"0x400000001","durableZxid":"0x400000002","snapshotZxid":"0x0",
          "disk":{"state":"low","freeBytes":1},"version":"0.1.0","startTime":"2026-11-21T09:32:14Z"})"));
  EXPECT_EQ(report.role, Role::kFollower);
  EXPECT_EQ(report.zxid, 0x400000001U);
  EXPECT_EQ(report.disk, Disk::kLow);
  EXPECT_EQ(report.version, "0.1.0");
}

TEST(Report, Hex) {
  EXPECT_EQ(parse_hex("0x1F"), 31U);
  EXPECT_EQ(parse_hex("ffffffffffffffff"), ~uint64_t{0});
  EXPECT_EQ(hex_text(0), "0x0");
  EXPECT_EQ(hex_text(0x100000002), "0x100000002");
  for (const char* const wrong : {"", "0x", "g", "-1", "11112222333344445"}) {
    EXPECT_FALSE(parse_hex(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace quorate::ensemble
