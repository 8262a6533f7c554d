// A log line as text.
#include "server/log/line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <variant>

#include "server/log/escape.h"

namespace quorate::log {
namespace {

template <typename Number>
void append_number(std::string& to, Number value, int base = 10) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value, base);
  to.append(text, end);
}

void append_double(std::string& to, double value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  to.append(text, end);
}

void append_padded(std::string& to, int64_t value, int digits) {
  char text[8];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  to.append(text, static_cast<size_t>(digits));
}

struct AppendText {
  std::string& to;
  void operator()(bool value) const { to += value ? "true" : "false"; }
  void operator()(int64_t value) const { append_number(to, value); }
  void operator()(uint64_t value) const { append_number(to, value); }
  void operator()(double value) const { append_double(to, value); }
  void operator()(Hex value) const {
    to += "0x";
    append_number(to, value.value, 16);
  }
  void operator()(std::string_view value) const { append_text_value(to, value); }
};

struct AppendJson {
  std::string& to;
  void operator()(bool value) const { to += value ? "true" : "false"; }
  void operator()(int64_t value) const { append_number(to, value); }
  void operator()(uint64_t value) const { append_number(to, value); }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      append_double(to, value);
    } else {
      to += "null";
    }
  }
  void operator()(Hex value) const {
    to += "\"0x";
    append_number(to, value.value, 16);
    to += '"';
  }
  void operator()(std::string_view value) const { append_json_string(to, value); }
};

void append_text_line(std::string& to, const Line& line) {
  append_time(to, line.unix_ms);
  to += ' ';
  to += to_text(line.level);
  to += ' ';
  append_key(to, line.event);
  for (const Field& field : line.fields) {
    to += ' ';
    append_key(to, field.key);
    to += '=';
    std::visit(AppendText{to}, field.value.variant());
  }
}

void append_json_line(std::string& to, const Line& line) {
  to += "{\"time\":\"";
  append_time(to, line.unix_ms);
  to += "\",\"level\":\"";
  to += to_text(line.level);
  to += "\",\"event\":\"";
  append_key(to, line.event);
  to += '"';
  for (const Field& field : line.fields) {
    to += ",\"";
    append_key(to, field.key);
    to += "\":";
    std::visit(AppendJson{to}, field.value.variant());
  }
  to += '}';
}

struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

/// The proleptic Gregorian date `days` after 1970-01-01, by 400-year eras that begin in March.
Date date_of(int64_t days) {
  constexpr int64_t kDaysToMarch0000 = 719468;
  constexpr int64_t kDaysOfEra = 146097;
  const int64_t shifted = days + kDaysToMarch0000;
  const int64_t era = shifted / kDaysOfEra;
  const int64_t day_of_era = shifted % kDaysOfEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

}  // namespace

std::string_view to_text(Level level) {
  switch (level) {
    case Level::kTrace:
      return "trace";
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
    case Level::kPanic:
      return "panic";
    case Level::kOff:
      return "off";
  }
  return "off";
}

void append_time(std::string& to, int64_t unix_ms) {
  constexpr int64_t kDayMs = 86400000;
  constexpr int64_t kYear9999EndMs = 253402300799999;
  const int64_t clamped = std::clamp<int64_t>(unix_ms, 0, kYear9999EndMs);
  const Date date = date_of(clamped / kDayMs);
  const int64_t ms = clamped % kDayMs;
  append_padded(to, date.year, 4);
  to += '-';
  append_padded(to, date.month, 2);
  to += '-';
  append_padded(to, date.day, 2);
  to += 'T';
  append_padded(to, ms / 3600000, 2);
  to += ':';
  append_padded(to, ms / 60000 % 60, 2);
  to += ':';
  append_padded(to, ms / 1000 % 60, 2);
  to += '.';
  append_padded(to, ms % 1000, 3);
  to += 'Z';
}

void append_line(std::string& to, const Line& line, Format format) {
  if (format == Format::kJson) {
    append_json_line(to, line);
  } else {
    append_text_line(to, line);
  }
}

}  // namespace quorate::log
