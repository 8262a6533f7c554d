// What all parts of a simulated world share.
#include "tests/sim/context.h"

#include <cstdarg>
#include <utility>

namespace quorate::sim {

void Trace::mix(std::string_view bytes) {
  for (const char byte : bytes) {
    hash_ = (hash_ ^ static_cast<uint8_t>(byte)) * 0x100000001B3U;
  }
}

void Trace::line(TimePoint now, std::string_view who, std::string_view what) {
  mix(static_cast<uint64_t>(now.time_since_epoch().count()));
  mix(what);
  if (prints_) {
    std::printf("%11.6f %-4.*s %.*s\n", static_cast<double>(now.time_since_epoch().count()) / 1e6,
                static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()),
                what.data());
  }
}

void Context::violate(std::string_view who, std::string what) {
  note(who, "VIOLATION: " + what);
  violations.push_back(std::string(who) + ": " + std::move(what));
}

std::string text(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  char buffer[512];
  const int size = std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return std::string(buffer,
                     std::min<size_t>(static_cast<size_t>(std::max(size, 0)), sizeof buffer - 1));
}

std::string hex(int64_t value) { return text("%llx", static_cast<unsigned long long>(value)); }

std::string name_of(ServerId member) { return "m" + std::to_string(member.value); }

}  // namespace quorate::sim
