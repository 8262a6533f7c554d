// Path rules, compared with the verdicts of Apache's own PathUtils.
#include "server/wire/path.h"

#include <gtest/gtest.h>

#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

TEST(Path, AgreesWithApache) {
  for (const auto& [verdict, path] : read_vectors("paths.txt")) {
    ASSERT_TRUE(verdict == "valid" || verdict == "invalid");
    const ExactCopy copy(path);
    EXPECT_EQ(is_valid_path(copy.view()), verdict == "valid") << to_hex(path) << " " << path;
  }
}

// The three bytes of a code point below U+10000, surrogates too.
std::string utf8(uint32_t point) {
  std::string bytes;
  if (point < 0x80) {
    bytes.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    bytes.push_back(static_cast<char>(0xC0 | point >> 6));
    bytes.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    bytes.push_back(static_cast<char>(0xE0 | point >> 12));
    bytes.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    bytes.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
  return bytes;
}

TEST(Path, EveryCharacterOfTheBasicPlane) {
  for (uint32_t point = 0; point < 0x10000; ++point) {
    const bool forbidden = point <= 0x1F || (point >= 0x7F && point <= 0x9F) ||
                           (point >= 0xD800 && point <= 0xF8FF) || point >= 0xFFF0;
    const bool structure = point == '/' || point == '.';
    if (!structure) {
      EXPECT_EQ(is_valid_path("/" + utf8(point)), !forbidden) << point;
      EXPECT_EQ(is_valid_path("/a" + utf8(point) + "/b"), !forbidden) << point;
    }
  }
}

TEST(Path, OverlongAndCutSequencesAreRefused) {
  for (const char* hex : {"c0af", "c1bf", "e0809f", "e09fbf", "f0808080", "c3", "e697", "e6", "80",
                          "e6c3a9", "c32f", "fe", "ff", "f09f9880"}) {
    EXPECT_FALSE(is_valid_path("/" + from_hex(hex))) << hex;
    EXPECT_FALSE(is_valid_path("/a" + from_hex(hex) + "b")) << hex;
  }
}

TEST(Path, Parents) {
  EXPECT_EQ(parent_of("/a"), "/");
  EXPECT_EQ(parent_of("/a/b"), "/a");
  EXPECT_EQ(parent_of("/a/b/c"), "/a/b");
  EXPECT_EQ(parent_of("/a/"), "/a");
  EXPECT_EQ(parent_of("/"), "");
  EXPECT_EQ(parent_of(""), "");
  EXPECT_EQ(parent_of("a"), "");
}

TEST(Path, Names) {
  EXPECT_EQ(name_of_path("/a"), "a");
  EXPECT_EQ(name_of_path("/a/b"), "b");
  EXPECT_EQ(name_of_path("/a/"), "");
  EXPECT_EQ(name_of_path("/"), "");
  EXPECT_EQ(name_of_path(""), "");
  EXPECT_EQ(name_of_path("a"), "a");
}

TEST(Path, Within) {
  EXPECT_TRUE(is_within("/a", "/a"));
  EXPECT_TRUE(is_within("/a/b", "/a"));
  EXPECT_FALSE(is_within("/ab", "/a"));
  EXPECT_FALSE(is_within("/", "/a"));
  EXPECT_TRUE(is_within("/", "/"));
  EXPECT_TRUE(is_within("/a", "/"));
  EXPECT_FALSE(is_within("", "/"));
  EXPECT_TRUE(is_within("/a/b/c", "/a/b"));
  EXPECT_FALSE(is_within("/a", "/a/b"));
}

}  // namespace
}  // namespace quorate::wire
