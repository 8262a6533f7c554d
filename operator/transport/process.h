// Running a helper program and collecting what it prints.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"

namespace quorate::transport {

struct ProcessOptions {
  /// A name is looked for in PATH; one with `/` is taken as it is.
  std::string program;
  std::vector<std::string> arguments;
  /// Set in addition to our own environment.
  std::vector<std::pair<std::string, std::string>> environment;
  Duration timeout = std::chrono::seconds(20);
  size_t output_bytes_max = size_t{1} << 20;
};

/// Runs a program without a terminal, its input empty, and returns its standard output. Blocks.
/// Errors: kNotFound, it cannot be started; kUnavailable, it took too long and was killed, or it
/// failed, with the end of its standard error.
[[nodiscard]] Result<std::string> run_process(const ProcessOptions& options);

}  // namespace quorate::transport
