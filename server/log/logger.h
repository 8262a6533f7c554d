// The header that users of the log include: lines, and the start of the process's logger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "server/base/result.h"
#include "server/log/log.h"

namespace quorate::log {

/// Where and how the process logs.
struct Options {
  Format format = Format::kText;
  Level level = Level::kInfo;
  /// File that is rotated; empty: standard error.
  std::string file;
  /// Size at which the file is rotated, and rotated files that are kept.
  size_t file_bytes_max = size_t{100} << 20;
  size_t file_count = 4;
};

/// Makes and installs the logger of the process, which lives until the process ends. Before it,
/// text of level info and above goes to standard error. Errors: the file cannot be opened; the
/// former logger stays.
[[nodiscard]] Status start(const Options& options);

/// Hands everything that is buffered to the operating system.
void flush();

/// 0x and lower-case digits, as zxids and sessions are written everywhere. A Zxid or SessionId as
/// a value is written so by itself.
[[nodiscard]] std::string hex(int64_t value);

}  // namespace quorate::log
