// UTF-8 repair with the cuts of Java's decoder.
#include "server/auth/utf8.h"

#include <cstddef>
#include <cstdint>

namespace quorate::auth {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Part {
  size_t size = 1;
  bool valid = false;
};

bool is_continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Range of the second byte after `lead`: excludes overlong forms and values above U+10FFFF.
// Surrogates pass here and are refused as a whole below.
bool second_fits(uint8_t lead, uint8_t second) {
  if (!is_continuation(second)) {
    return false;
  }
  switch (lead) {
    case 0xE0:
      return second >= 0xA0;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second < 0x90;
    default:
      return true;
  }
}

size_t size_by_lead(uint8_t lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

// The next character of `rest`, or the malformed part that one U+FFFD stands for.
Part next_part(std::string_view rest) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(rest[at]); };
  const size_t size = size_by_lead(byte(0));
  if (size == 0) {
    return {};
  }
  if (size == 1) {
    return {.size = 1, .valid = true};
  }
  if (rest.size() < 2 || !second_fits(byte(0), byte(1))) {
    return {};
  }
  for (size_t at = 2; at < size; ++at) {
    if (at >= rest.size() || !is_continuation(byte(at))) {
      return {.size = at};
    }
  }
  const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
  return {.size = size, .valid = !surrogate};
}

}  // namespace

std::string utf8_repaired(std::string_view bytes) {
  std::string repaired;
  repaired.reserve(bytes.size());
  while (!bytes.empty()) {
    const Part part = next_part(bytes);
    repaired += part.valid ? bytes.substr(0, part.size) : kReplacement;
    bytes.remove_prefix(part.size);
  }
  return repaired;
}

}  // namespace quorate::auth
