// FrameProgress: whole frames, split at every byte, bad lengths, large frames counted once.
#include "server/net/frame_progress.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/server/net/test_clients.h"

namespace quorate::net {
namespace {

using test::frame;
using test::length_bytes;

constexpr int32_t kMax = 1000;

TEST(FrameProgress, EmptyInputHasNoFrame) {
  FrameProgress progress;
  EXPECT_FALSE(progress.advance("", kMax, -1).bad_length);
  EXPECT_EQ(progress.whole, 0U);
}

TEST(FrameProgress, CountsOnlyWholeFrames) {
  const std::string input = frame("abc") + frame("") + frame("de");
  for (size_t size = 0; size <= input.size(); ++size) {
    FrameProgress progress;
    EXPECT_FALSE(progress.advance(std::string_view(input).substr(0, size), kMax, -1).bad_length);
    const size_t expected = size < 7 ? 0 : size < 11 ? 7 : size < 17 ? 11 : 17;
    EXPECT_EQ(progress.whole, expected) << size;
  }
}

TEST(FrameProgress, GoesOnWhereItStoppedAtEveryPairOfSplits) {
  const std::string input = frame("abc") + frame("defgh") + frame("i");
  for (size_t first = 0; first <= input.size(); ++first) {
    for (size_t second = first; second <= input.size(); ++second) {
      FrameProgress progress;
      for (const size_t size : {first, second, input.size()}) {
        progress.advance(std::string_view(input).substr(0, size), kMax, -1);
        EXPECT_LE(progress.whole, size);
      }
      EXPECT_EQ(progress.whole, input.size());
    }
  }
}

TEST(FrameProgress, ConsumedFramesAreForgotten) {
  std::string input = frame("abc") + frame("defgh") + std::string(2, '\0');
  FrameProgress progress;
  progress.advance(input, kMax, -1);
  EXPECT_EQ(progress.whole, 16U);
  progress.consume(7);
  input.erase(0, 7);
  EXPECT_EQ(progress.whole, 9U);
  input += std::string("\0\1x", 3);
  progress.advance(input, kMax, -1);
  EXPECT_EQ(progress.whole, input.size());
}

TEST(FrameProgress, RefusesNegativeAndOversizedLengths) {
  for (const int32_t length : {-1, INT32_MIN, kMax + 1, INT32_MAX}) {
    FrameProgress progress;
    const FrameCheck check = progress.advance(frame("ok") + length_bytes(length), kMax, -1);
    EXPECT_TRUE(check.bad_length) << length;
    EXPECT_EQ(check.length, length);
    EXPECT_EQ(progress.whole, 6U);  // What came before is whole.
  }
}

TEST(FrameProgress, AcceptsTheLargestLength) {
  FrameProgress progress;
  const std::string input = frame(std::string(kMax, 'x'));
  EXPECT_FALSE(progress.advance(input, kMax, -1).bad_length);
  EXPECT_EQ(progress.whole, input.size());
}

TEST(FrameProgress, CountsALargeFrameWhenItsLengthIsSeenAndNotAgain) {
  const std::string input = frame(std::string(100, 'x')) + frame(std::string(99, 'y'));
  FrameProgress progress;
  int64_t large = 0;
  for (size_t size = 0; size <= input.size(); ++size) {
    large += progress.advance(std::string_view(input).substr(0, size), kMax, 99).large_bytes;
    EXPECT_EQ(large, size < 4 ? 0 : 100);
  }
}

}  // namespace
}  // namespace quorate::net
