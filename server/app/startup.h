// From arguments to a member that can start: configuration, data directories, recovery, TLS.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "server/app/member.h"
#include "server/config/command_line.h"
#include "server/config/config.h"

namespace quorate::app {

/// Why the process ends before it serves; the messages have been written already.
struct Refusal {
  ExitCode code = ExitCode::kOk;
};

struct LoadedConfig {
  config::Config config;
  std::string file_name;
  std::string file_text;
};

/// Reads the arguments, SERVER_JVMFLAGS and the file. Prints help, version, every error and every
/// warning to standard error; sets the logger up.
[[nodiscard]] std::variant<LoadedConfig, Refusal> load_config(
    std::span<const std::string> arguments);

/// Locks the data directories, recovers the database and loads certificates. Logs what it found.
[[nodiscard]] std::variant<Member::Parts, Refusal> prepare(LoadedConfig loaded);

/// The process exit code of an operating error met at start.
[[nodiscard]] ExitCode exit_code_of(const Error& error);

}  // namespace quorate::app
