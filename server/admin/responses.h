// Small responses.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "server/admin/http.h"
#include "server/report/commands.h"

namespace quorate::admin {

[[nodiscard]] inline HttpResponse json_response(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

[[nodiscard]] inline HttpResponse text_response(unsigned status, std::string text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

[[nodiscard]] inline HttpResponse html_response(std::string html) {
  return {.content_type = "text/html; charset=utf-8", .body = std::move(html)};
}

/// {"command": ..., "error": ...}.
[[nodiscard]] inline HttpResponse command_response(unsigned status, std::string_view command,
                                                   std::string_view error) {
  return json_response(status, report::command_error(command, error));
}

/// GET or HEAD.
[[nodiscard]] inline bool is_read(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace quorate::admin
