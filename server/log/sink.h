// Where log lines go: standard error, standard output, or a file that is rotated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace quorate::log {

/// Takes finished lines. Called by any thread; an implementation does its own locking and never
/// throws: a line that cannot be written is lost and counted.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `line` has no end of line. With `flush`, it is handed to the operating system at once.
  virtual void write(std::string_view line, bool flush) = 0;
  /// Hands what is buffered to the operating system.
  virtual void flush() = 0;
  /// Lines lost so far.
  [[nodiscard]] virtual uint64_t lost_count() const = 0;
};

/// A file that is renamed to FILE.1, FILE.2, ... as it fills.
struct FileOptions {
  std::string path;
  int64_t size_bytes_max = 100 << 20;
  /// Files kept beside the current one, >= 1.
  int32_t count = 4;
};

[[nodiscard]] std::unique_ptr<Sink> stderr_sink();
[[nodiscard]] std::unique_ptr<Sink> stdout_sink();
/// Opens the file for appending; missing directories are created. Errors: the file cannot be
/// opened.
[[nodiscard]] Result<std::unique_ptr<Sink>> file_sink(const FileOptions& options);

}  // namespace quorate::log
