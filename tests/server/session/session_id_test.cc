// Session ids and passwords against values taken from running ZooKeeper servers.
#include "server/session/session_id.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::session {
namespace {

std::string hex(const Password& password) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : password) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string_view view(const Password& password) { return {password.data(), password.size()}; }

TEST(SessionPassword, MatchesVectorsOfZooKeeper) {
  EXPECT_EQ(hex(password_of(SessionId{0xB3415C00})), "60b420bb3851d9d47acb933dbe70399b");
  EXPECT_EQ(hex(password_of(SessionId{0x1})), "054cc74a37327db215e702e20c73f005");
  EXPECT_EQ(hex(password_of(SessionId{0x100000000000000})), "f22acd4a97e69d6d20a49bb638eadb38");
  EXPECT_EQ(hex(password_of(SessionId{0x10007ab7c550006})), "07c34e909ace120a12bf5d5fdab91304");
}

TEST(SessionPassword, MatchesOnlyItself) {
  const SessionId session{0x10007ab7c550006};
  const Password right = password_of(session);
  EXPECT_TRUE(password_matches(session, view(right)));
  for (size_t at = 0; at < right.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Password wrong = right;
      wrong[at] = static_cast<char>(wrong[at] ^ (1 << bit));
      EXPECT_FALSE(password_matches(session, view(wrong))) << at << ' ' << bit;
    }
  }
}

TEST(SessionPassword, RefusesOtherLengths) {
  const SessionId session{7};
  const Password right = password_of(session);
  EXPECT_FALSE(password_matches(session, ""));
  EXPECT_FALSE(password_matches(session, view(right).substr(0, 15)));
  EXPECT_FALSE(password_matches(session, std::string(view(right)) + '\0'));
}

TEST(SessionPassword, RefusesSessionZero) {
  EXPECT_FALSE(password_matches(SessionId{0}, view(password_of(SessionId{0}))));
}

TEST(FirstSessionId, HoldsServerAndFortyBitsOfTime) {
  EXPECT_EQ(first_session_id(ServerId{1}, WallMillis{0}).value, 0x0100000000000000);
  EXPECT_EQ(first_session_id(ServerId{1}, WallMillis{1}).value, 0x0100000000010000);
  EXPECT_EQ(first_session_id(ServerId{3}, WallMillis{0xFFFFFFFFFF}).value, 0x03FFFFFFFFFF0000);
  // Higher bits of the clock fall off instead of changing the server's byte.
  EXPECT_EQ(first_session_id(ServerId{2}, WallMillis{0x10000000005}).value, 0x0200000000050000);
  EXPECT_EQ(static_cast<uint64_t>(first_session_id(ServerId{255}, WallMillis{1}).value),
            0xFF00000000010000u);
}

TEST(FirstSessionId, AvoidsTheOwnerOfContainers) {
  EXPECT_EQ(static_cast<uint64_t>(first_session_id(ServerId{128}, WallMillis{0}).value),
            0x8000000000000001u);
}

}  // namespace
}  // namespace quorate::session
