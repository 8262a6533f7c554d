// `quorate completion`: scripts that teach a login shell our commands.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace quorate::cli {

/// The script for "bash", "zsh" or "fish", made from the commands of `app`; empty for others.
[[nodiscard]] std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace quorate::cli
