// `quorate bench watch`: how long until every watcher has heard of one write.
#pragma once

#include "server/base/result.h"
#include "server/cli/bench_options.h"
#include "server/cli/bench_report.h"

namespace quorate::cli {

/// Arms one-shot watches on all sessions, writes, and waits for every event; `rounds` times.
[[nodiscard]] Status scenario_watch(const BenchOptions& options, BenchReport& report);

}  // namespace quorate::cli
