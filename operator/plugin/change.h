// Verbs that ask the operator for something: each is one patch of the object.
#pragma once

#include "operator/plugin/command.h"
#include "operator/plugin/session.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// Sets the annotation quorate.dev/restartedAt to now.
[[nodiscard]] Status roll(Session& session, const Command& command);

/// Sets spec.update.paused.
[[nodiscard]] Status set_paused(Session& session, const Command& command, bool is_paused);

}  // namespace quorate::plugin
