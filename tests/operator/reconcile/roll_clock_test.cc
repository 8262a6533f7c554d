// What the interruption of a roll is.
#include "operator/reconcile/roll_clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace quorate::reconcile {
namespace {

using std::chrono::seconds;

class RollClockTest : public ::testing::Test {
 protected:
  /// A look, a second after the one before.
  std::optional<Duration> look(bool is_rolling, bool is_serving) {
    now_ += seconds(1);
    return clock_.look(is_rolling, is_serving, now_);
  }

  RollClock clock_;
  TimePoint now_;
};

TEST_F(RollClockTest, TheLongestInterruptionIsToldAtTheEndOnce) {
  EXPECT_EQ(look(false, true), std::nullopt);
  EXPECT_EQ(look(true, true), std::nullopt);
  EXPECT_EQ(look(true, false), std::nullopt);
  EXPECT_EQ(look(true, false), std::nullopt);
  EXPECT_EQ(look(true, false), std::nullopt);
  EXPECT_EQ(look(true, true), std::nullopt);  // Three seconds.
  EXPECT_EQ(look(true, false), std::nullopt);
  EXPECT_EQ(look(true, true), std::nullopt);  // One.
  EXPECT_EQ(look(false, true), seconds(3));
  EXPECT_EQ(look(false, true), std::nullopt);
}

TEST_F(RollClockTest, ARollThatNobodyNoticesIsZero) {
  static_cast<void>(look(true, true));
  EXPECT_EQ(look(false, true), Duration::zero());
}

TEST_F(RollClockTest, TheNextRollBeginsAnew) {
  static_cast<void>(look(true, false));
  EXPECT_EQ(look(false, true), seconds(1));
  static_cast<void>(look(true, true));
  EXPECT_EQ(look(false, true), Duration::zero());
}

TEST_F(RollClockTest, AnOutageWithoutARollIsNone) {
  EXPECT_EQ(look(false, false), std::nullopt);
  EXPECT_EQ(look(false, false), std::nullopt);
  EXPECT_EQ(look(true, true), std::nullopt);
  EXPECT_EQ(look(false, true), Duration::zero());
}

}  // namespace
}  // namespace quorate::reconcile
