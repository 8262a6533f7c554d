// UTF-8 repair: valid text is kept, malformed parts are cut as Java's decoder cuts them.
#include "server/auth/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::auth {
namespace {

constexpr const char* kMark = "\xEF\xBF\xBD";

std::string marks(int count) {
  std::string text;
  while (count-- > 0) {
    text += kMark;
  }
  return text;
}

TEST(Utf8Repaired, KeepsValidText) {
  for (const std::string text :
       {"", "abc", "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80", "\xC2\x80", "\xDF\xBF",
        "\xE0\xA0\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(utf8_repaired(text), text);
  }
  const std::string zero("a\0b", 3);
  EXPECT_EQ(utf8_repaired(zero), zero);
}

TEST(Utf8Repaired, ReplacesMalformedParts) {
  struct Case {
    const char* bytes;
    std::string repaired;
  };
  const Case cases[] = {
      {"\x80", marks(1)},
      {"\xFF", marks(1)},
      {"a\xC3", "a" + marks(1)},
      {"\xC3z", marks(1) + "z"},
      {"\xC0\x80", marks(2)},
      {"\xE4\xB8", marks(1)},
      {"\xE4\xB8z", marks(1) + "z"},
      {"\xE0\x80\x80", marks(3)},
      {"\xF0\x9F\x98", marks(1)},
      {"\xF0\x9Fz", marks(1) + "z"},
      {"\xF0\x80\x80\x80", marks(4)},
      {"\xF4\x90\x80\x80", marks(4)},
      {"\xF5\x80\x80\x80", marks(4)},
      // A surrogate as three bytes is one malformed part.
      {"\xED\xA0\x80", marks(1)},
      {"\xED\xA0\x80\xED\xB0\x80", marks(2)},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(utf8_repaired(c.bytes), c.repaired) << testing::PrintToString(std::string(c.bytes));
  }
}

}  // namespace
}  // namespace quorate::auth
