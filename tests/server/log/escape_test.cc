// Values of log lines: whatever the bytes, one line, valid UTF-8, valid JSON, nothing that steers.
#include "server/log/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace quorate::log {
namespace {

using std::string_literals::operator""s;

std::string text_of(std::string_view value) {
  std::string to;
  append_text_value(to, value);
  return to;
}

std::string json_of(std::string_view value) {
  std::string to;
  append_json_string(to, value);
  return to;
}

struct Case {
  std::string name;
  std::string value;
  std::string text;
  std::string json;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"word", "plain", "plain", R"("plain")"},
      {"path", "/a/b-c_d.0", "/a/b-c_d.0", R"("/a/b-c_d.0")"},
      {"empty", "", R"("")", R"("")"},
      {"blank", "two words", R"("two words")", R"("two words")"},
      {"equals", "a=b", R"("a=b")", R"("a=b")"},
      {"quote", R"(say "hi")", R"("say \"hi\"")", R"("say \"hi\"")"},
      {"single_quote", "it's", R"("it's")", R"("it's")"},
      {"backslash", R"(a\b)", R"("a\\b")", R"("a\\b")"},
      {"newline", "a\nlevel=error", R"("a\nlevel=error")", "\"a\\u000alevel=error\""},
      {"carriage_return", "a\rb", R"("a\rb")", "\"a\\u000db\""},
      {"tab", "a\tb", R"("a\tb")", "\"a\\u0009b\""},
      {"escape", "\x1b[31mred", R"("\x1b[31mred")", "\"\\u001b[31mred\""},
      {"nul", "a\0b"s, R"("a\x00b")", "\"a\\u0000b\""},
      {"del", "a\x7f", R"("a\x7f")", "\"a\\u007f\""},
      {"c1_csi", "\xc2\x9b", R"("\u{9b}")", "\"\\u009b\""},
      {"line_separator", "\xe2\x80\xa8", R"("\u{2028}")", "\"\\u2028\""},
      {"right_to_left", "\xe2\x80\xae", R"("\u{202e}")", "\"\\u202e\""},
      {"umlaut", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\""},
      {"emoji", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
      {"lone_continuation", "a\x80z", R"("a\x80z")", R"("a\ufffdz")"},
      {"cut_sequence", "a\xe2\x82", R"("a\xe2\x82")", R"("a\ufffd\ufffd")"},
      {"overlong", "\xc0\xaf", R"("\xc0\xaf")", R"("\ufffd\ufffd")"},
      {"overlong_3", "\xe0\x80\xaf", R"("\xe0\x80\xaf")", R"("\ufffd\ufffd\ufffd")"},
      {"surrogate", "\xed\xa0\x80", R"("\xed\xa0\x80")", R"("\ufffd\ufffd\ufffd")"},
      {"above_10ffff", "\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")",
       R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"ff", "\xff", R"("\xff")", R"("\ufffd")"},
  };
  return kCases;
}

TEST(Escape, Text) {
  for (const Case& c : cases()) {
    EXPECT_EQ(text_of(c.value), c.text) << c.name;
  }
}

TEST(Escape, Json) {
  for (const Case& c : cases()) {
    EXPECT_EQ(json_of(c.value), c.json) << c.name;
  }
}

TEST(Escape, JsonReadsBackWhatIsUtf8) {
  for (const Case& c : cases()) {
    const nlohmann::json parsed = nlohmann::json::parse(json_of(c.value));
    if (c.json.find("ufffd") == std::string::npos) {
      EXPECT_EQ(parsed.get<std::string>(), c.value) << c.name;
    }
  }
}

TEST(Escape, RandomBytesStayOneValidLine) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string value(random() % 40, '\0');
    for (char& c : value) {
      c = static_cast<char>(random());
    }
    for (const std::string& written : {text_of(value), json_of(value)}) {
      for (const char c : written) {
        ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
      }
      // nlohmann refuses strings that are not UTF-8.
      ASSERT_NO_THROW((void)nlohmann::json(written).dump());
    }
    ASSERT_TRUE(nlohmann::json::accept(json_of(value)));
  }
}

TEST(Escape, LongValuesAreCutBetweenCharacters) {
  // Three bytes a character, so that the limit falls inside one.
  std::string value;
  while (value.size() < kValueBytesMax + 100) {
    value += "\xe2\x82\xac";
  }
  const std::string text = text_of(value);
  EXPECT_LT(text.size(), kValueBytesMax + 40);
  EXPECT_EQ(text.find("\\x"), std::string::npos);
  EXPECT_TRUE(text.ends_with(" bytes)\"")) << text.substr(text.size() - 30);
  EXPECT_TRUE(nlohmann::json::accept(json_of(value)));

  std::string exact(kValueBytesMax, 'a');
  EXPECT_EQ(text_of(exact), exact);
  exact += "bcd";
  EXPECT_TRUE(text_of(exact).ends_with("a...(+3 bytes)\""));
}

TEST(Escape, Keys) {
  std::string to;
  append_key(to, "duration_ms");
  EXPECT_EQ(to, "duration_ms");
  to.clear();
  append_key(to, "a b=\"\n\x1b");
  EXPECT_EQ(to, "a_b____");
}

}  // namespace
}  // namespace quorate::log
