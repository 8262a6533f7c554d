// YAML in block style, as far as JSON values need it.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "operator/api/crd.h"

namespace quorate::api {

namespace {

using nlohmann::json;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether YAML reads `text` without quotes as that string and nothing else.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords{"true", "false", "null", "yes", "no",
                                                           "on",   "off",   "y",    "n",   "nan"};
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ') {
    return false;
  }
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  });
  if (std::ranges::find(kWords, std::string_view(lower)) != kWords.end()) {
    return false;
  }
  return std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '/' || c == '_' ||
           c == ' ' || c == ',' || c == ';' || c == '(' || c == ')';
  });
}

std::string scalar(const json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  if (value.is_object()) {
    return "{}";
  }
  return value.is_array() ? "[]" : value.dump();
}

bool is_block(const json& value) { return value.is_structured() && !value.empty(); }

/// One recursion a level of our own objects, never of input.
void write_block(std::string& to, const json& value, size_t indent) {
  const std::string blanks(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      to += blanks + scalar(json(key)) + ":";
      if (is_block(inner)) {
        to += "\n";
        write_block(to, inner, indent + (inner.is_object() ? 2 : 0));
      } else {
        to += " " + scalar(inner) + "\n";
      }
    }
    return;
  }
  for (const json& inner : value) {
    if (!is_block(inner)) {
      to += blanks + "- " + scalar(inner) + "\n";
      continue;
    }
    const size_t start = to.size();
    write_block(to, inner, indent + 2);
    to[start + indent] = '-';
  }
}

}  // namespace

std::string to_yaml(const json& value) {
  std::string text;
  if (is_block(value)) {
    write_block(text, value, 0);
  } else {
    text = scalar(value) + "\n";
  }
  return text;
}

}  // namespace quorate::api
