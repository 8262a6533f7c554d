// A log line as text: time, level, event and fields in either format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/log/field.h"
#include "server/log/level.h"

namespace quorate::log {

/// Everything that stands in one line.
struct Line {
  /// Milliseconds since 1970-01-01 UTC, of the years 1970 to 9999; others are clamped.
  int64_t unix_ms = 0;
  Level level = Level::kInfo;
  /// What happened, in lower case with underscores: `session_expired`. A literal.
  std::string_view event;
  std::span<const Field> fields;
};

/// Appends the line without its end. It holds no control character whatever the values are.
void append_line(std::string& to, const Line& line, Format format);

/// Appends `2026-01-02T03:04:05.678Z`.
void append_time(std::string& to, int64_t unix_ms);

}  // namespace quorate::log
