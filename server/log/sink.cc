// Sinks by spdlog. The one file that sees its exceptions.
#include "server/log/sink.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <exception>
#include <utility>

namespace quorate::log {
namespace {

/// Hands lines to a sink of spdlog, which locks and adds the end of line.
class SpdlogSink final : public Sink {
 public:
  explicit SpdlogSink(std::shared_ptr<spdlog::sinks::sink> sink) : sink_(std::move(sink)) {
    sink_->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  }

  void write(std::string_view line, bool flush) override {
    try {
      const spdlog::details::log_msg message(spdlog::string_view_t(), spdlog::level::info,
                                             spdlog::string_view_t(line.data(), line.size()));
      sink_->log(message);
      if (flush) {
        sink_->flush();
      }
    } catch (const std::exception&) {
      lost_count_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  void flush() override {
    try {
      sink_->flush();
    } catch (const std::exception&) {
      lost_count_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  [[nodiscard]] uint64_t lost_count() const override {
    return lost_count_.load(std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
  std::atomic<uint64_t> lost_count_{0};
};

}  // namespace

std::unique_ptr<Sink> stderr_sink() {
  return std::make_unique<SpdlogSink>(std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::unique_ptr<Sink> stdout_sink() {
  return std::make_unique<SpdlogSink>(std::make_shared<spdlog::sinks::stdout_sink_mt>());
}

Result<std::unique_ptr<Sink>> file_sink(const FileOptions& options) {
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        options.path, static_cast<size_t>(options.size_bytes_max),
        static_cast<size_t>(options.count));
    return std::unique_ptr<Sink>(std::make_unique<SpdlogSink>(std::move(sink)));
  } catch (const std::exception& failure) {
    return Error{.kind = ErrorKind::kIo,
                 .message = "cannot open log file " + options.path + ": " + failure.what()};
  }
}

}  // namespace quorate::log
