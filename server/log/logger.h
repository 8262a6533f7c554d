// Structured log lines: an event name and fields, as key=value text or JSON. Any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "server/base/result.h"
#include "server/base/secret.h"

namespace quorate::log {

enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class Format : uint8_t { kText, kJson };

struct Options {
  Format format = Format::kText;
  Level level = Level::kInfo;
  std::string file;  ///< Empty: standard error.
  size_t file_bytes_max = size_t{100} << 20;
  size_t file_count = 4;  ///< Rotated files that are kept.
};

/// The value of a field. A Secret prints as ***; control characters and bytes that are no UTF-8 are
/// escaped, so that no value can start a line or a field of its own.
class Value {
 public:
  Value(std::string_view text) : value_(std::string(text)) {}       // NOLINT implicit
  Value(const char* text) : value_(std::string(text)) {}            // NOLINT implicit
  Value(std::string text) : value_(std::move(text)) {}              // NOLINT implicit
  Value(bool value) : value_(value) {}                              // NOLINT implicit
  Value(double value) : value_(value) {}                            // NOLINT implicit
  Value(const Secret&) : value_(std::string(Secret::kRedacted)) {}  // NOLINT implicit
  template <std::integral T>
  Value(T value) : value_(static_cast<int64_t>(value)) {}  // NOLINT implicit

  [[nodiscard]] const std::variant<std::string, bool, double, int64_t>& get() const {
    return value_;
  }

 private:
  std::variant<std::string, bool, double, int64_t> value_;
};

struct Field {
  std::string_view key;  ///< snake_case, ours.
  Value value;
};
using Fields = std::initializer_list<Field>;

/// Sets the sink up; before it, lines of level info and above go to standard error as text.
[[nodiscard]] Status start(const Options& options);
[[nodiscard]] bool enabled(Level level);
/// Writes one line if `level` is on. `event` is snake_case, ours, and names what happened.
void write(Level level, std::string_view event, Fields fields);
/// Writes out everything that is buffered.
void flush();

inline void debug(std::string_view event, Fields fields) { write(Level::kDebug, event, fields); }
inline void info(std::string_view event, Fields fields) { write(Level::kInfo, event, fields); }
inline void warn(std::string_view event, Fields fields) { write(Level::kWarn, event, fields); }
inline void error(std::string_view event, Fields fields) { write(Level::kError, event, fields); }

/// 0x and lower-case digits, as zxids and sessions are written everywhere.
[[nodiscard]] std::string hex(int64_t value);

}  // namespace quorate::log
