// The bundle for support.
#pragma once

#include "operator/plugin/command.h"
#include "operator/plugin/session.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// Collects what tells how a cluster is and was into a folder or a tar.gz: the object, what
/// `status` prints, the objects that the operator made but Secrets, Pods, volumes, Events, logs of
/// members and of the operator, what members say of themselves. What cannot be had is noted in
/// report.txt and does not end the report. Everything passes redacted().
[[nodiscard]] Status report(Session& session, const Command& command);

}  // namespace quorate::plugin
