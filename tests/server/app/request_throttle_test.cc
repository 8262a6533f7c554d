// RequestThrottle: who waits, who goes on, who has waited too long.
#include "server/app/request_throttle.h"

#include <gtest/gtest.h>

namespace quorate::app {
namespace {

using Ids = std::vector<ConnectionId>;
using std::chrono::milliseconds;

constexpr ConnectionId kA{1};
constexpr ConnectionId kB{2};
constexpr ConnectionId kC{3};

TimePoint at(int ms) { return TimePoint(milliseconds(1000 + ms)); }

TEST(RequestThrottle, IsOffByDefault) { EXPECT_FALSE(RequestThrottle({}).enabled()); }

TEST(RequestThrottle, HasRoomBelowTheMaximum) {
  const RequestThrottle throttle({.requests_max = 2});
  EXPECT_TRUE(throttle.has_room(1));
  EXPECT_FALSE(throttle.has_room(2));
}

TEST(RequestThrottle, ResumesAsManyAsThereIsRoomForInOrder) {
  RequestThrottle throttle({.requests_max = 2});
  throttle.hold(kA, at(0));
  throttle.hold(kB, at(1));
  throttle.hold(kC, at(2));
  EXPECT_EQ(throttle.resumable(2), Ids{});
  EXPECT_EQ(throttle.resumable(0), (Ids{kA, kB}));
  EXPECT_EQ(throttle.resumable(1), Ids{kC});
  EXPECT_EQ(throttle.resumable(0), Ids{}) << "each once";
}

TEST(RequestThrottle, AConnectionHeldAgainStandsInLineAgainWithItsFirstTime) {
  RequestThrottle throttle({.requests_max = 1, .wait_max = milliseconds(10)});
  throttle.hold(kA, at(0));
  throttle.hold(kB, at(0));
  EXPECT_EQ(throttle.resumable(0), Ids{kA});
  throttle.hold(kA, at(8));
  EXPECT_EQ(throttle.waits(), 2U);
  EXPECT_FALSE(throttle.is_overdue(kA, at(10)));
  EXPECT_TRUE(throttle.is_overdue(kA, at(11)));
  EXPECT_EQ(throttle.resumable(0), Ids{kB});
  EXPECT_EQ(throttle.resumable(0), Ids{kA});
  throttle.release(kA, at(12));
  EXPECT_EQ(throttle.wait_time().max_us(), 12'000);
  EXPECT_FALSE(throttle.is_overdue(kA, at(100)));
}

TEST(RequestThrottle, AConnectionThatIsGoneIsSkipped) {
  RequestThrottle throttle({.requests_max = 1});
  throttle.hold(kA, at(0));
  throttle.hold(kB, at(0));
  throttle.forget(kA);
  EXPECT_EQ(throttle.resumable(0), Ids{kB});
  EXPECT_TRUE(throttle.holds_any());
  throttle.forget(kB);
  EXPECT_FALSE(throttle.holds_any());
}

TEST(RequestThrottle, NobodyIsOverdueWithoutAMaximumWait) {
  RequestThrottle throttle({.requests_max = 1});
  throttle.hold(kA, at(0));
  EXPECT_FALSE(throttle.is_overdue(kA, at(1'000'000)));
}

}  // namespace
}  // namespace quorate::app
