// Path rules: which paths a request may name, and the cheap parts of a path.
#pragma once

#include <string_view>

namespace quorate::wire {

/// Full rule of create, setData, setACL and check: starts with '/', no empty, "." or ".." component,
/// no trailing '/', no forbidden character (controls, surrogates, private use, specials).
[[nodiscard]] bool is_valid_path(std::string_view path);

/// Parent of a path that starts with '/': "/" for "/a". Empty for "/" and paths without '/'.
[[nodiscard]] std::string_view parent_of(std::string_view path);

/// Last component: "b" of "/a/b".
[[nodiscard]] std::string_view name_of_path(std::string_view path);

/// True if `path` is `ancestor` or below it.
[[nodiscard]] bool is_within(std::string_view path, std::string_view ancestor);

}  // namespace quorate::wire
