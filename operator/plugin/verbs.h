// The verbs: each reads or changes one object and says what came of it.
#pragma once

#include "operator/plugin/command.h"

namespace quorate::plugin {

/// Runs a command to its end. Errors go to standard error. The exit code: 0 done, 1 not done.
[[nodiscard]] int run(const Command& command);

}  // namespace quorate::plugin
