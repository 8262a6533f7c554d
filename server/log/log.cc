// Structured logging: formats a line in a buffer of the thread and hands it to the sink.
#include "server/log/log.h"

#include <chrono>
#include <string>

#include "server/log/line.h"

namespace quorate::log {
namespace {

int64_t unix_ms_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

/// Null stands for the default logger.
std::atomic<Logger*> installed{nullptr};

Logger& default_logger() {
  // Never destroyed: threads may log while the process ends.
  static Logger& logger = *new Logger(stderr_sink(), Format::kText, Level::kInfo);
  return logger;
}

}  // namespace

void Logger::write(Level level, std::string_view event, std::span<const Field> fields) const {
  constexpr size_t kKeptBytesMax = 64 * 1024;
  thread_local std::string buffer;
  buffer.clear();
  append_line(buffer, {.unix_ms = unix_ms_now(), .level = level, .event = event, .fields = fields},
              format_);
  sink_->write(buffer, level >= Level::kInfo);
  if (buffer.capacity() > kKeptBytesMax) {
    std::string().swap(buffer);
  }
}

Logger& current() {
  Logger* logger = installed.load(std::memory_order_acquire);
  return logger != nullptr ? *logger : default_logger();
}

void install(Logger* logger) { installed.store(logger, std::memory_order_release); }

}  // namespace quorate::log
