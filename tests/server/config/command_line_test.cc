// The arguments of quorate-server: files, options, -D, the short form, and what Java would take.
#include "server/config/command_line.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "server/config/parse.h"
#include "tests/server/script.h"

namespace quorate::config {
namespace {

std::string describe(const CommandLine& line) {
  std::string output;
  if (!line.config_file.empty()) {
    output += "file " + line.config_file + "\n";
  }
  output += line.wants_help ? "help\n" : "";
  output += line.wants_version ? "version\n" : "";
  for (const Property& property : line.system_properties) {
    output +=
        "property " + property.key + "=" + property.value + " (" + property.place.source + ")\n";
  }
  for (const Property& property : line.overrides) {
    output +=
        "override " + property.key + "=" + property.value + " (" + property.place.source + ")\n";
  }
  for (const Problem& problem : line.errors) {
    output += "error " + to_text(problem) + "\n";
  }
  for (const Problem& problem : line.warnings) {
    output += "warning " + to_text(problem) + "\n";
  }
  return output;
}

/// Each line of input is one argument; those after a line `SERVER_JVMFLAGS` are that variable.
std::string run_command_line(const std::string& text) {
  std::vector<std::string> arguments;
  std::string flags;
  bool is_flags = false;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line == "SERVER_JVMFLAGS") {
      is_flags = true;
    } else if (is_flags) {
      flags += line + "\n";
    } else {
      arguments.push_back(line);
    }
  }
  CommandLine parsed = parse_command_line(arguments);
  add_jvm_flags(parsed, "SERVER_JVMFLAGS", flags);
  return describe(parsed);
}

TEST(CommandLine, Cases) {
  quorate::testing::run_script("tests/server/config/testdata/command_line.txt", run_command_line);
}

TEST(CommandLine, TheShortFormIsAWholeConfiguration) {
  const std::vector<std::string> arguments = {"2182", "/data", "500", "7"};
  const CommandLine line = parse_command_line(arguments);
  ASSERT_TRUE(line.ok());
  const ParseResult result = parse("", "arguments", line.system_properties, line.overrides);
  ASSERT_TRUE(result.ok()) << to_text(result.errors.front());
  EXPECT_EQ(result.config.client.port, 2182);
  EXPECT_EQ(result.config.storage.data_dir, "/data");
  EXPECT_EQ(result.config.storage.data_log_dir, "/data");
  EXPECT_EQ(result.config.session.tick_time_ms, 500);
  EXPECT_EQ(result.config.session.max_session_timeout_ms, 10000);
  EXPECT_EQ(result.config.limits.max_client_cnxns, 7);
}

TEST(CommandLine, AWrongShortFormNamesItsArgument) {
  const std::vector<std::string> arguments = {"port", "/data"};
  const CommandLine line = parse_command_line(arguments);
  const ParseResult result = parse("", "arguments", line.system_properties, line.overrides);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(to_text(result.errors[0]),
            "argument 1: clientPort: is 'port', must be an integer of 0 to 65535");
}

TEST(CommandLine, TheUsageNamesEveryOption) {
  const std::string usage = usage_text();
  for (const char* option :
       {"--config", "--data-dir", "--log-dir", "--token-file", "--tls-dir", "--name", "--listen",
        "-D", "--help", "--version", "SERVER_JVMFLAGS"}) {
    EXPECT_NE(usage.find(option), std::string::npos) << option;
  }
}

}  // namespace
}  // namespace quorate::config
