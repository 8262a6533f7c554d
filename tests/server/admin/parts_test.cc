// Limits, credentials, the token file and the spool, each alone.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "server/admin/credentials.h"
#include "server/admin/file.h"
#include "server/admin/limits.h"

namespace quorate::admin {
namespace {

TimePoint at_ms(int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

TEST(IntervalLimit, AdmitsOneInEachInterval) {
  IntervalLimit limit(std::chrono::seconds(1));
  EXPECT_TRUE(limit.admit(at_ms(0)));
  EXPECT_FALSE(limit.admit(at_ms(999)));
  EXPECT_TRUE(limit.admit(at_ms(1000))) << "a refused one does not lengthen the wait";
  EXPECT_FALSE(limit.admit(at_ms(1500)));
}

TEST(IntervalLimit, ZeroIsNoLimit) {
  IntervalLimit limit(Duration(0));
  EXPECT_TRUE(limit.admit(at_ms(5)));
  EXPECT_TRUE(limit.admit(at_ms(5)));
}

TEST(FailureLimit, BlocksOneAddressForAPeriod) {
  FailureLimit limit;
  for (int count = 0; count < FailureLimit::kFailuresMax; ++count) {
    EXPECT_FALSE(limit.is_blocked("a", at_ms(count)));
    limit.record("a", at_ms(count));
  }
  EXPECT_TRUE(limit.is_blocked("a", at_ms(100)));
  EXPECT_FALSE(limit.is_blocked("b", at_ms(100)));
  EXPECT_TRUE(limit.is_blocked("a", at_ms(9999)));
  EXPECT_FALSE(limit.is_blocked("a", at_ms(10'000)));
}

TEST(FailureLimit, OldFailuresDoNotAddUp) {
  FailureLimit limit;
  for (int count = 0; count < 100; ++count) {
    limit.record("a", at_ms(count * 5000));
    EXPECT_FALSE(limit.is_blocked("a", at_ms(count * 5000)));
  }
}

TEST(FailureLimit, IsBoundedInAddresses) {
  FailureLimit limit;
  for (size_t index = 0; index < 10 * FailureLimit::kAddressesMax; ++index) {
    limit.record("address" + std::to_string(index), at_ms(0));
  }
  for (int count = 0; count < FailureLimit::kFailuresMax; ++count) {
    limit.record("a", at_ms(0));
  }
  EXPECT_TRUE(limit.is_blocked("a", at_ms(0)));
}

TEST(ParseAuthorization, TakesTwoWords) {
  const auto digest = parse_authorization("digest super:test");
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(digest->scheme, "digest");
  EXPECT_EQ(digest->payload.reveal(), "super:test");
  EXPECT_EQ(parse_authorization(" BEARER\t x ")->scheme, "bearer");
  for (const char* value : {"", " ", "digest", "digest ", " digest", "a b c", "a b\tc"}) {
    EXPECT_FALSE(parse_authorization(value).has_value()) << value;
  }
}

class TokenFileTest : public ::testing::Test {
 protected:
  TokenFileTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "quorate-token-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~TokenFileTest() override { std::filesystem::remove_all(directory_); }

  bool matches(const std::string& content, const std::string& token) {
    const std::string path = directory_ + "/token";
    std::ofstream(path, std::ios::binary) << content;
    return TokenFile(path).matches(Secret(token));
  }

  std::string directory_;
};

TEST_F(TokenFileTest, TakesTheFirstLine) {
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_TRUE(matches("abc\n", "abc"));
  EXPECT_TRUE(matches(" abc \r\nsecond\n", "abc"));
  EXPECT_FALSE(matches("abc\n", "second"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_FALSE(matches("abc", "abcd"));
  EXPECT_FALSE(matches("abc", ""));
}

TEST_F(TokenFileTest, AnEmptyTokenMatchesNothing) {
  for (const char* content : {"", "\n", "  \n", "\nabc\n"}) {
    EXPECT_FALSE(matches(content, ""));
    EXPECT_FALSE(matches(content, "abc"));
  }
  EXPECT_FALSE(TokenFile("").matches(Secret("")));
  EXPECT_FALSE(TokenFile(directory_ + "/none").matches(Secret("")));
  EXPECT_FALSE(TokenFile(directory_).matches(Secret(""))) << "a directory";
  EXPECT_FALSE(TokenFile(directory_ + "/none").is_usable());
  EXPECT_FALSE(TokenFile("").is_configured());
}

TEST(FileTest, KeepsWhatItIsGiven) {
  auto file = File::unnamed(std::filesystem::temp_directory_path());
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE(file->write("hello ").ok());
  ASSERT_TRUE(file->write("world").ok());
  ASSERT_TRUE(file->rewind().ok());
  std::array<char, 64> bytes;
  File moved = *std::move(file);
  EXPECT_FALSE(file->is_open());
  const auto count = moved.read(bytes.data(), bytes.size());
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(std::string(bytes.data(), *count), "hello world");
  EXPECT_EQ(*moved.read(bytes.data(), bytes.size()), 0u);
}

TEST(FileTest, SaysWhatItCannot) {
  const auto missing = File::unnamed("/nonexistent");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("/nonexistent"), std::string::npos);
  File closed;
  EXPECT_FALSE(closed.write("x").ok());
  EXPECT_FALSE(closed.rewind().ok());
  char byte = 0;
  EXPECT_FALSE(closed.read(&byte, 1).ok());
}

}  // namespace
}  // namespace quorate::admin
