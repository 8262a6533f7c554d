// The syntax of Java properties: every rule of java.util.Properties.load, and bounded memory.
#include "server/config/properties.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace quorate::config {
namespace {

using std::string_literals::operator""s;

struct Case {
  std::string name;
  std::string text;
  /// Keys, values and lines as `key|value|line` each.
  std::vector<std::string> expected;
};

std::vector<std::string> parsed(const std::string& text) {
  std::vector<std::string> result;
  const PropertiesText properties = parse_properties(text, "f");
  for (const Property& property : properties.properties) {
    EXPECT_EQ(property.place.source, "f");
    result.push_back(property.key + "|" + property.value + "|" +
                     std::to_string(property.place.line));
  }
  for (const Problem& problem : properties.errors) {
    result.push_back("error " + problem.key + "|" + std::to_string(problem.place.line));
  }
  return result;
}

class PropertiesCase : public testing::TestWithParam<Case> {};

TEST_P(PropertiesCase, Parses) { EXPECT_EQ(parsed(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(Separators, PropertiesCase,
                         testing::ValuesIn(std::vector<Case>{
                             {"equals", "a=b", {"a|b|1"}},
                             {"colon", "a:b", {"a|b|1"}},
                             {"space", "a b", {"a|b|1"}},
                             {"tab", "a\tb", {"a|b|1"}},
                             {"form_feed", "a\fb", {"a|b|1"}},
                             {"blanks_around", " \t\fa \t= \f b c ", {"a|b c |1"}},
                             {"only_one_separator", "a==b", {"a|=b|1"}},
                             {"colon_then_equals", "a:=b", {"a|=b|1"}},
                             {"space_equals", "a = = b", {"a|= b|1"}},
                             {"no_value", "a", {"a||1"}},
                             {"no_value_with_separator", "a=", {"a||1"}},
                             {"no_key", "=b", {"|b|1"}},
                             {"escaped_separators_in_key", "a\\=b\\:c\\ d=e", {"a=b:c d|e|1"}},
                             {"separators_in_value", "a=b=c:d", {"a|b=c:d|1"}},
                             {"vertical_tab_is_no_blank", "a\vb=c", {"a\vb|c|1"}},
                         }),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Lines, PropertiesCase,
                         testing::ValuesIn(std::vector<Case>{
                             {"empty", "", {}},
                             {"only_blank_lines", "\n \n\t\n\r\n", {}},
                             {"line_feed", "a=1\nb=2\n", {"a|1|1", "b|2|2"}},
                             {"carriage_return", "a=1\rb=2\r", {"a|1|1", "b|2|2"}},
                             {"both", "a=1\r\nb=2\r\n", {"a|1|1", "b|2|2"}},
                             {"line_feed_then_carriage_return", "a=1\n\rb=2", {"a|1|1", "b|2|3"}},
                             {"no_end", "a=1\nb=2", {"a|1|1", "b|2|2"}},
                             {"hash_comment", "#a=1\nb=2", {"b|2|2"}},
                             {"bang_comment", "  !a=1\nb=2", {"b|2|2"}},
                             {"hash_in_value", "a=#1", {"a|#1|1"}},
                             {"hash_in_key", "a#=1", {"a#|1|1"}},
                             {"comment_does_not_continue", "#a\\\nb=2", {"b|2|2"}},
                             {"duplicates_are_kept", "a=1\na=2", {"a|1|1", "a|2|2"}},
                         }),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Continuations, PropertiesCase,
                         testing::ValuesIn(std::vector<Case>{
                             {"value", "a=b\\\nc\nd=e", {"a|bc|1", "d|e|3"}},
                             {"leading_blanks_are_dropped", "a=b\\\n \t\f c", {"a|bc|1"}},
                             {"trailing_blanks_are_kept", "a=b \\\nc", {"a|b c|1"}},
                             {"carriage_return", "a=b\\\rc", {"a|bc|1"}},
                             {"both", "a=b\\\r\nc", {"a|bc|1"}},
                             {"key", "a\\\nb=c", {"ab|c|1"}},
                             {"two_backslashes_end", "a=b\\\\\nc=d", {"a|b\\|1", "c|d|2"}},
                             {"three_backslashes_continue", "a=b\\\\\\\nc", {"a|b\\c|1"}},
                             {"hash_is_no_comment_there", "a=b\\\n#c", {"a|b#c|1"}},
                             {"empty_line_ends_it", "a=b\\\n\nc=d", {"a|b|1", "c|d|3"}},
                             {"blank_line_ends_it", "a=b\\\n  \nc=d", {"a|b|1", "c|d|3"}},
                             {"at_the_end_of_the_text", "a=b\\", {"a|b|1"}},
                             {"nothing_but_backslash", "\\\nb=c", {"b|c|2"}},
                             {"nothing_at_all", "\\\n\nb=c", {"b|c|3"}},
                             {"backslash_then_comment", "\\\n#a=b", {}},
                         }),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Escapes, PropertiesCase,
                         testing::ValuesIn(std::vector<Case>{
                             {"letters", "a=\\t\\n\\r\\f", {"a|\t\n\r\f|1"}},
                             {"others_stand_for_themselves", "a=\\b\\z\\\"\\'\\0", {"a|bz\"'0|1"}},
                             {"backslash", "a=c:\\\\d", {"a|c:\\d|1"}},
                             {"leading_blank", "a=\\ b", {"a| b|1"}},
                             {"ascii", "a=\\u0041", {"a|A|1"}},
                             {"lower_case_digits", "a=\\u00e9", {"a|\xc3\xa9|1"}},
                             {"upper_case_digits", "a=\\u00E9", {"a|\xc3\xa9|1"}},
                             {"three_bytes", "a=\\u20ac", {"a|\xe2\x82\xac|1"}},
                             {"pair", "a=\\ud83d\\ude00", {"a|\xf0\x9f\x98\x80|1"}},
                             {"high_alone", "a=\\ud83dx", {"a|\xef\xbf\xbdx|1"}},
                             {"low_alone", "a=\\ude00", {"a|\xef\xbf\xbd|1"}},
                             {"high_then_no_low", "a=\\ud83d\\u0041", {"a|\xef\xbf\xbd"s + "A|1"}},
                             {"in_key", "\\u0061=b", {"a|b|1"}},
                             {"escaped_separator_is_no_separator", "a\\u003db=c", {"a=b|c|1"}},
                             {"too_short", "a=\\u12\nb=c", {"b|c|2", "error a|1"}},
                             {"no_digits", "a=\\uxyz1\nb=c", {"b|c|2", "error a|1"}},
                             {"in_key_too_short", "\\u1=b", {"error |1"}},
                             {"bytes_above_ascii_stay", "a=\xc3\xa9\xff", {"a|\xc3\xa9\xff|1"}},
                             {"nul_stays", "a=b\0c"s, {"a|b\0c|1"s}},
                         }),
                         [](const auto& each) { return each.param.name; });

/// Writes a key or value so that it reads back.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (std::string(" \t\f=:#!\\").find(c) != std::string::npos) {
      result += std::string("\\") + c;
    } else {
      result += c;
    }
  }
  return result;
}

TEST(Properties, WrittenTextReadsBack) {
  std::mt19937 random(11);
  const std::string alphabet = " \t\f\n\r=:#!\\abu0\xc3";
  const auto random_text = [&](size_t size_min) {
    std::string text(size_min + random() % 8, 'x');
    for (char& c : text) {
      c = alphabet[random() % alphabet.size()];
    }
    return text;
  };
  for (int round = 0; round < 5000; ++round) {
    const std::string key = random_text(1);
    const std::string value = random_text(0);
    const PropertiesText read = parse_properties(escaped(key) + " = " + escaped(value) + "\n", "f");
    ASSERT_EQ(read.properties.size(), 1U);
    EXPECT_EQ(read.properties[0].key, key);
    EXPECT_EQ(read.properties[0].value, value);
  }
}

TEST(Properties, AnyBytesAreAcceptedInBoundedMemory) {
  std::mt19937 random(12);
  const std::string alphabet = "\\\\\n\r=u0 #a";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) {
      c = random() % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    }
    size_t bytes = 0;
    for (const Property& property : parse_properties(text, "f").properties) {
      bytes += property.key.size() + property.value.size();
      EXPECT_GE(property.place.line, 1);
    }
    // An escape is never shorter than what it stands for.
    EXPECT_LE(bytes, text.size());
  }
}

}  // namespace
}  // namespace quorate::config
