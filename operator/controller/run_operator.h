// run_operator: the process, from flags to exit code.
#pragma once

#include "operator/controller/flags.h"
#include "operator/controller/metrics.h"
#include "operator/controller/reconciler.h"

namespace quorate::controller {

/// Connects, watches, leads and reconciles until SIGTERM. Returns the exit code: 0 stopped as
/// asked, 1 failed, 2 wrong flags. If the lease is lost or something hangs, the process exits from
/// within.
[[nodiscard]] int run_operator(const Flags& flags, Reconciler& reconciler, Metrics& metrics);

}  // namespace quorate::controller
