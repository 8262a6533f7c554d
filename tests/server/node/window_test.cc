// The committed window: bounds by count and bytes, and the buffers that come back.
#include <gtest/gtest.h>

#include "server/node/committed_window.h"

namespace quorate::node {
namespace {

TEST(CommittedWindow, KeepsTheNewestUpToTheCount) {
  CommittedWindow window(3, 1000);
  for (const char* txn : {"a", "b", "c", "d", "e"}) {
    window.push(txn);
  }
  ASSERT_EQ(window.size(), 3U);
  EXPECT_EQ(window[0], "c");
  EXPECT_EQ(window[2], "e");
  EXPECT_EQ(window.bytes(), 3U);
}

TEST(CommittedWindow, KeepsTheNewestUpToTheBytesAndOneInAnyCase) {
  CommittedWindow window(100, 10);
  window.push("12345");
  window.push("67890");
  EXPECT_EQ(window.size(), 2U);
  window.push("x");
  EXPECT_EQ(window.size(), 2U);
  EXPECT_EQ(window.bytes(), 6U);
  window.push(std::string(50, 'y'));
  EXPECT_EQ(window.size(), 1U);
  EXPECT_EQ(window.bytes(), 50U);
}

TEST(CommittedWindow, OfNothingKeepsNothing) {
  CommittedWindow window(0, 1000);
  window.push("a");
  EXPECT_EQ(window.size(), 0U);
  EXPECT_EQ(window.bytes(), 0U);
}

TEST(CommittedWindow, GivesSmallBuffersBackEmptyAndLargeOnesToTheSystem) {
  CommittedWindow window(1, size_t{1} << 20);
  window.push(std::string(1000, 'a'));
  window.push(std::string(100000, 'b'));
  const std::string buffer = window.take_buffer();
  EXPECT_TRUE(buffer.empty());
  EXPECT_GE(buffer.capacity(), 1000U);
  window.push("c");  // The large one leaves.
  EXPECT_LT(window.take_buffer().capacity(), 1000U);
}

}  // namespace
}  // namespace quorate::node
