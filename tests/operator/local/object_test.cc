// Values of objects: times, quantities, hostile JSON.
#include "operator/local/object.h"

#include <gtest/gtest.h>

#include "operator/local/builtin_rules.h"
#include "operator/local/selector.h"
#include "operator/local/table.h"

namespace quorate::local {
namespace {

TEST(Object, TimesRoundTrip) {
  for (const char* written : {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z",
                              "2026-11-21T18:41:09Z", "2100-03-01T00:00:00Z"}) {
    const auto time = parse_time(written);
    ASSERT_TRUE(time) << written;
    EXPECT_EQ(format_time(*time), written);
  }
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.678900Z")->value % 1000, 678);
  EXPECT_EQ(parse_time("2026-01-02T05:04:05+02:00")->value,
            parse_time("2026-01-02T03:04:05Z")->value);
  for (const char* wrong : {"", "2026", "2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z",
                            "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(Object, Quantities) {
  EXPECT_EQ(parse_quantity_milli("10Gi"), int64_t{10} * 1024 * 1024 * 1024 * 1000);
  EXPECT_EQ(parse_quantity_milli("1.5"), 1500);
  EXPECT_EQ(parse_quantity_milli("100m"), 100);
  EXPECT_EQ(parse_quantity_milli("1e3"), 1000000);
  EXPECT_EQ(parse_quantity_milli(5), 5000);
  EXPECT_EQ(parse_quantity_milli("-2k"), -2000000);
  for (const char* wrong : {"", "Gi", "1 Gi", "1Q", "--1", "1.2.3"}) {
    EXPECT_FALSE(parse_quantity_milli(wrong)) << wrong;
  }
}

TEST(Object, DeepJsonIsRefused) {
  EXPECT_FALSE(parse_json(std::string(100000, '[')));
  EXPECT_FALSE(parse_json(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_TRUE(parse_json(R"({"a":"[[[[[[[[[[{{{{\"[["})"));
}

TEST(Object, Base64) {
  for (const std::string plain : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_EQ(from_base64(base64(plain)), plain);
  }
  EXPECT_EQ(base64("ab"), "YWI=");
  EXPECT_FALSE(from_base64("a*b"));
}

TEST(Object, Ages) {
  EXPECT_EQ(human_duration(5'000), "5s");
  EXPECT_EQ(human_duration(119'000), "119s");
  EXPECT_EQ(human_duration(125'000), "2m5s");
  EXPECT_EQ(human_duration(3 * 3600'000 + 60'000), "3h1m");
  EXPECT_EQ(human_duration(int64_t{50} * 3600'000), "2d2h");
}

TEST(Object, Selectors) {
  const Json labels = {{"app", "web"}, {"tier", "1"}};
  for (const char* matching : {"", "app=web", "app==web,tier", "app in (web,db)", "!missing",
                               "app!=db", "x notin (y)", "tier>0"}) {
    const auto selector = parse_label_selector(matching);
    ASSERT_TRUE(selector) << matching;
    EXPECT_TRUE(selector->matches_labels(labels)) << matching;
  }
  for (const char* other : {"app=db", "missing", "app in (db)", "!app", "tier<1"}) {
    const auto selector = parse_label_selector(other);
    ASSERT_TRUE(selector) << other;
    EXPECT_FALSE(selector->matches_labels(labels)) << other;
  }
  for (const char* wrong : {"app in web", "=x", "app in (a", "a=b c", ","}) {
    EXPECT_FALSE(parse_label_selector(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace quorate::local
