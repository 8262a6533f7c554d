// The logger over spdlog.
#include "server/log/logger.h"

#include <array>
#include <cstdio>
#include <memory>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "server/log/format.h"

namespace quorate::log {
namespace {

Format line_format = Format::kText;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("quorate",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  return instance;
}

}  // namespace

Status start(const Options& options) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file, options.file_bytes_max, options.file_count);
    }
    auto made = std::make_shared<spdlog::logger>("quorate", std::move(sink));
    made->set_pattern("%v");
    made->set_level(to_spdlog(options.level));
    made->flush_on(spdlog::level::info);
    logger() = std::move(made);
    line_format = options.format;
  } catch (const spdlog::spdlog_ex& error) {
    return Error{ErrorKind::kIo, "cannot log to " + options.file + ": " + error.what()};
  }
  return Status{};
}

bool enabled(Level level) { return logger()->should_log(to_spdlog(level)); }

void write(Level level, std::string_view event, Fields fields) {
  if (enabled(level)) {
    logger()->log(to_spdlog(level), format_line(line_format, level, event, fields));
  }
}

void flush() { logger()->flush(); }

std::string hex(int64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace quorate::log
