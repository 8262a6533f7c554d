// RateLimit: what it lets through, what it counts, and the field that tells.
#include "server/log/rate_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "server/log/log.h"
#include "tests/server/log/memory_sink.h"

namespace quorate::log {
namespace {

using std::chrono::milliseconds;
using TimePoint = RateLimit::Clock::time_point;

TimePoint at(int64_t ms) { return TimePoint(milliseconds(ms)); }

TEST(RateLimit, LetsThroughItsLinesAndCountsTheRest) {
  RateLimit limit(2, milliseconds(1000));
  EXPECT_EQ(limit.admit(at(0)), 0U);
  EXPECT_EQ(limit.admit(at(1)), 0U);
  EXPECT_EQ(limit.admit(at(2)), std::nullopt);
  EXPECT_EQ(limit.admit(at(999)), std::nullopt);
  EXPECT_EQ(limit.admit(at(1000)), 2U);
  EXPECT_EQ(limit.admit(at(1001)), 0U);
  EXPECT_EQ(limit.admit(at(1002)), std::nullopt);
  EXPECT_EQ(limit.admit(at(5000)), 1U);
}

TEST(RateLimit, APeriodBeginsWithItsFirstLine) {
  RateLimit limit(1, milliseconds(1000));
  EXPECT_EQ(limit.admit(at(500)), 0U);
  EXPECT_EQ(limit.admit(at(1499)), std::nullopt);
  EXPECT_EQ(limit.admit(at(1500)), 1U);
}

TEST(RateLimit, WritesTheCount) {
  auto sink = std::make_unique<MemorySink>();
  const auto lines = sink->lines();
  Logger logger(std::move(sink), Format::kText, Level::kInfo);
  install(&logger);
  RateLimit one_an_hour(1, std::chrono::hours(1));
  for (int i = 0; i < 5; ++i) {
    one_an_hour.write(Level::kWarn, "slow", {{"index", i}});
  }
  one_an_hour.write(Level::kDebug, "off");
  EXPECT_EQ(one_an_hour.admit(RateLimit::Clock::now() + std::chrono::hours(2)), 4U);
  install(nullptr);
  const std::vector<MemorySink::Written> written = lines->take();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_TRUE(written[0].text.ends_with(" warn slow index=0"));
}

TEST(RateLimit, TheFieldSuppressedFollowsTheOthers) {
  auto sink = std::make_unique<MemorySink>();
  const auto lines = sink->lines();
  Logger logger(std::move(sink), Format::kText, Level::kInfo);
  install(&logger);
  // Held back an hour ago, then let through by write() at the present time.
  const TimePoint past = RateLimit::Clock::now() - std::chrono::hours(1);
  RateLimit limit(1, std::chrono::minutes(1));
  EXPECT_EQ(limit.admit(past), 0U);
  EXPECT_EQ(limit.admit(past), std::nullopt);
  EXPECT_EQ(limit.admit(past), std::nullopt);
  limit.write(Level::kInfo, "back", {{"a", 1}});
  install(nullptr);
  const std::vector<MemorySink::Written> written = lines->take();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_TRUE(written[0].text.ends_with(" info back a=1 suppressed=2")) << written[0].text;
}

TEST(RateLimit, CountsEveryLineOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 500;
  RateLimit limit(3, std::chrono::hours(1));
  std::atomic<int> admitted{0};
  const TimePoint now = at(0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&limit, &admitted, now] {
        for (int i = 0; i < kCalls; ++i) {
          if (limit.admit(now)) {
            ++admitted;
          }
        }
      });
    }
  }
  EXPECT_EQ(admitted, 3);
  EXPECT_EQ(limit.admit(now + std::chrono::hours(1)), uint64_t{kThreads * kCalls - 3});
}

}  // namespace
}  // namespace quorate::log
