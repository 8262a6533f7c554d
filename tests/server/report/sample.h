// A member's facts with every field set, for tests of what is made from them.
#pragma once

#include "server/config/config.h"
#include "server/report/inputs.h"

namespace quorate::report {

/// Inputs of a standalone member with two clients, two watches, two ephemerals. `config` outlives
/// the result.
[[nodiscard]] Inputs sample_inputs(const config::Config& config);

/// The configuration that goes with it.
[[nodiscard]] config::Config sample_config();

}  // namespace quorate::report
