// Values inside objects: times, quantities, numbers and lists as text.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <string>

#include "operator/local/object.h"

namespace quorate::local {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    text = text.substr(end + 1);
    if (text.empty()) {
      parts.emplace_back();
    }
  }
  return parts;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) {
    text.remove_prefix(1);
  }
  if (text.empty()) {
    return std::nullopt;
  }
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, c - '0', &value)) {
      return std::nullopt;
    }
  }
  return is_negative ? -value : value;
}

namespace {

// Days since 1970-01-01 of a date of the Gregorian calendar.
int64_t days_of(int64_t year, int64_t month, int64_t day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Date {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
};

Date date_of(int64_t days) {
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t day_of_era = z - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::string format_seconds(int64_t seconds) {
  const int64_t days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
  const int64_t rest = seconds - days * 86400;
  const Date date = date_of(days);
  char buffer[160];
  std::snprintf(buffer, sizeof(buffer), "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld",
                static_cast<long long>(date.year), static_cast<long long>(date.month),
                static_cast<long long>(date.day), static_cast<long long>(rest / 3600),
                static_cast<long long>(rest / 60 % 60), static_cast<long long>(rest % 60));
  return buffer;
}

int64_t floor_seconds(int64_t millis) {
  return millis >= 0 ? millis / 1000 : (millis - 999) / 1000;
}

// Reads `count` digits at `*position`.
std::optional<int64_t> digits(std::string_view text, size_t& position, size_t count) {
  if (position + count > text.size()) {
    return std::nullopt;
  }
  const auto value = parse_integer(text.substr(position, count));
  position += count;
  return value && *value >= 0 ? value : std::nullopt;
}

// The offset from UTC at the end of a time, in seconds.
std::optional<int64_t> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    return std::nullopt;
  }
  const auto hours = parse_integer(text.substr(1, 2));
  const auto minutes = parse_integer(text.substr(4, 2));
  if (!hours || !minutes) {
    return std::nullopt;
  }
  const int64_t seconds = *hours * 3600 + *minutes * 60;
  return text[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string format_time(WallMillis time) { return format_seconds(floor_seconds(time.value)) + "Z"; }

std::string format_micro_time(WallMillis time) {
  const int64_t seconds = floor_seconds(time.value);
  const int64_t millis = time.value - seconds * 1000;
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), ".%03d000Z", static_cast<int>(millis));
  return format_seconds(seconds) + buffer;
}

std::optional<WallMillis> parse_time(std::string_view text) {
  size_t position = 0;
  int64_t field[6] = {};
  constexpr size_t kWidth[6] = {4, 2, 2, 2, 2, 2};
  constexpr std::string_view kAfter = "--T::";
  for (size_t i = 0; i < 6; ++i) {
    const auto value = digits(text, position, kWidth[i]);
    if (!value) {
      return std::nullopt;
    }
    field[i] = *value;
    if (i < 5 && (position >= text.size() || text[position++] != kAfter[i])) {
      return std::nullopt;
    }
  }
  int64_t millis = 0;
  if (position < text.size() && text[position] == '.') {
    int64_t scale = 100;
    for (++position; position < text.size() && std::isdigit(text[position]) != 0; ++position) {
      millis += (text[position] - '0') * scale;
      scale /= 10;
    }
  }
  const auto offset = offset_of(text.substr(position));
  if (!offset || field[1] < 1 || field[1] > 12 || field[2] < 1 || field[2] > 31 || field[3] > 23 ||
      field[4] > 59 || field[5] > 60) {
    return std::nullopt;
  }
  const int64_t seconds = days_of(field[0], field[1], field[2]) * 86400 + field[3] * 3600 +
                          field[4] * 60 + field[5] - *offset;
  return WallMillis{seconds * 1000 + millis};
}

namespace {

// The factor of a quantity's suffix.
std::optional<double> suffix_factor(std::string_view suffix) {
  constexpr std::pair<std::string_view, double> kFactors[] = {{"", 1},
                                                              {"n", 1e-9},
                                                              {"u", 1e-6},
                                                              {"m", 1e-3},
                                                              {"k", 1e3},
                                                              {"M", 1e6},
                                                              {"G", 1e9},
                                                              {"T", 1e12},
                                                              {"P", 1e15},
                                                              {"E", 1e18},
                                                              {"Ki", 1024.0},
                                                              {"Mi", 1048576.0},
                                                              {"Gi", 1073741824.0},
                                                              {"Ti", 1099511627776.0},
                                                              {"Pi", 1125899906842624.0},
                                                              {"Ei", 1152921504606846976.0}};
  for (const auto& [name, factor] : kFactors) {
    if (suffix == name) {
      return factor;
    }
  }
  if ((suffix[0] == 'e' || suffix[0] == 'E') && suffix.size() <= 4) {
    const std::string_view exponent = suffix.substr(suffix.size() > 1 && suffix[1] == '+' ? 2 : 1);
    if (const auto value = parse_integer(exponent)) {
      return std::pow(10.0, static_cast<double>(*value));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_quantity_milli(const Json& value) {
  if (value.is_number_integer()) {
    const int64_t whole = value.get<int64_t>();
    const bool fits = whole < INT64_MAX / 1000 && whole > INT64_MIN / 1000;
    return fits ? std::optional(whole * 1000) : std::nullopt;
  }
  if (value.is_number()) {
    return static_cast<int64_t>(value.get<double>() * 1000);
  }
  if (!value.is_string()) {
    return std::nullopt;
  }
  const auto& quantity = value.get_ref<const std::string&>();
  size_t end = quantity.starts_with('-') || quantity.starts_with('+') ? 1 : 0;
  const bool is_negative = quantity.starts_with('-');
  double number = 0;
  double scale = 0;
  bool any = false;
  for (; end < quantity.size(); ++end) {
    const char c = quantity[end];
    if (c == '.' && scale == 0) {
      scale = 1;
    } else if (c >= '0' && c <= '9') {
      any = true;
      number = number * 10 + (c - '0');
      scale *= 10;
    } else {
      break;
    }
  }
  const auto factor = suffix_factor(std::string_view(quantity).substr(end));
  if (!any || !factor) {
    return std::nullopt;
  }
  const double milli = number / (scale == 0 ? 1 : scale) * *factor * 1000;
  if (milli > 9.2e18) {
    return INT64_MAX;
  }
  return static_cast<int64_t>(std::ceil(is_negative ? -milli : milli));
}

}  // namespace quorate::local
