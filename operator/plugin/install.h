// Installing the operator.
#pragma once

#include "operator/plugin/command.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// `kubectl apply --server-side -k` on the manifests, or `helm upgrade --install` where the folder
/// is a chart, and waits until the operator runs.
[[nodiscard]] Status install(const Command& command);

}  // namespace quorate::plugin
