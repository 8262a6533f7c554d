// Verbs that reach members: their logs, and a shell on them.
#pragma once

#include "operator/plugin/command.h"
#include "operator/plugin/session.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// Becomes `kubectl logs`.
[[nodiscard]] Status logs(Session& session, const Command& command);

/// Runs `quorate shell` with the members' addresses where they can be reached from here, as in a
/// Pod or with quorate-local, else through `kubectl port-forward`.
[[nodiscard]] Status shell(Session& session, const Command& command);

}  // namespace quorate::plugin
