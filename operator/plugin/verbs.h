// The verbs: each reads or changes one object and says what came of it.
#pragma once

#include <string>
#include <vector>

#include "operator/plugin/command.h"

namespace quorate::plugin {

/// Runs a command to its end. Errors go to standard error. The exit code: 0 done, 1 not done.
[[nodiscard]] int run(const Command& command);

/// Prints what may be typed as the last of `words`, as kubectl wants it: a candidate a line, then a
/// directive that no file names are to be offered.
[[nodiscard]] int run_complete(const std::vector<std::string>& words);

}  // namespace quorate::plugin
