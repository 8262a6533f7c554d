// What the operator watches: its own kind, and what it makes of it.
#pragma once

#include <string>
#include <vector>

#include "operator/controller/manager.h"

namespace quorate::controller {

/// QuorumClusters with `label_selector`, and their children, which bear the operator's label.
[[nodiscard]] std::vector<WatchSpec> operator_watches(const std::string& label_selector);

}  // namespace quorate::controller
