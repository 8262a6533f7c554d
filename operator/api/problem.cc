// Problems as text.
#include "operator/api/problem.h"

#include <nlohmann/json.hpp>

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

std::string quoted_json(const std::string& text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace quorate::api
