// When the core loop may wait for the disk itself.
#include "server/app/inline_sync.h"

#include <gtest/gtest.h>

namespace quorate::app {
namespace {

constexpr ConnectionId kOne{1};
constexpr ConnectionId kTwo{2};

/// Ends `count` turns in which `speaker` spoke; what the last one said.
bool speak(InlineSync& sync, ConnectionId speaker, uint32_t count, size_t bytes = 100) {
  bool allowed = false;
  for (uint32_t i = 0; i < count; ++i) {
    sync.heard(speaker);
    allowed = sync.turn_ended(bytes);
  }
  return allowed;
}

TEST(InlineSync, BeginsWhenOneConnectionHasBeenAloneForAWhile) {
  InlineSync sync;
  EXPECT_FALSE(speak(sync, kOne, InlineSync::kTurnsAlone - 1));
  EXPECT_TRUE(speak(sync, kOne, 1));
  EXPECT_TRUE(speak(sync, kOne, 100));
  EXPECT_FALSE(sync.turn_ended(100)) << "nobody spoke: the batch has another origin";
}

TEST(InlineSync, EndsWithTheFirstWordOfAnother) {
  InlineSync sync;
  ASSERT_TRUE(speak(sync, kOne, InlineSync::kTurnsAlone));
  EXPECT_FALSE(speak(sync, kTwo, 1));
  EXPECT_FALSE(speak(sync, kOne, InlineSync::kTurnsAlone - 1));
  EXPECT_TRUE(speak(sync, kOne, 1));
  sync.heard(kOne);
  sync.heard(kTwo);
  EXPECT_FALSE(sync.turn_ended(100)) << "both in one turn";
}

TEST(InlineSync, LargeBatchesGoToTheLogThread) {
  InlineSync sync;
  ASSERT_TRUE(speak(sync, kOne, InlineSync::kTurnsAlone));
  EXPECT_FALSE(speak(sync, kOne, 1, InlineSync::kBytesMax + 1));
  EXPECT_TRUE(speak(sync, kOne, 1, InlineSync::kBytesMax));
}

TEST(InlineSync, ASlowDiskIsNotWaitedForAgainSoon) {
  InlineSync sync;
  ASSERT_TRUE(speak(sync, kOne, InlineSync::kTurnsAlone));
  sync.took(InlineSync::kSlow);
  EXPECT_TRUE(speak(sync, kOne, 1));
  sync.took(InlineSync::kSlow + Duration(1));
  EXPECT_FALSE(speak(sync, kOne, InlineSync::kTurnsAfterSlow - 1));
  EXPECT_TRUE(speak(sync, kOne, 1));
}

}  // namespace
}  // namespace quorate::app
