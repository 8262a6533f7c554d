// `quorate bench`: the scenarios of the load generator.
#pragma once

#include "server/cli/bench_options.h"

namespace quorate::cli {

/// Runs the scenario and prints its result. Returns the exit code: 0, or 1 after any error, with
/// its text on standard error.
[[nodiscard]] int run_bench(BenchOptions& options);

}  // namespace quorate::cli
