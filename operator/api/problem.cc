// Problems as text.
#include "operator/api/problem.h"

namespace quorate::api {

namespace {
constexpr size_t kValueBytesMax = 80;
}  // namespace

std::string Problem::text() const {
  const std::string shown =
      value.size() > kValueBytesMax ? value.substr(0, kValueBytesMax) + "..." : value;
  return path + ": " + (shown.empty() ? "" : shown + ": ") + allowed;
}

std::string to_text(const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    text += (text.empty() ? "" : "; ") + problem.text();
  }
  return text;
}

}  // namespace quorate::api
