// The logger: levels, installation, many threads, and what a switched-off line costs.
#include "server/log/log.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/log/allocation_count.h"
#include "tests/server/log/memory_sink.h"

namespace quorate::log {
namespace {

/// A logger over memory, installed for the life of the object.
class Installed {
 public:
  Installed(Format format, Level level)
      : sink_(std::make_unique<MemorySink>()),
        lines_(sink_->lines()),
        logger_(std::move(sink_), format, level) {
    install(&logger_);
  }
  ~Installed() { install(nullptr); }
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;

  Logger& logger() { return logger_; }
  [[nodiscard]] std::vector<MemorySink::Written> lines() const { return lines_->take(); }

 private:
  std::unique_ptr<MemorySink> sink_;
  std::shared_ptr<MemorySink::Lines> lines_;
  Logger logger_;
};

TEST(Log, WritesFromItsLevelUp) {
  Installed installed(Format::kText, Level::kWarn);
  trace("a");
  debug("b");
  info("c");
  warn("d");
  error("e");
  panic("f", {{"do", "restart"}});
  const std::vector<MemorySink::Written> lines = installed.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].text.ends_with(" warn d"));
  EXPECT_TRUE(lines[1].text.ends_with(" error e"));
  EXPECT_TRUE(lines[2].text.ends_with(" panic f do=restart"));
}

TEST(Log, OffWritesNothing) {
  Installed installed(Format::kText, Level::kOff);
  panic("f");
  write(Level::kOff, "never");
  EXPECT_TRUE(installed.lines().empty());
  installed.logger().set_level(Level::kTrace);
  write(Level::kOff, "never");
  EXPECT_TRUE(installed.lines().empty());
}

TEST(Log, TheLevelCanChangeWhileRunning) {
  Installed installed(Format::kText, Level::kInfo);
  debug("hidden");
  installed.logger().set_level(Level::kDebug);
  debug("shown");
  const std::vector<MemorySink::Written> lines = installed.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].text.ends_with(" debug shown"));
  EXPECT_FALSE(lines[0].is_flushed);
}

TEST(Log, LinesFromInfoUpAreFlushed) {
  Installed installed(Format::kText, Level::kTrace);
  trace("a");
  info("b");
  const std::vector<MemorySink::Written> lines = installed.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_FALSE(lines[0].is_flushed);
  EXPECT_TRUE(lines[1].is_flushed);
}

TEST(Log, ALineThatIsOffAllocatesNothing) {
  Installed installed(Format::kJson, Level::kInfo);
  const std::string path = "/a/long/path/that/does/not/fit/into/a/small/string";
  const Secret secret("hunter2");
  const uint64_t before = allocation_count();
  for (int i = 0; i < 100; ++i) {
    debug("request", {{"path", path}, {"zxid", Zxid{i}}, {"token", secret}, {"size", i}});
  }
  EXPECT_EQ(allocation_count(), before);
  EXPECT_TRUE(installed.lines().empty());
}

TEST(Log, ManyThreadsWriteWholeLines) {
  constexpr int kThreads = 8;
  constexpr int kLines = 200;
  Installed installed(Format::kJson, Level::kInfo);
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < kLines; ++i) {
        info("line", {{"thread", t}, {"index", i}, {"text", std::string(50, 'x')}});
      }
    });
  }
  threads.clear();
  std::vector<int> next(kThreads, 0);
  const std::vector<MemorySink::Written> lines = installed.lines();
  ASSERT_EQ(lines.size(), static_cast<size_t>(kThreads * kLines));
  for (const MemorySink::Written& line : lines) {
    const nlohmann::json parsed = nlohmann::json::parse(line.text);
    EXPECT_EQ(parsed["index"], next.at(parsed["thread"].get<size_t>())++);
  }
}

TEST(Log, TheFirstLoggerIsBackAfterAnother) {
  Logger* const first = &current();
  {
    Installed installed(Format::kText, Level::kOff);
    EXPECT_EQ(&current(), &installed.logger());
  }
  EXPECT_EQ(&current(), first);
  EXPECT_EQ(first->level(), Level::kInfo);
}

}  // namespace
}  // namespace quorate::log
