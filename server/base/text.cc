// Small operations on text that parsers share.
#include "server/base/text.h"

#include <algorithm>
#include <charconv>

namespace quorate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  return text;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view trimmed = trim(part);
    if (!trimmed.empty()) {
      parts.emplace_back(trimmed);
    }
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (size_t i = 0; i < parts.size(); ++i) {
    result += i > 0 ? separator : std::string_view();
    result += parts[i];
  }
  return result;
}

std::string quoted(std::string_view text) {
  constexpr size_t kShownMax = 80;
  const bool is_cut = text.size() > kShownMax;
  return "'" + std::string(text.substr(0, kShownMax)) + (is_cut ? "...'" : "'");
}

std::optional<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  }
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = !text.empty() && end == text.data() + text.size();
  if (code != std::errc() || !is_whole || value < min || value > max) {
    return std::nullopt;
  }
  return value;
}

std::optional<uint64_t> parse_hex(std::string_view text) {
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const bool is_whole = !text.empty() && end == text.data() + text.size();
  return code == std::errc() && is_whole ? std::optional(value) : std::nullopt;
}

}  // namespace quorate
