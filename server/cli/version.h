// Version of this build, as the commands say it.
#pragma once

namespace quorate::cli {

/// "3.9.3-quorate-0.1.0, built on 2026-11-21": the ZooKeeper version whose behaviour it has in
/// front.
inline constexpr const char* kVersionText =
    "3.9.3-quorate-" QUORATE_VERSION ", built on " QUORATE_BUILT_ON;

}  // namespace quorate::cli
