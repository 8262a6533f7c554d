// The ring against std::deque, under random pushes and pops.
#include "server/base/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace quorate {
namespace {

TEST(Ring, BehavesAsADeque) {
  std::mt19937 random(1);
  Ring<int> ring;
  std::deque<int> model;
  for (int step = 0; step < 20000; ++step) {
    const unsigned choice = random() % 16;
    // Phases of growth and of shrinking, so that the ring wraps and empties.
    const unsigned pushes = step / 500 % 2 == 0 ? 9 : 6;
    if (choice < pushes) {
      EXPECT_EQ(ring.push(step), step);
      model.push_back(step);
    } else if (choice == 15 && !model.empty()) {
      ring.pop_back();
      model.pop_back();
    } else if (!model.empty()) {
      EXPECT_EQ(ring.pop(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(ring.size(), model.size());
    ASSERT_EQ(ring.empty(), model.empty());
    if (!model.empty()) {
      ASSERT_EQ(ring.front(), model.front());
      ASSERT_EQ(ring.back(), model.back());
      const size_t index = random() % model.size();
      ASSERT_EQ(ring[index], model[index]);
    }
  }
}

TEST(Ring, PoppedSlotsLetGo) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  ring.push(value);
  ring.push(value);
  (void)ring.pop();
  EXPECT_EQ(value.use_count(), 2);
  ring.pop_back();
  EXPECT_EQ(value.use_count(), 1);
  ring.push(value);
  ring.clear();
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_TRUE(ring.empty());
  ring.push(value);
  EXPECT_EQ(ring.size(), 1U);
}

TEST(RingDeathTest, EmptyHasNothingToGive) {
  Ring<int> ring;
  EXPECT_DEATH((void)ring.front(), "PANIC");
  EXPECT_DEATH((void)ring.pop(), "PANIC");
  EXPECT_DEATH(ring.pop_back(), "PANIC");
  EXPECT_DEATH((void)ring[0], "PANIC");
}

}  // namespace
}  // namespace quorate
