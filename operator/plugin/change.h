// Verbs that ask the operator for something: each is one patch of the object.
#pragma once

#include "operator/plugin/command.h"
#include "operator/plugin/session.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// Sets the annotation quorate.dev/restartedAt to now.
[[nodiscard]] Status roll(Session& session, const Command& command);

/// Sets the annotation quorate.dev/transferLeader.
[[nodiscard]] Status transfer_leader(Session& session, const Command& command);

/// Says what would be lost; with `accepts_loss` it asks twice, unless `is_sure`, and sets the
/// annotation quorate.dev/recover, which names the ensemble that is given up.
[[nodiscard]] Status recover(Session& session, const Command& command, bool has_colour);

/// Sets spec.update.paused.
[[nodiscard]] Status set_paused(Session& session, const Command& command, bool is_paused);

}  // namespace quorate::plugin
