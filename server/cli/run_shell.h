// `quorate shell` and zkCli.sh: one command, or a conversation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/cli/shell.h"

namespace quorate::cli {

/// What stands on the command line.
struct ShellOptions {
  ConnectSettings connect;
  bool wait_for_connection = false;
  bool json = false;
  bool help = false;
  std::string colour = "auto";  ///< auto, always, never.
  std::string configuration;    ///< Of -client-configuration.
  bool tls = false;
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;
  bool tls_check_host = true;
  std::vector<std::string> command;  ///< Empty: interactive.
};
/// Parses the arguments behind "shell". Options may have one dash or two; the first word that is no
/// option begins the command.
[[nodiscard]] Result<ShellOptions> parse_shell_options(const std::vector<std::string>& arguments);

/// Runs the shell; returns the exit code.
[[nodiscard]] int run_shell(const std::vector<std::string>& arguments);

}  // namespace quorate::cli
