// The start of the process's logger.
#include "server/log/logger.h"

#include <charconv>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace quorate::log {
namespace {

/// Keeps every logger that was ever started: a thread may still be writing to a former one. Never
/// destroyed, for the same reason.
void keep_for_ever(std::unique_ptr<Logger> logger) {
  static std::mutex& mutex = *new std::mutex;
  static auto& loggers = *new std::vector<std::unique_ptr<Logger>>;
  const std::lock_guard lock(mutex);
  loggers.push_back(std::move(logger));
}

}  // namespace

Status start(const Options& options) {
  std::unique_ptr<Sink> sink;
  if (options.file.empty()) {
    sink = stderr_sink();
  } else {
    Result<std::unique_ptr<Sink>> file =
        file_sink({.path = options.file,
                   .size_bytes_max = static_cast<int64_t>(options.file_bytes_max),
                   .count = static_cast<int32_t>(options.file_count)});
    if (!file) {
      return file.error();
    }
    sink = std::move(file).value();
  }
  auto logger = std::make_unique<Logger>(std::move(sink), options.format, options.level);
  install(logger.get());
  keep_for_ever(std::move(logger));
  return {};
}

void flush() { current().flush(); }

std::string hex(int64_t value) {
  char digits[16];
  const auto [end, code] =
      std::to_chars(digits, digits + sizeof digits, static_cast<uint64_t>(value), 16);
  return "0x" + std::string(digits, end);
}

}  // namespace quorate::log
