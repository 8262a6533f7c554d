// Java properties: joins logical lines, splits key from value, resolves escapes.
#include "server/config/properties.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace quorate::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// A logical line: continuations joined, escapes not yet resolved.
struct LogicalLine {
  std::string text;
  int line = 0;
};

/// Reads logical lines one after the other, skipping comments and blank lines.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  std::optional<LogicalLine> next() {
    while (position_ < text_.size()) {
      skip_blanks();
      const int line = line_;
      std::string_view natural = take_natural_line();
      if (natural.empty() || natural.front() == '#' || natural.front() == '!') {
        continue;
      }
      LogicalLine result{.text = {}, .line = line};
      bool continues = append(result.text, natural);
      // A line of nothing but a backslash is nothing: the next one may still be a comment.
      while (continues && !result.text.empty() && position_ < text_.size()) {
        skip_blanks();
        continues = append(result.text, take_natural_line());
      }
      if (!result.text.empty()) {
        return result;
      }
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() {
    while (position_ < text_.size() && is_blank(text_[position_])) {
      ++position_;
    }
  }

  /// The rest of the line without its end, which is consumed.
  std::string_view take_natural_line() {
    const size_t begin = position_;
    while (position_ < text_.size() && !is_line_end(text_[position_])) {
      ++position_;
    }
    const std::string_view line = text_.substr(begin, position_ - begin);
    if (position_ < text_.size()) {
      const bool is_pair = text_.substr(position_, 2) == "\r\n";
      position_ += is_pair ? 2 : 1;
      ++line_;
    }
    return line;
  }

  /// Appends `natural` without a continuing backslash; returns whether there was one.
  static bool append(std::string& to, std::string_view natural) {
    size_t backslashes = 0;
    while (backslashes < natural.size() && natural[natural.size() - 1 - backslashes] == '\\') {
      ++backslashes;
    }
    const bool continues = backslashes % 2 == 1;
    to += natural.substr(0, natural.size() - (continues ? 1 : 0));
    return continues;
  }

  std::string_view text_;
  size_t position_ = 0;
  int line_ = 1;
};

void append_utf8(std::string& to, uint32_t code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | (code >> 6));
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | (code >> 12));
    to += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    to += static_cast<char>(0xf0 | (code >> 18));
    to += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    to += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  }
}

/// The four hexadecimal digits at the start of `text`.
std::optional<uint32_t> parse_hex4(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<uint32_t>(lower - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool is_high_surrogate(uint32_t code) { return code >= 0xd800 && code < 0xdc00; }
bool is_low_surrogate(uint32_t code) { return code >= 0xdc00 && code < 0xe000; }

/// Decodes `XXXX` (and a following low surrogate `\uXXXX`) at the start of `text`, which is just
/// after `\u`. Returns how many characters it used, or nothing when the digits are wrong.
std::optional<size_t> append_unicode_escape(std::string& to, std::string_view text) {
  const std::optional<uint32_t> first = parse_hex4(text);
  if (!first) {
    return std::nullopt;
  }
  if (is_high_surrogate(*first) && text.substr(4, 2) == "\\u") {
    const std::optional<uint32_t> second = parse_hex4(text.substr(6));
    if (second && is_low_surrogate(*second)) {
      append_utf8(to, 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
      return 10;
    }
  }
  const bool is_alone = is_high_surrogate(*first) || is_low_surrogate(*first);
  append_utf8(to, is_alone ? 0xfffd : *first);
  return 4;
}

char unescape_char(char c) {
  switch (c) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

/// Resolves the escapes of `text`, or returns nothing when a \uXXXX is wrong.
std::optional<std::string> unescape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) {
      break;
    }
    if (text[i] != 'u') {
      result += unescape_char(text[i]);
      continue;
    }
    const std::optional<size_t> used = append_unicode_escape(result, text.substr(i + 1));
    if (!used) {
      return std::nullopt;
    }
    i += *used;
  }
  return result;
}

struct RawProperty {
  std::string_view key;
  std::string_view value;
};

/// Splits a logical line at the first unescaped separator.
RawProperty split_property(std::string_view line) {
  size_t key_end = 0;
  while (key_end < line.size()) {
    const char c = line[key_end];
    if (c == '\\') {
      key_end += 2;
      continue;
    }
    if (c == '=' || c == ':' || is_blank(c)) {
      break;
    }
    ++key_end;
  }
  key_end = key_end < line.size() ? key_end : line.size();
  size_t value_begin = key_end;
  bool has_separator = false;
  while (value_begin < line.size()) {
    const char c = line[value_begin];
    const bool is_separator = c == '=' || c == ':';
    if (!is_blank(c) && (!is_separator || has_separator)) {
      break;
    }
    has_separator = has_separator || is_separator;
    ++value_begin;
  }
  return RawProperty{.key = line.substr(0, key_end), .value = line.substr(value_begin)};
}

}  // namespace

PropertiesText parse_properties(std::string_view text, std::string_view source) {
  PropertiesText result;
  LineReader reader(text);
  while (std::optional<LogicalLine> line = reader.next()) {
    Place place{.source = std::string(source), .line = line->line};
    const RawProperty raw = split_property(line->text);
    std::optional<std::string> key = unescape(raw.key);
    std::optional<std::string> value = unescape(raw.value);
    if (!key || !value) {
      result.errors.push_back({.place = std::move(place),
                               .key = key.value_or(std::string()),
                               .message = "malformed \\uXXXX: four hexadecimal digits must follow "
                                          "\\u (write \\\\u for a backslash and a u)"});
      continue;
    }
    result.properties.push_back(
        {.key = std::move(*key), .value = std::move(*value), .place = std::move(place)});
  }
  return result;
}

}  // namespace quorate::config
