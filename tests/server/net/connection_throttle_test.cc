// ConnectionThrottle: bucket, refill, random drops.
#include "server/net/connection_throttle.h"

#include <gtest/gtest.h>

namespace quorate::net {
namespace {

using std::chrono::milliseconds;

TimePoint at(int ms) { return TimePoint(milliseconds(1'000'000 + ms)); }

TEST(ConnectionThrottle, OffByDefault) {
  ConnectionThrottle throttle(ThrottleOptions{});
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(throttle.admit(1, at(0), 0.0));
  }
}

TEST(ConnectionThrottle, AdmitsABucketfulThenAsManyAsAreFilled) {
  ConnectionThrottle throttle({.tokens_max = 3, .fill_time = milliseconds(10), .fill_count = 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(throttle.admit(1, at(0), 0.9));
  }
  EXPECT_FALSE(throttle.admit(1, at(0), 0.9));
  EXPECT_FALSE(throttle.admit(1, at(9), 0.9));
  EXPECT_TRUE(throttle.admit(1, at(25), 0.9));
  EXPECT_TRUE(throttle.admit(1, at(25), 0.9));
  EXPECT_FALSE(throttle.admit(1, at(25), 0.9));
}

TEST(ConnectionThrottle, NeverHoldsMoreThanTheMaximum) {
  ConnectionThrottle throttle({.tokens_max = 2, .fill_time = milliseconds(1), .fill_count = 100});
  EXPECT_TRUE(throttle.admit(1, at(0), 0.9));
  EXPECT_TRUE(throttle.admit(2, at(1'000'000), 0.9));
  EXPECT_EQ(throttle.tokens(), 0);
}

TEST(ConnectionThrottle, RefusesACostThatTheBucketDoesNotHoldAndKeepsTheTokens) {
  ConnectionThrottle throttle({.tokens_max = 4, .fill_time = milliseconds(1000)});
  EXPECT_TRUE(throttle.admit(2, at(0), 0.9));
  EXPECT_FALSE(throttle.admit(3, at(0), 0.9));
  EXPECT_TRUE(throttle.admit(2, at(0), 0.9));
}

TEST(ConnectionThrottle, DropProbabilityRisesWhileEmptyAndFallsWhileFull) {
  ConnectionThrottle throttle({.tokens_max = 1,
                               .fill_time = milliseconds(1000),
                               .freeze_time = milliseconds(10),
                               .drop_increase = 0.25,
                               .drop_decrease = 0.5});
  EXPECT_TRUE(throttle.admit(1, at(0), 0.0));
  EXPECT_FALSE(throttle.admit(1, at(20), 0.99));
  EXPECT_DOUBLE_EQ(throttle.drop_probability(), 0.25);
  EXPECT_FALSE(throttle.admit(1, at(25), 0.99));  // Frozen: no second step yet.
  EXPECT_DOUBLE_EQ(throttle.drop_probability(), 0.25);
  EXPECT_FALSE(throttle.admit(1, at(40), 0.99));
  EXPECT_DOUBLE_EQ(throttle.drop_probability(), 0.5);
  EXPECT_TRUE(throttle.admit(1, at(5000), 0.6));  // Full again: one step down, and chance is kind.
  EXPECT_DOUBLE_EQ(throttle.drop_probability(), 0.0);
}

TEST(ConnectionThrottle, DropsByChanceAlthoughThereAreTokens) {
  ConnectionThrottle throttle({.tokens_max = 1,
                               .fill_time = milliseconds(100),
                               .freeze_time = milliseconds(10),
                               .drop_increase = 0.5,
                               .drop_decrease = 0});
  EXPECT_TRUE(throttle.admit(1, at(0), 0.99));
  EXPECT_FALSE(throttle.admit(1, at(20), 0.99));
  EXPECT_FALSE(throttle.admit(1, at(300), 0.4));
  EXPECT_EQ(throttle.tokens(), 1);
  EXPECT_TRUE(throttle.admit(1, at(300), 0.6));
}

}  // namespace
}  // namespace quorate::net
