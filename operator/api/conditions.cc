// Conditions and their times.
#include "operator/api/conditions.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "server/base/text.h"

namespace quorate::api {

namespace {

Condition& find_or_add(QuorumClusterStatus& status, std::string_view type) {
  for (Condition& each : *status.mutable_conditions()) {
    if (each.type() == type) {
      return each;
    }
  }
  Condition& added = *status.add_conditions();
  added.set_type(std::string(type));
  return added;
}

/// `count` digits at `at`, of min..max.
std::optional<int> digits(std::string_view text, size_t at, size_t count, int min, int max) {
  if (text.size() < at + count || text[at] == '+' || text[at] == '-') {
    return std::nullopt;
  }
  const auto number = parse_integer(text.substr(at, count), min, max);
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

}  // namespace

std::string_view text_of(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return "False";
    case Truth::kTrue:
      return "True";
    case Truth::kUnknown:
      return "Unknown";
  }
  return "Unknown";
}

void set_condition(QuorumClusterStatus& status, std::string_view type, const ConditionState& state,
                   int32_t generation, WallMillis now) {
  Condition& to = find_or_add(status, type);
  if (to.status() != text_of(state.status)) {
    to.set_status(std::string(text_of(state.status)));
    to.set_last_transition_time(time_text(now));
  }
  to.set_reason(state.reason);
  to.set_message(state.message);
  to.set_observed_generation(generation);
}

const Condition* find_condition(const QuorumClusterStatus& status, std::string_view type) {
  for (const Condition& each : status.conditions()) {
    if (each.type() == type) {
      return &each;
    }
  }
  return nullptr;
}

bool is_true(const QuorumClusterStatus& status, std::string_view type) {
  const Condition* const found = find_condition(status, type);
  return found != nullptr && found->status() == "True";
}

std::string time_text(WallMillis time) {
  using std::chrono::days, std::chrono::seconds;
  const seconds since_epoch = std::chrono::floor<seconds>(std::chrono::milliseconds(time.value));
  const days day = std::chrono::floor<days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const auto of_day = static_cast<int>((since_epoch - day).count());
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), of_day / 3600, of_day / 60 % 60, of_day % 60);
  return text.data();
}

std::optional<WallMillis> parse_time(std::string_view text) {
  const auto year = digits(text, 0, 4, 1970, 9999);
  const auto month = digits(text, 5, 2, 1, 12);
  const auto day = digits(text, 8, 2, 1, 31);
  const auto hour = digits(text, 11, 2, 0, 23);
  const auto minute = digits(text, 14, 2, 0, 59);
  const auto second = digits(text, 17, 2, 0, 60);
  if (!year || !month || !day || !hour || !minute || !second || text.back() != 'Z' ||
      text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  int64_t millis = ((days * 24 + *hour) * 60 + *minute) * 60000 + int64_t{*second} * 1000;
  if (text[19] == '.') {
    int64_t unit = 100;
    for (size_t i = 20; i < text.size() - 1; ++i, unit /= 10) {
      if (text[i] < '0' || text[i] > '9') {
        return std::nullopt;
      }
      millis += (text[i] - '0') * unit;
    }
  } else if (text.size() != 20) {
    return std::nullopt;
  }
  return WallMillis{millis};
}

}  // namespace quorate::api
