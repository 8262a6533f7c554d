// A sink that keeps its lines in memory, for tests.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/log/sink.h"

namespace quorate::log {

/// Keeps every line; the lines outlive the sink.
class MemorySink final : public Sink {
 public:
  struct Written {
    std::string text;
    bool is_flushed = false;
  };

  /// Lines that any thread adds and the test takes.
  class Lines {
   public:
    void add(Written line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    }
    [[nodiscard]] std::vector<Written> take() {
      const std::lock_guard lock(mutex_);
      return std::exchange(lines_, {});
    }

   private:
    std::mutex mutex_;
    std::vector<Written> lines_;
  };

  [[nodiscard]] std::shared_ptr<Lines> lines() const { return lines_; }

  void write(std::string_view line, bool flush) override {
    lines_->add({.text = std::string(line), .is_flushed = flush});
  }
  void flush() override {}
  [[nodiscard]] uint64_t lost_count() const override { return 0; }

 private:
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

}  // namespace quorate::log
