// Regular expressions of schemas and rules: the library's exceptions stay here.
#include <memory>
#include <regex>

#include "operator/local/schema.h"

namespace quorate::local {

namespace {

constexpr size_t kTextBytesMax = 4096;

std::unique_ptr<std::regex> compile(const std::string& pattern) {
  try {
    return std::make_unique<std::regex>(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    return nullptr;
  }
}

}  // namespace

bool regex_is_valid(const std::string& pattern) { return compile(pattern) != nullptr; }

bool regex_found(const std::string& pattern, std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return false;
  }
  const auto regex = compile(pattern);
  if (!regex) {
    return false;
  }
  try {
    return std::regex_search(text.begin(), text.end(), *regex);
  } catch (const std::regex_error&) {
    return false;  // Too complex for its stack.
  }
}

}  // namespace quorate::local
