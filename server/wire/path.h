// Path rules: which paths a request may name, and the cheap parts of a path.
#pragma once

#include <cstddef>
#include <string_view>

namespace quorate::wire {

/// Full rule of create, setData, setACL and check: starts with '/', no empty, "." or ".."
/// component, no trailing '/', no forbidden character (controls, surrogates, private use,
/// specials).
[[nodiscard]] bool is_valid_path(std::string_view path);

/// Parent of a path that starts with '/': "/" for "/a". Empty for "/" and paths without '/'.
[[nodiscard]] inline std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) {
    return {};
  }
  return path.substr(0, slash == 0 ? 1 : slash);
}

/// Last component: "b" of "/a/b".
[[nodiscard]] inline std::string_view name_of_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// True if `path` is `ancestor` or below it.
[[nodiscard]] inline bool is_within(std::string_view path, std::string_view ancestor) {
  if (ancestor == "/") {
    return path.starts_with('/');
  }
  return path.starts_with(ancestor) &&
         (path.size() == ancestor.size() || path[ancestor.size()] == '/');
}

}  // namespace quorate::wire
