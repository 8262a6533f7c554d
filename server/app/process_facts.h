// Facts of the process and its machine, read from the operating system.
#pragma once

#include "server/base/time.h"
#include "server/report/inputs.h"

namespace quorate::app {

/// What does not change while the process runs.
[[nodiscard]] report::ProcessFacts read_process_facts(WallMillis started);
/// Brings file descriptors and memory up to date.
void refresh(report::ProcessFacts& facts, WallMillis now);

}  // namespace quorate::app
