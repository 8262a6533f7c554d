// Calendar arithmetic in UTC.
#include "operator/kube/micro_time.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace quorate::kube {

namespace {

using Millis = std::chrono::sys_time<std::chrono::milliseconds>;

void append_padded(std::string& to, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  to.append(width > digits.size() ? width - digits.size() : 0, '0');
  to += digits;
}

/// Without the fraction and the Z.
std::string calendar(Millis time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_padded(text, clock.hours().count(), 2);
  text += ':';
  append_padded(text, clock.minutes().count(), 2);
  text += ':';
  append_padded(text, clock.seconds().count(), 2);
  return text;
}

Millis clamped(WallMillis wall) {
  constexpr int64_t kMax = 253'402'300'799'999;  // The last of year 9999.
  return Millis(std::chrono::milliseconds(std::clamp<int64_t>(wall.value, 0, kMax)));
}

/// The number of `width` digits at `at`, followed by `end`.
std::optional<int> number_at(std::string_view text, size_t at, size_t width, char end) {
  if (text.size() <= at + width || text[at + width] != end) {
    return std::nullopt;
  }
  int value = 0;
  const char* first = text.data() + at;
  const auto [stop, error] = std::from_chars(first, first + width, value);
  if (error != std::errc() || stop != first + width || value < 0) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string micro_time(WallMillis wall) {
  const Millis time = clamped(wall);
  std::string text = calendar(time);
  text += '.';
  append_padded(text, time.time_since_epoch().count() % 1000, 3);
  return text + "000Z";
}

std::string second_time(WallMillis wall) { return calendar(clamped(wall)) + "Z"; }

std::optional<WallMillis> parse_time(std::string_view text) {
  if (!text.ends_with('Z') || text.size() < 20) {
    return std::nullopt;
  }
  const auto year = number_at(text, 0, 4, '-');
  const auto month = number_at(text, 5, 2, '-');
  const auto day = number_at(text, 8, 2, 'T');
  const auto hour = number_at(text, 11, 2, ':');
  const auto minute = number_at(text, 14, 2, ':');
  const auto second = number_at(text, 17, 2, text[19]);
  if (!year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  int64_t millis = 0;
  if (text[19] == '.') {
    const std::string_view fraction = text.substr(20, text.size() - 21);
    for (size_t i = 0; i < 3; ++i) {
      const char digit = i < fraction.size() ? fraction[i] : '0';
      if (digit < '0' || digit > '9') {
        return std::nullopt;
      }
      millis = millis * 10 + (digit - '0');
    }
  } else if (text[19] != 'Z' || text.size() != 20) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const Millis time = std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                      std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
                      std::chrono::milliseconds(millis);
  return WallMillis{time.time_since_epoch().count()};
}

}  // namespace quorate::kube
