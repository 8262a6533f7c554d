// Data-driven tests: reading, running and rewriting files of cases.
#include "tests/server/script.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace quorate::testing {
namespace {

struct Script {
  std::string comment;
  std::vector<ScriptCase> cases;
};

std::string path_of(const std::string& path) {
  return std::string(QUORATE_SOURCE_DIR) + "/" + path;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  EXPECT_TRUE(file.flush()) << "cannot write " << path;
}

bool is_rewriting() {
  const char* const value = std::getenv("QUORATE_REWRITE");
  return value != nullptr && std::string(value) == "1";
}

Script read_script(const std::string& text) {
  Script script;
  std::istringstream lines(text);
  std::string line;
  std::string* target = &script.comment;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.starts_with("## ")) {
      script.cases.push_back({.name = line.substr(3), .line = number, .input = {}, .output = {}});
      target = &script.cases.back().input;
    } else if (line == "----" && !script.cases.empty()) {
      target = &script.cases.back().output;
    } else {
      *target += line + "\n";
    }
  }
  return script;
}

/// The output ends in one empty line, which separates it from the next case.
std::string normal(std::string text) {
  while (text.ends_with("\n")) {
    text.pop_back();
  }
  return text + "\n";
}

}  // namespace

std::string read_file(const std::string& path) { return read(path_of(path)); }

void run_script(const std::string& path,
                const std::function<std::string(const std::string&)>& run) {
  const Script script = read_script(read_file(path));
  EXPECT_FALSE(script.cases.empty()) << path;
  std::string rewritten = script.comment;
  for (const ScriptCase& each : script.cases) {
    const std::string output = normal(run(each.input));
    rewritten += "## " + each.name + "\n" + each.input + "----\n" + output + "\n";
    if (!is_rewriting()) {
      EXPECT_EQ(output, normal(each.output)) << path << ":" << each.line << ": " << each.name;
    }
  }
  if (is_rewriting()) {
    write_file(path_of(path), normal(rewritten));
  }
}

void expect_file(const std::string& path, const std::string& content) {
  if (is_rewriting()) {
    write_file(path_of(path), content);
    return;
  }
  EXPECT_EQ(read_file(path), content) << "run with QUORATE_REWRITE=1 to write " << path;
}

}  // namespace quorate::testing
