// The notes of the node machine as lines of the log.
#pragma once

#include <string>

#include "server/node/actions.h"

namespace quorate::app {

/// `log_directory`: of the txn log, named where its space matters.
void log_note(const node::Note& note, const std::string& log_directory);

}  // namespace quorate::app
