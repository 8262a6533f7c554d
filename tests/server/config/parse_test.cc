// parse() on whole configurations: fields, errors and warnings, from testdata.
#include "server/config/parse.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "server/config/command_line.h"
#include "server/config/describe.h"
#include "tests/server/script.h"

namespace quorate::config {
namespace {

/// An input of a case: zoo.cfg, then lines that begin with `$ `, which are arguments.
struct Input {
  std::string text;
  std::vector<std::string> arguments = {"zoo.cfg"};
};

Input read_input(const std::string& text) {
  Input input;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("$ ")) {
      std::istringstream words(line.substr(2));
      std::string word;
      while (words >> word) {
        input.arguments.push_back(word);
      }
    } else {
      input.text += line + "\n";
    }
  }
  return input;
}

/// What differs from a configuration of nothing but `dataDir=/d`, then the problems.
std::string run_parse(const std::string& text) {
  const Input input = read_input(text);
  const CommandLine line = parse_command_line(input.arguments);
  const ParseResult result = parse(input.text, "zoo.cfg", line.system_properties, line.overrides);
  const ParseResult plain = parse("dataDir=/d\nclientPort=2181\n", "zoo.cfg", {});
  std::set<std::string> usual;
  for (const Entry& entry : describe_all(plain.config)) {
    usual.insert(entry.name + "=" + value_text(entry));
  }
  std::string output;
  for (const Entry& entry : describe_all(result.config)) {
    const std::string pair = entry.name + "=" + value_text(entry);
    if (!usual.contains(pair)) {
      output += pair + "\n";
    }
  }
  for (const Problem& problem : result.errors) {
    output += "error " + to_text(problem) + "\n";
  }
  for (const Problem& problem : result.warnings) {
    output += "warning " + to_text(problem) + "\n";
  }
  for (const Problem& problem : result.notes) {
    output += "note " + to_text(problem) + "\n";
  }
  return output.empty() ? "nothing\n" : output;
}

TEST(Parse, Basics) {
  quorate::testing::run_script("tests/server/config/testdata/basics.txt", run_parse);
}
TEST(Parse, Errors) {
  quorate::testing::run_script("tests/server/config/testdata/errors.txt", run_parse);
}
TEST(Parse, Layers) {
  quorate::testing::run_script("tests/server/config/testdata/layers.txt", run_parse);
}
TEST(Parse, Unsupported) {
  quorate::testing::run_script("tests/server/config/testdata/unsupported.txt", run_parse);
}
TEST(Parse, Tls) {
  quorate::testing::run_script("tests/server/config/testdata/tls.txt", run_parse);
}
TEST(Parse, Needs) {
  quorate::testing::run_script("tests/server/config/testdata/needs.txt", run_parse);
}
TEST(Parse, Quorum) {
  quorate::testing::run_script("tests/server/config/testdata/quorum.txt", run_parse);
}

/// Configurations that people really have: they must parse without a single error.
TEST(Parse, FoundInTheWild) {
  quorate::testing::run_script("tests/server/config/testdata/wild.txt", run_parse);
}

TEST(Parse, DefaultsAreThoseOfTheStruct) {
  const Config parsed = parse("dataDir=/d\nclientPort=2181\n", "zoo.cfg", {}).config;
  Config expected;
  expected.storage.data_dir = "/d";
  expected.storage.data_log_dir = "/d";
  expected.client.port = 2181;
  const std::vector<Entry> a = describe_all(parsed);
  const std::vector<Entry> b = describe_all(expected);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name + "=" + value_text(a[i]), b[i].name + "=" + value_text(b[i]));
  }
}

TEST(Parse, EveryErrorAtOnceByLine) {
  const ParseResult result = parse(
      "tickTime=0\nclientPort=70000\nforceSync=maybe\nsnapCount=x\nserver.1=host\n", "zoo.cfg", {});
  ASSERT_EQ(result.errors.size(), 6U);
  EXPECT_EQ(result.errors[0].key, "dataDir");
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(result.errors[static_cast<size_t>(i)].place.line, i);
    EXPECT_EQ(result.errors[static_cast<size_t>(i)].place.source, "zoo.cfg");
  }
}

TEST(Parse, AFieldKeepsItsDefaultWhenItsValueIsWrong) {
  const ParseResult result = parse("dataDir=/d\ntickTime=-5\n", "zoo.cfg", {});
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.config.session.tick_time_ms, 3000);
}

TEST(Parse, SecretsAreInNoProblem) {
  const ParseResult result = parse(
      "dataDir=/d\nssl.keyStore.password=hunter2\nssl.keyStore.password=hunter3\n"
      "DigestAuthenticationProvider.superDigest=hunter4\n",
      "zoo.cfg",
      {{.key = "zookeeper.ssl.keyStore.password",
        .value = "hunter1",
        .place = {.source = "-Dzookeeper.ssl.keyStore.password"}}});
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.config.tls.key_store.password.reveal(), "hunter3");
  for (const auto& problems : {result.errors, result.warnings, result.notes}) {
    for (const Problem& problem : problems) {
      EXPECT_EQ(to_text(problem).find("hunter"), std::string::npos) << to_text(problem);
    }
  }
}

TEST(Parse, ProblemsAreOneLineWhateverTheInput) {
  const ParseResult result =
      parse("a\\nb\\u001b=1\ntickTime=\\n7\\t\ndataDir=/d\nclientPort=1\\r2\n", "zoo\n.cfg", {});
  ASSERT_FALSE(result.errors.empty());
  ASSERT_FALSE(result.warnings.empty());
  for (const auto& problems : {result.errors, result.warnings}) {
    for (const Problem& problem : problems) {
      for (const char c : to_text(problem)) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20);
      }
    }
  }
}

TEST(Parse, LongTicksDoNotOverflow) {
  const ParseResult result = parse("dataDir=/d\ntickTime=2000000000\n", "zoo.cfg", {});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.config.session.min_session_timeout_ms, INT32_MAX);
  EXPECT_EQ(result.config.session.max_session_timeout_ms, INT32_MAX);
}

}  // namespace
}  // namespace quorate::config
