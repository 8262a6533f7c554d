// Result, Status and the assertion that guards them.
#include "server/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace quorate {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Error{ErrorKind::kInvalidInput, "odd"};
  }
  return number / 2;
}

Status require_even(int number) {
  const Result<int> result = half(number);
  if (!result) {
    return result.error();
  }
  return {};
}

TEST(Result, HoldsAValue) {
  const Result<int> result = half(4);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result.value(), 2);
  EXPECT_EQ(*result, 2);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = half(3);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(result.error().message, "odd");
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, ReachesIntoItsValue) {
  Result<std::string> result = std::string("abc");
  EXPECT_EQ(result->size(), 3U);
  *result += "d";
  EXPECT_EQ(result.value(), "abcd");
}

TEST(Status, PassesErrorsOn) {
  EXPECT_TRUE(require_even(2).ok());
  EXPECT_FALSE(require_even(3).ok());
  EXPECT_EQ(require_even(3).error().message, "odd");
}

TEST(ResultDeathTest, ReadingTheWrongSideAborts) {
  const Result<int> error = half(3);
  const Result<int> value = half(2);
  const Status fine;
  EXPECT_DEATH((void)error.value(), "PANIC assertion failed: ok\\(\\)");
  EXPECT_DEATH((void)value.error(), "PANIC assertion failed: !ok\\(\\)");
  EXPECT_DEATH((void)fine.error(), "PANIC assertion failed");
}

}  // namespace
}  // namespace quorate
