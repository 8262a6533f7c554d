// Levels and formats of log lines.
#pragma once

#include <cstdint>
#include <string_view>

namespace quorate::log {

/// How grave a line is. kPanic is for the line before the process stops: it says what the operator
/// has to do. kOff is no level of a line: a logger at kOff writes nothing.
enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kPanic, kOff };

/// kText: `2026-01-02T03:04:05.678Z info event key=value key="a value"`.
/// kJson: `{"time":"...","level":"info","event":"event","key":"value"}`.
enum class Format : uint8_t { kText, kJson };

/// `trace` to `panic`, and `off`.
[[nodiscard]] std::string_view to_text(Level level);

}  // namespace quorate::log
