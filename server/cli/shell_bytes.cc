// Bytes as the shell shows and takes them: hexadecimal dump, base64, UTF-8, path rules in words.
#include <array>

#include "server/cli/shell_format.h"

#include "server/base/hex.h"

namespace quorate::cli {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kRowBytes = 16;

/// Length of the UTF-8 sequence at the front of `bytes`; 0 if it is not one. `code` is its value.
size_t utf8_length(std::string_view bytes, uint32_t& code) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  size_t length = 0;
  if (first < 0x80) {
    code = first;
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    code = first & 0x1F;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code = first & 0x0F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    code = first & 0x07;
  }
  if (length == 0 || length > bytes.size()) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xC0) != 0x80) {
      return 0;
    }
    code = (code << 6) | (next & 0x3F);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

std::string at_position(std::string_view what, size_t position) {
  return std::string(what) + " @" + std::to_string(position);
}

bool is_forbidden(uint32_t code) {
  return (code >= 0x1 && code <= 0x1F) || (code >= 0x7F && code <= 0x9F) ||
         (code >= 0xD800 && code <= 0xF8FF) || (code >= 0xFFF0 && code <= 0xFFFF) || code > 0xFFFF;
}

/// Why the component [begin, end) of `path` is not allowed.
std::string component_problem(std::string_view path, size_t begin, size_t end) {
  const std::string_view name = path.substr(begin, end - begin);
  if (name.empty()) {
    return at_position("empty node name specified", begin);
  }
  if (name == "." || name == "..") {
    return at_position("relative paths not allowed", end - 1);
  }
  size_t at = 0;
  while (at < name.size()) {
    uint32_t code = 0;
    const size_t length = utf8_length(name.substr(at), code);
    if (length == 1 && code == 0) {
      return at_position("null character not allowed", begin + at);
    }
    if (length == 0 || is_forbidden(code)) {
      return at_position("invalid character", begin + at);
    }
    at += length;
  }
  return {};
}

}  // namespace

std::string hex_dump(std::string_view bytes) {
  const std::string rule =
      "+--------+-------------------------------------------------+----------------+\n";
  std::string text =
      "         +-------------------------------------------------+\n"
      "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n" +
      rule;
  for (size_t row = 0; row < bytes.size(); row += kRowBytes) {
    text.push_back('|');
    for (int shift = 28; shift >= 0; shift -= 4) {
      text.push_back(kHexDigits[(row >> shift) & 15]);
    }
    text.push_back('|');
    std::string readable;
    for (size_t i = row; i < row + kRowBytes; ++i) {
      if (i >= bytes.size()) {
        text.append("   ");
        readable.push_back(' ');
        continue;
      }
      const auto byte = static_cast<unsigned char>(bytes[i]);
      text.push_back(' ');
      append_hex(text, byte);
      readable.push_back(byte > 0x1F && byte < 0x7F ? static_cast<char>(byte) : '.');
    }
    text.append(" |").append(readable).append("|\n");
  }
  return text + rule;
}

std::string base64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = (group << 8) | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      text.push_back(j <= have ? kBase64[(group >> (18 - 6 * j)) & 63] : '=');
    }
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  const auto bad = [](std::string why) { return Error{ErrorKind::kInvalidInput, std::move(why)}; };
  std::string_view digits = text.substr(0, text.find_last_not_of('=') + 1);
  const size_t padding = text.size() - digits.size();
  std::string bytes;
  uint32_t group = 0;
  size_t bits = 0;
  for (const char digit : digits) {
    const size_t value = kBase64.find(digit);
    if (value == kBase64.npos) {
      const auto byte = static_cast<unsigned char>(digit);
      return bad(std::string("Illegal base64 character ") + kHexDigits[byte >> 4] +
                 kHexDigits[byte & 15]);
    }
    group = (group << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(group >> bits));
    }
  }
  const bool complete = padding == 0 || text.size() % 4 == 0;
  if (digits.size() % 4 == 1 || padding > 2 || !complete) {
    return bad("Input byte array has wrong 4-byte ending unit");
  }
  return bytes;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    uint32_t code = 0;
    const size_t length = utf8_length(bytes, code);
    if (length == 0) {
      return false;
    }
    bytes.remove_prefix(length);
  }
  return true;
}

Json data_json(const std::optional<std::string>& data) {
  if (!data) {
    return Json(nullptr);
  }
  return is_utf8(*data) ? Json(*data) : Json{{"base64", base64(*data)}};
}

std::string path_problem(std::string_view path, bool sequential) {
  const std::string appended = sequential ? std::string(path) + "1" : std::string(path);
  if (appended.empty()) {
    return "Path length must be > 0";
  }
  if (appended[0] != '/') {
    return "Path must start with / character";
  }
  if (appended.size() == 1) {
    return {};
  }
  if (appended.back() == '/') {
    return "Path must not end with / character";
  }
  size_t begin = 1;
  while (begin <= appended.size()) {
    const size_t end = std::min(appended.find('/', begin), appended.size());
    const std::string problem = component_problem(appended, begin, end);
    if (!problem.empty()) {
      return "Invalid path string \"" + appended + "\" caused by " + problem;
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace quorate::cli
