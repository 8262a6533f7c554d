// Redaction of configuration text.
#include "server/app/redact.h"

#include <algorithm>
#include <cctype>

#include "server/base/secret.h"

namespace quorate::app {
namespace {

constexpr std::string_view kBlanks = " \t\f";

std::string lower(std::string_view text) {
  std::string to(text);
  std::transform(to.begin(), to.end(), to.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return to;
}

bool is_secret(std::string_view key) {
  const std::string name = lower(key);
  const bool path = name.ends_with("path") || name.ends_with("file");
  return !path && (name.find("password") != std::string::npos ||
                   name.find("passwd") != std::string::npos || name.ends_with("superdigest"));
}

/// An odd number of backslashes at the end joins the next line.
bool continues(std::string_view line) {
  const size_t last = line.find_last_not_of('\\');
  const size_t count = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return count % 2 == 1;
}

}  // namespace

std::string redact_config(std::string_view text) {
  std::string to;
  bool in_secret = false;
  bool continued = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t start = std::min(line.find_first_not_of(kBlanks), line.size());
    const std::string_view content = line.substr(start);
    if (!continued) {
      if (content.starts_with('#') || content.starts_with('!')) {
        continue;
      }
      // Escapes in a key are no way around it: a key with a backslash is hidden as well.
      const size_t key_end = std::min(content.find_first_of("=: \t\f"), content.size());
      const std::string_view key = content.substr(0, key_end);
      in_secret = is_secret(key) || key.find('\\') != std::string_view::npos;
      if (in_secret) {
        to.append(key).append("=").append(Secret::kRedacted).append("\n");
      }
    }
    if (!in_secret) {
      to.append(line).append("\n");
    }
    continued = continues(line);
  }
  return to;
}

}  // namespace quorate::app
