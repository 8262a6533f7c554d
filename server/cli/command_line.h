// Dispatch of `quorate COMMAND ...`, and of the names zkServer.sh and zkCli.sh.
#pragma once

namespace quorate::cli {

/// The whole program; returns its exit code.
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace quorate::cli
