// Formatting without locale, clock or time zone.
#include "server/report/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace quorate::report {

namespace {

constexpr std::string_view kCompatibleVersion = "3.9.3";

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct CivilTime {
  int year = 0;
  unsigned month = 0;  ///< 1 to 12.
  unsigned day = 0;
  unsigned week_day = 0;  ///< 0 is Sunday.
  int hour = 0;
  int minute = 0;
  int second = 0;
};

CivilTime civil(WallMillis time) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  const milliseconds since_epoch(time.value);
  const auto day = std::chrono::floor<days>(since_epoch);
  const std::chrono::sys_days date{day};
  const std::chrono::year_month_day calendar(date);
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch - day).count();
  return {.year = static_cast<int>(calendar.year()),
          .month = static_cast<unsigned>(calendar.month()),
          .day = static_cast<unsigned>(calendar.day()),
          .week_day = std::chrono::weekday(date).c_encoding(),
          .hour = static_cast<int>(second / 3600),
          .minute = static_cast<int>(second / 60 % 60),
          .second = static_cast<int>(second % 60)};
}

}  // namespace

std::string java_double(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-Infinity" : "Infinity";
  }
  std::array<char, 400> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  std::string text(buffer.data(), end.ptr);
  if (text.find('.') == std::string::npos) {
    text += ".0";
  }
  return text;
}

double rounded(double value) { return std::floor(value * 10000 + 0.5) / 10000; }

std::string hex(int64_t value) {
  std::array<char, 16> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<uint64_t>(value), 16);
  return {buffer.data(), end.ptr};
}

std::string java_date(WallMillis time) {
  const CivilTime at = civil(time);
  std::array<char, 64> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%s %s %02u %02d:%02d:%02d UTC %d",
                                 kDays[at.week_day].data(), kMonths[at.month - 1].data(), at.day,
                                 at.hour, at.minute, at.second, at.year);
  return {buffer.data(), static_cast<size_t>(size)};
}

std::string iso_time(WallMillis time) {
  const CivilTime at = civil(time);
  std::array<char, 64> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                                 at.year, at.month, at.day, at.hour, at.minute, at.second);
  return {buffer.data(), static_cast<size_t>(size)};
}

std::string socket_text(std::string_view address, uint16_t port) {
  const bool is_v6 = address.find(':') != std::string_view::npos;
  std::string text = is_v6 ? "[" : "";
  text += address;
  text += is_v6 ? "]:" : ":";
  return text + std::to_string(port);
}

std::string_view mode_text(node::Role role) {
  switch (role) {
    case node::Role::kStandalone:
      return "standalone";
    case node::Role::kLooking:
      return "looking";
    case node::Role::kFollowing:
      return "follower";
    case node::Role::kLeading:
      return "leader";
    case node::Role::kObserving:
      return "observer";
    case node::Role::kReadOnly:
      return "read-only";
  }
  return "unknown";
}

std::string version_text(const ProcessFacts& process) {
  return std::string(kCompatibleVersion) + "-quorate-" + process.version + ", built on " +
         process.built_on;
}

int64_t uptime_ms(const ProcessFacts& process) {
  return std::max<int64_t>(0, process.now.value - process.started.value);
}

int64_t reported_server_id(const node::Status& status) {
  return status.role == node::Role::kStandalone ? 0 : status.server.value;
}

}  // namespace quorate::report
