// Escaping of values of log lines.
#include "server/log/escape.h"

#include <algorithm>
#include <cstdint>

namespace quorate::log {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// One character of UTF-8 text. `is_valid` is false for a byte that belongs to none; its size is 1.
struct Decoded {
  uint32_t code = 0;
  size_t size = 1;
  bool is_valid = false;
};

/// Length of the sequence that `byte` starts, 0 when it starts none, and the bits it holds.
struct Lead {
  size_t size;
  uint32_t bits;
  uint32_t code_min;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) {
    return {.size = 1, .bits = byte, .code_min = 0};
  }
  if (byte >= 0xc2 && byte < 0xe0) {
    return {.size = 2, .bits = byte & 0x1fU, .code_min = 0x80};
  }
  if (byte >= 0xe0 && byte < 0xf0) {
    return {.size = 3, .bits = byte & 0x0fU, .code_min = 0x800};
  }
  if (byte >= 0xf0 && byte < 0xf5) {
    return {.size = 4, .bits = byte & 0x07U, .code_min = 0x10000};
  }
  return {.size = 0, .bits = 0, .code_min = 0};
}

/// Decodes the first character of `text`, which is not empty.
Decoded decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const Lead lead = lead_of(first);
  if (lead.size == 0 || lead.size > text.size()) {
    return {.code = first};
  }
  uint32_t code = lead.bits;
  for (size_t i = 1; i < lead.size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) {
      return {.code = first};
    }
    code = (code << 6) | (next & 0x3fU);
  }
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  if (code < lead.code_min || code > 0x10ffff || is_surrogate) {
    return {.code = first};
  }
  return {.code = code, .size = lead.size, .is_valid = true};
}

/// Characters that a terminal or a reader of lines could take for more than a glyph.
bool is_control(uint32_t code) {
  const bool is_c0 = code < 0x20 || code == 0x7f;
  const bool is_c1 = code >= 0x80 && code < 0xa0;
  const bool is_separator = code == 0x2028 || code == 0x2029;
  const bool is_direction = code == 0x200e || code == 0x200f || code == 0x61c ||
                            (code >= 0x202a && code <= 0x202e) ||
                            (code >= 0x2066 && code <= 0x2069);
  const bool is_mark = code == 0xfeff;
  return is_c0 || is_c1 || is_separator || is_direction || is_mark;
}

void append_byte_escape(std::string& to, uint32_t byte) {
  to += "\\x";
  to += kHex[(byte >> 4) & 15];
  to += kHex[byte & 15];
}

void append_text_control(std::string& to, uint32_t code) {
  if (code == '\n') {
    to += "\\n";
  } else if (code == '\r') {
    to += "\\r";
  } else if (code == '\t') {
    to += "\\t";
  } else if (code < 0x80) {
    append_byte_escape(to, code);
  } else {
    std::string digits;
    for (uint32_t rest = code; rest > 0; rest >>= 4) {
      digits.insert(digits.begin(), kHex[rest & 15]);
    }
    to += "\\u{" + digits + "}";
  }
}

void append_json_control(std::string& to, uint32_t code) {
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    to += kHex[(code >> shift) & 15];
  }
}

bool is_plain(char c) {
  return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\' && c != '\'';
}

/// The part of `value` that is written: at most kValueBytesMax bytes, ending between characters.
std::string_view shown_part(std::string_view value) {
  if (value.size() <= kValueBytesMax) {
    return value;
  }
  size_t end = kValueBytesMax;
  while (end > kValueBytesMax - 4 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) {
    --end;
  }
  return value.substr(0, end);
}

std::string cut_mark(size_t bytes) { return "...(+" + std::to_string(bytes) + " bytes)"; }

}  // namespace

void append_text_value(std::string& to, std::string_view value) {
  const std::string_view shown = shown_part(value);
  if (!value.empty() && shown.size() == value.size() && std::ranges::all_of(value, is_plain)) {
    to += value;
    return;
  }
  to += '"';
  for (size_t i = 0; i < shown.size();) {
    const Decoded next = decode(shown.substr(i));
    if (!next.is_valid) {
      append_byte_escape(to, next.code);
    } else if (is_control(next.code)) {
      append_text_control(to, next.code);
    } else {
      if (next.code == '"' || next.code == '\\') {
        to += '\\';
      }
      to += shown.substr(i, next.size);
    }
    i += next.size;
  }
  if (shown.size() < value.size()) {
    to += cut_mark(value.size() - shown.size());
  }
  to += '"';
}

void append_json_string(std::string& to, std::string_view value) {
  const std::string_view shown = shown_part(value);
  to += '"';
  for (size_t i = 0; i < shown.size();) {
    const Decoded next = decode(shown.substr(i));
    if (!next.is_valid) {
      to += "\\ufffd";
    } else if (is_control(next.code)) {
      append_json_control(to, next.code);
    } else {
      if (next.code == '"' || next.code == '\\') {
        to += '\\';
      }
      to += shown.substr(i, next.size);
    }
    i += next.size;
  }
  if (shown.size() < value.size()) {
    to += cut_mark(value.size() - shown.size());
  }
  to += '"';
}

void append_key(std::string& to, std::string_view key) {
  for (const char c : key) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    to += is_word || c == '_' || c == '.' || c == '-' ? c : '_';
  }
}

}  // namespace quorate::log
