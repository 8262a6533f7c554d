// Parser and printer of quota nodes.
#include "server/tree/quota_text.h"

#include <charconv>

namespace quorate::tree {

QuotaText::QuotaText(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find_first_of(",;");
    const std::string_view token = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const size_t equals = token.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    const std::string_view key = token.substr(0, equals);
    std::string_view number = token.substr(equals + 1);
    number = number.substr(0, number.find('='));
    if (number.starts_with('+')) {
      number.remove_prefix(1);
    }
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error == std::errc() && stop == number.data() + number.size()) {
      values_[std::string(key)] = value;
    }
  }
}

int64_t QuotaText::value(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? -1 : found->second;
}

std::string QuotaText::format() const {
  std::string text = "count=" + std::to_string(count()) + ",bytes=" + std::to_string(bytes());
  bool first = true;
  for (const auto& [key, number] : values_) {
    if (key == "count" || key == "bytes") {
      continue;
    }
    if (first) {
      text += '=';
      first = false;
    }
    text += ';' + key + '=' + std::to_string(number);
  }
  return text;
}

}  // namespace quorate::tree
