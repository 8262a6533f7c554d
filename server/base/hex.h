// Bytes as hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace quorate {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Appends the two lower-case digits of `byte`.
inline void append_hex(std::string& to, unsigned char byte) {
  to.push_back(kHexDigits[byte >> 4]);
  to.push_back(kHexDigits[byte & 15]);
}

}  // namespace quorate
