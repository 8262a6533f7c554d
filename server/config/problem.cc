// Problem as one readable line.
#include "server/config/problem.h"

#include <string_view>

namespace quorate::config {
namespace {

/// Appends `text` with control characters as \xHH, so that a file cannot forge lines of output.
void append_escaped(std::string& to, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      to += "\\x";
      to += kHex[byte >> 4];
      to += kHex[byte & 15];
    } else {
      to += c;
    }
  }
}

}  // namespace

std::string to_text(const Problem& problem) {
  std::string text;
  append_escaped(text, problem.place.source);
  if (problem.place.line > 0) {
    text += ':' + std::to_string(problem.place.line);
  }
  if (!text.empty()) {
    text += ": ";
  }
  if (!problem.key.empty()) {
    append_escaped(text, problem.key);
    text += ": ";
  }
  append_escaped(text, problem.message);
  return text;
}

}  // namespace quorate::config
