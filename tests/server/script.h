// Data-driven tests: a file of named cases, each an input and the output that it must give.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace quorate::testing {

/// One case of a file:
///
///     ## name and anything that explains it
///     input lines
///     ----
///     output lines
///
/// Lines before the first `## ` are the file's comment.
struct ScriptCase {
  std::string name;
  int line = 0;
  std::string input;
  std::string output;
};

/// Runs every case of `path`, from the root of the sources, through `run` and expects its output.
/// With QUORATE_REWRITE=1 in the environment the file is written anew instead; read the difference
/// from top to bottom before you keep it.
void run_script(const std::string& path, const std::function<std::string(const std::string&)>& run);

/// Expects a whole file, by its path from the root of the sources, to hold `content`; with
/// QUORATE_REWRITE=1 writes it.
void expect_file(const std::string& path, const std::string& content);

/// The content of a file, by its path from the root of the sources.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace quorate::testing
