// A recogniser for distinguished names; it builds nothing.
#include "server/auth/x500_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace quorate::auth {

namespace {

constexpr std::array<std::string_view, 21> kKeywords = {
    "C",          "CN",           "DC",       "DNQ",    "DNQUALIFIER", "EMAIL", "EMAILADDRESS",
    "GENERATION", "GIVENNAME",    "INITIALS", "IP",     "L",           "O",     "OU",
    "S",          "SERIALNUMBER", "ST",       "STREET", "SURNAME",     "T",     "UID"};

// What a backslash may precede, and what must not stand without one.
constexpr std::string_view kEscapable = ",=\n+<>#;\\\" ";
constexpr std::string_view kMustEscape = "<>\"";
constexpr std::string_view kTerminators = "+,;";

constexpr char kEnd = '\0';

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int hex_value(char c) {
  if (c <= '9') {
    return c - '0';
  }
  return (c | 0x20) - 'a' + 10;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// Value of a decimal arc, saturating: only its size against 2 and 40 counts.
std::optional<unsigned> parse_arc(std::string_view digits) {
  if (digits.empty()) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = std::min(value * 10 + static_cast<unsigned>(c - '0'), 1000U);
  }
  return value;
}

bool is_oid(std::string_view text) {
  unsigned first = 0;
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t dot = text.find('.');
    const auto arc = parse_arc(text.substr(0, dot));
    if (!arc || (count == 0 && *arc > 2) || (count == 1 && first < 2 && *arc >= 40)) {
      return false;
    }
    first = count == 0 ? *arc : first;
    more = dot != std::string_view::npos;
    text.remove_prefix(more ? dot + 1 : text.size());
  }
  return count >= 2;
}

bool is_keyword(std::string_view text) {
  std::string upper(trimmed(text));
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  if (std::find(kKeywords.begin(), kKeywords.end(), upper) != kKeywords.end()) {
    return true;
  }
  std::string_view oid = upper;
  if (oid.starts_with("OID.")) {
    oid.remove_prefix(4);
  }
  return is_oid(oid);
}

// One tag, a definite length, and exactly that many bytes, all in hex.
bool is_hex_der(std::string_view digits) {
  if (digits.size() < 4 || digits.size() % 2 != 0 ||
      !std::all_of(digits.begin(), digits.end(), is_hex)) {
    return false;
  }
  const size_t size = digits.size() / 2;
  const auto byte = [&](size_t at) {
    return static_cast<size_t>(hex_value(digits[2 * at]) * 16 + hex_value(digits[2 * at + 1]));
  };
  size_t header = 2;
  size_t length = byte(1);
  if (length >= 0x80) {
    const size_t length_bytes = length - 0x80;
    if (length_bytes == 0 || length_bytes > 4 || size < 2 + length_bytes) {
      return false;
    }
    length = 0;
    for (; header < 2 + length_bytes; ++header) {
      length = length * 256 + byte(header);
    }
  }
  const bool long_tag = (byte(0) & 0x1F) == 0x1F;
  return !long_tag && size == header + length;
}

// Reads one name from the left. Each step leaves `rest_` at what it did not consume.
class Recogniser {
 public:
  explicit Recogniser(std::string_view text) : rest_(text) {}

  bool run() {
    while (true) {
      if (!keyword() || !value()) {
        return false;
      }
      if (rest_.empty()) {
        return true;
      }
      rest_.remove_prefix(1);  // The terminator: another attribute must follow.
    }
  }

 private:
  bool keyword() {
    const size_t equals = rest_.find('=');
    if (equals == std::string_view::npos || !is_keyword(rest_.substr(0, equals))) {
      return false;
    }
    rest_.remove_prefix(equals + 1);
    return true;
  }

  bool value() {
    skip_blanks();
    if (rest_.starts_with('#')) {
      const std::string_view digits = rest_.substr(1, rest_.find_first_of(kTerminators) - 1);
      rest_.remove_prefix(1 + digits.size());
      return is_hex_der(digits);
    }
    return rest_.starts_with('"') ? quoted() : plain();
  }

  bool quoted() {
    rest_.remove_prefix(1);
    while (!rest_.starts_with('"')) {
      if (rest_.empty() || !character()) {
        return false;
      }
    }
    rest_.remove_prefix(1);
    skip_blanks();
    return at_terminator();
  }

  bool plain() {
    while (!at_terminator()) {
      if (kMustEscape.find(rest_.front()) != std::string_view::npos || !character()) {
        return false;
      }
    }
    return true;
  }

  // Consumes one character, or a backslash with what it escapes.
  bool character() {
    if (rest_.front() != '\\') {
      rest_.remove_prefix(1);
      return true;
    }
    const char first = rest_.size() > 1 ? rest_[1] : kEnd;
    if (is_hex(first)) {
      const bool pair = rest_.size() > 2 && is_hex(rest_[2]);
      rest_.remove_prefix(pair ? 3 : 0);
      return pair;
    }
    if (rest_.size() < 2 || kEscapable.find(first) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(2);
    return true;
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) {
      rest_.remove_prefix(1);
    }
  }
  [[nodiscard]] bool at_terminator() const {
    return rest_.empty() || kTerminators.find(rest_.front()) != std::string_view::npos;
  }

  std::string_view rest_;
};

}  // namespace

bool is_valid_dn(std::string_view text) { return text.empty() || Recogniser(text).run(); }

}  // namespace quorate::auth
