// The full rule of valid paths, over UTF-8.
//
// Apache decodes a path to UTF-16 first, replacing every malformed byte by U+FFFD, and then refuses
// U+0000-001F, U+007F-009F, U+D800-F8FF and U+FFF0-FFFF. The last range holds U+FFFD, the one
// before it all halves of surrogate pairs: malformed bytes and four-byte sequences are never valid.
#include "server/wire/path.h"

#include <cstdint>

namespace quorate::wire {

namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Size of the allowed character that starts at `rest`, whose first byte is 0x80 or above; 0 if it
// is malformed or forbidden.
size_t allowed_multibyte_size(std::string_view rest) {
  const auto byte = [rest](size_t index) {
    return index < rest.size() ? static_cast<unsigned char>(rest[index])
                               : static_cast<unsigned char>(0);
  };
  const unsigned char lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) {
    const uint32_t point = (lead & 0x1FU) << 6 | (byte(1) & 0x3FU);
    return is_continuation(byte(1)) && point > 0x9F ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint32_t point = (lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    const bool well_formed = is_continuation(byte(1)) && is_continuation(byte(2)) && point >= 0x800;
    const bool forbidden = (point >= 0xD800 && point <= 0xF8FF) || point >= 0xFFF0;
    return well_formed && !forbidden ? 3 : 0;
  }
  return 0;
}

bool is_valid_component(std::string_view component) {
  return !component.empty() && component != "." && component != "..";
}

}  // namespace

bool is_valid_path(std::string_view path) {
  if (path.empty() || path[0] != '/') {
    return false;
  }
  if (path.size() == 1) {
    return true;
  }
  size_t start = 1;
  for (size_t at = 1; at < path.size();) {
    const auto byte = static_cast<unsigned char>(path[at]);
    if (byte == '/') {
      if (!is_valid_component(path.substr(start, at - start))) {
        return false;
      }
      start = ++at;
      continue;
    }
    if (byte < 0x80) {
      if (byte < 0x20 || byte == 0x7F) {
        return false;
      }
      ++at;
      continue;
    }
    const size_t size = allowed_multibyte_size(path.substr(at));
    if (size == 0) {
      return false;
    }
    at += size;
  }
  return is_valid_component(path.substr(start));
}

}  // namespace quorate::wire
