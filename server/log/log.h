// Structured logging: one event and its fields a line.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "server/log/field.h"
#include "server/log/level.h"
#include "server/log/sink.h"

namespace quorate::log {

/// Writes lines of at least its level to one sink. Every function may be called by any thread. A
/// line below the level costs one relaxed load.
class Logger {
 public:
  Logger(std::unique_ptr<Sink> sink, Format format, Level level)
      : sink_(std::move(sink)), format_(format), level_(level) {}

  [[nodiscard]] Level level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] bool is_enabled(Level level) const {
    return level != Level::kOff && level >= this->level();
  }

  /// Writes a line at the present time. `event` names what happened, `session_expired`; it and the
  /// keys are literals, everything that varies is a value.
  void write(Level level, std::string_view event, std::span<const Field> fields) const;

  /// Hands what is buffered to the operating system.
  void flush() const { sink_->flush(); }

  [[nodiscard]] uint64_t lost_count() const { return sink_->lost_count(); }

 private:
  std::unique_ptr<Sink> sink_;
  Format format_;
  std::atomic<Level> level_;
};

/// The logger that the functions below write to: until install() is called, text to standard
/// error from level info.
[[nodiscard]] Logger& current();

/// Makes `logger` the one of the process; null brings the first one back. The caller keeps it alive
/// until another is installed and no thread logs any more. Meant for main() and for tests.
void install(Logger* logger);

/// The fields of a line, in braces.
using Fields = std::initializer_list<Field>;

/// Whether a line of the level would be written; ask before costly values are made.
[[nodiscard]] inline bool enabled(Level level) { return current().is_enabled(level); }

/// Writes a line when its level is enabled:
///
///     log::info("client_connected", {{"session", id}, {"address", text}});
inline void write(Level level, std::string_view event, Fields fields = {}) {
  const Logger& logger = current();
  if (logger.is_enabled(level)) {
    logger.write(level, event, fields);
  }
}

inline void trace(std::string_view event, Fields fields = {}) {
  write(Level::kTrace, event, fields);
}
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::kInfo, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::kWarn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::kError, event, fields);
}
/// The last line before the process stops. A field says what the operator has to do. It does not
/// stop the process.
inline void panic(std::string_view event, Fields fields = {}) {
  write(Level::kPanic, event, fields);
}

}  // namespace quorate::log
