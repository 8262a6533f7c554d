// What the plugin prints and says, by scripts: pure functions of objects, errors and words.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/api/json_mapping.h"
#include "operator/kube/request.h"
#include "operator/plugin/complaint.h"
#include "operator/plugin/flags.h"
#include "operator/plugin/recovery_text.h"
#include "operator/plugin/redact.h"
#include "operator/plugin/status_text.h"
#include "tests/server/script.h"

namespace quorate::plugin {
namespace {

using nlohmann::json;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word == "''" ? "" : word);
  }
  return words;
}

std::string visible(std::string text) {
  for (size_t at = 0; (at = text.find('\x1b', at)) != text.npos;) {
    text.replace(at, 1, "ESC");
  }
  return text;
}

/// The first line: status, plan, recover POD or list, and `colour`; then JSON: an object, or a list
/// of them.
std::string run_rendering(const std::string& input) {
  const size_t end = input.find('\n');
  const auto words = words_of(input.substr(0, end));
  const json object = json::parse(input.substr(end + 1), nullptr, false);
  if (object.is_discarded() || words.empty()) {
    return "the case is no JSON\n";
  }
  const bool has_colour = words.back() == "colour";
  if (words.front() == "status") {
    return visible(status_text(object, has_colour));
  }
  if (words.front() == "recover") {
    const auto status = api::read<api::QuorumClusterStatus>(object["status"], "status").value;
    return visible(recovery_text("zoo", status, words[1], has_colour));
  }
  if (words.front() == "plan") {
    return visible(plan_text(object, has_colour));
  }
  return visible(list_text(object.get<std::vector<json>>(), words.back() == "spaces", has_colour));
}

kube::ApiErrorKind kind_of(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(kube::ApiErrorKind::kMalformed); ++i) {
    if (kube::to_text(static_cast<kube::ApiErrorKind>(i)) == name) {
      return static_cast<kube::ApiErrorKind>(i);
    }
  }
  ADD_FAILURE() << "no kind " << name;
  return kube::ApiErrorKind::kBadRequest;
}

/// get | list | patch, a kind of error and its message; or missing [PRESENT...], none [PRESENT...],
/// undefined.
std::string run_complaint(const std::string& input) {
  const Place place{
      .url = "https://api:6443", .source = "~/.kube/config context dev", .space = "d"};
  auto words = words_of(input);
  const std::string what = words.front();
  words.erase(words.begin());
  if (what == "undefined") {
    return no_definition(place).message + "\n";
  }
  if (what == "missing") {
    return no_cluster("zoo", place, words).message + "\n";
  }
  if (what == "none") {
    return not_one_cluster(place, words).message + "\n";
  }
  const kube::ObjectKey key{.space = "d", .name = "zoo"};
  const kube::Request request =
      what == "get"    ? kube::get(kube::kQuorumCluster, key)
      : what == "list" ? kube::list(kube::kPod, "d", {})
                       : kube::merge_patch(kube::kQuorumCluster, key, json::object(), "test");
  std::string message;
  for (size_t i = 1; i < words.size(); ++i) {
    message += (i == 1 ? "" : " ") + words[i];
  }
  return complaint(request, place, {.kind = kind_of(words.front()), .message = message}).message +
         "\n";
}

std::string run_redaction(const std::string& input) {
  const json object = json::parse(input, nullptr, false);
  return object.is_discarded() ? redacted_text(input) : redacted(object).dump() + "\n";
}

std::string run_completion(const std::string& input) {
  std::string output;
  std::istringstream lines(input);
  for (std::string line; std::getline(lines, line);) {
    const Candidates found = candidates(words_of(line));
    output += line + " ->";
    for (const std::string& word : found.words) {
      output += " " + word;
    }
    output += found.wants_cluster ? " CLUSTER" : "";
    output += found.wants_member ? " MEMBER" : "";
    output += found.connection.space.empty() ? "" : " in " + found.connection.space;
    output += "\n";
  }
  return output;
}

/// Lines of words that are refused, with what is said.
std::string run_mistakes(const std::string& input) {
  std::string output;
  std::istringstream lines(input);
  for (std::string line; std::getline(lines, line);) {
    const auto parsed = parse_flags(words_of(line));
    const auto* const end = std::get_if<FlagsEnd>(&parsed);
    output += end == nullptr ? "accepted\n" : std::to_string(end->code) + " " + end->text;
  }
  return output;
}

TEST(Plugin, Rendering) {
  ::quorate::testing::run_script("tests/operator/plugin/testdata/rendering.txt", run_rendering);
}
TEST(Plugin, Complaints) {
  ::quorate::testing::run_script("tests/operator/plugin/testdata/complaints.txt", run_complaint);
}
TEST(Plugin, Redaction) {
  ::quorate::testing::run_script("tests/operator/plugin/testdata/redaction.txt", run_redaction);
}
TEST(Plugin, Completion) {
  ::quorate::testing::run_script("tests/operator/plugin/testdata/completion.txt", run_completion);
}
TEST(Plugin, Mistakes) {
  ::quorate::testing::run_script("tests/operator/plugin/testdata/mistakes.txt", run_mistakes);
}

TEST(Plugin, FlagsAreRead) {
  const auto parsed = parse_flags({"transfer-leader", "zoo", "--to", "zoo-b-0", "-n", "prod",
                                   "--context", "dev", "--kubeconfig", "f", "-w"});
  const auto* const command = std::get_if<Command>(&parsed);
  ASSERT_NE(command, nullptr);
  EXPECT_EQ(command->verb, Verb::kTransferLeader);
  EXPECT_EQ(command->cluster, "zoo");
  EXPECT_EQ(command->to, "zoo-b-0");
  EXPECT_EQ(command->connection.space, "prod");
  EXPECT_EQ(command->connection.context, "dev");
  EXPECT_EQ(command->connection.kubeconfig, "f");
  EXPECT_TRUE(command->waits);
}

TEST(Plugin, RecoveryIsSureOnlyWhereTheLossIsAccepted) {
  const auto parsed =
      parse_flags({"recover", "zoo", "--from", "zoo-a-0", "--accept-data-loss", "--yes"});
  const auto* const command = std::get_if<Command>(&parsed);
  ASSERT_NE(command, nullptr);
  EXPECT_EQ(command->verb, Verb::kRecover);
  EXPECT_EQ(command->from, "zoo-a-0");
  EXPECT_TRUE(command->accepts_loss);
  EXPECT_TRUE(command->is_sure);
}

TEST(Plugin, EveryVerbHasHelp) {
  for (const char* const verb : {"status", "plan", "roll", "transfer-leader", "recover", "pause",
                                 "resume", "logs", "shell", "report", "install", "completion"}) {
    const auto parsed = parse_flags({verb, "--help"});
    const auto* const end = std::get_if<FlagsEnd>(&parsed);
    ASSERT_NE(end, nullptr) << verb;
    EXPECT_EQ(end->code, 0);
    EXPECT_NE(end->text.find("Usage: kubectl quorate " + std::string(verb)), std::string::npos)
        << end->text;
  }
}

}  // namespace
}  // namespace quorate::plugin
