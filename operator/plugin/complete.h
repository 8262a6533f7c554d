// Completion in a shell: scripts that ask this program, and its answers.
#pragma once

#include <string>
#include <vector>

namespace quorate::plugin {

/// Prints what may be typed as the last of `words`, a candidate a line; with `has_directive` a last
/// line tells kubectl that no file names are to be offered. Asks the API for names, for a short
/// time. The exit code.
[[nodiscard]] int run_complete(const std::vector<std::string>& words, bool has_directive);

/// The script for "bash", "zsh" or "fish"; empty for others.
[[nodiscard]] std::string completion_script(const std::string& shell);

}  // namespace quorate::plugin
