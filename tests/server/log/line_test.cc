// Whole lines in both formats: times, types of values, redaction, validity.
#include "server/log/line.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace quorate::log {
namespace {

constexpr int64_t kSomeMs = 1767323045678;  // 2026-01-02T03:04:05.678Z

std::string line_of(Format format, std::vector<Field> fields, Level level = Level::kInfo) {
  std::string to;
  append_line(to, {.unix_ms = kSomeMs, .level = level, .event = "event_name", .fields = fields},
              format);
  return to;
}

std::string time_of(int64_t unix_ms) {
  std::string to;
  append_time(to, unix_ms);
  return to;
}

TEST(Line, Time) {
  EXPECT_EQ(time_of(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_of(kSomeMs), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(time_of(951782399999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(time_of(951782400000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(time_of(951868800000), "2000-03-01T00:00:00.000Z");
  EXPECT_EQ(time_of(1709164800000), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(time_of(4107542400000), "2100-03-01T00:00:00.000Z");
  EXPECT_EQ(time_of(253402300799999), "9999-12-31T23:59:59.999Z");
}

TEST(Line, TimesOutOfRangeAreClamped) {
  EXPECT_EQ(time_of(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_of(std::numeric_limits<int64_t>::max()), "9999-12-31T23:59:59.999Z");
}

TEST(Line, Text) {
  EXPECT_EQ(line_of(Format::kText, {}), "2026-01-02T03:04:05.678Z info event_name");
  EXPECT_EQ(line_of(Format::kText,
                    {{"port", uint16_t{2181}},
                     {"delta", -5},
                     {"is_on", true},
                     {"ratio", 0.5},
                     {"session", SessionId{0x1000a}},
                     {"zxid", Zxid{255}},
                     {"server", ServerId{3}},
                     {"connection", ConnectionId{7}},
                     {"path", "/a b"}},
                    Level::kWarn),
            "2026-01-02T03:04:05.678Z warn event_name port=2181 delta=-5 is_on=true ratio=0.5 "
            "session=0x1000a zxid=0xff server=3 connection=7 path=\"/a b\"");
}

TEST(Line, Json) {
  const nlohmann::json parsed =
      nlohmann::json::parse(line_of(Format::kJson, {{"port", uint16_t{2181}},
                                                    {"delta", -5},
                                                    {"is_on", false},
                                                    {"ratio", 0.25},
                                                    {"session", SessionId{-1}},
                                                    {"big", std::numeric_limits<uint64_t>::max()},
                                                    {"path", std::string("/a\n\"b\"")}}));
  const nlohmann::json expected = {{"time", "2026-01-02T03:04:05.678Z"},
                                   {"level", "info"},
                                   {"event", "event_name"},
                                   {"port", 2181},
                                   {"delta", -5},
                                   {"is_on", false},
                                   {"ratio", 0.25},
                                   {"session", "0xffffffffffffffff"},
                                   {"big", std::numeric_limits<uint64_t>::max()},
                                   {"path", "/a\n\"b\""}};
  EXPECT_EQ(parsed, expected);
}

TEST(Line, JsonHasNoNumberForInfinity) {
  const nlohmann::json parsed = nlohmann::json::parse(
      line_of(Format::kJson, {{"a", std::numeric_limits<double>::infinity()},
                              {"b", std::numeric_limits<double>::quiet_NaN()}}));
  EXPECT_TRUE(parsed["a"].is_null());
  EXPECT_TRUE(parsed["b"].is_null());
}

TEST(Line, SecretsAreNeverWritten) {
  const Secret secret("hunter2");
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line = line_of(format, {{"password", secret}});
    EXPECT_EQ(line.find("hunter2"), std::string::npos);
    EXPECT_NE(line.find("***"), std::string::npos);
  }
}

TEST(Line, AnInjectedLineStaysInsideItsValue) {
  const std::string evil = "x\n2026-01-02T03:04:05.678Z error forged a=b";
  const std::string text = line_of(Format::kText, {{"path", evil}, {"after", 1}});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(text.ends_with("\" after=1"));
  const nlohmann::json parsed =
      nlohmann::json::parse(line_of(Format::kJson, {{"path", "\",\"level\":\"panic"}}));
  EXPECT_EQ(parsed["level"], "info");
  EXPECT_EQ(parsed["path"], "\",\"level\":\"panic");
}

TEST(Line, LevelsHaveNames) {
  const std::vector<std::string> names = {"trace", "debug", "info", "warn",
                                          "error", "panic", "off"};
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(to_text(static_cast<Level>(i)), names[i]);
  }
}

}  // namespace
}  // namespace quorate::log
