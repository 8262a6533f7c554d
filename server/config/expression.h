// Regular expressions in values: checked when they are read, compiled where they are used.
#pragma once

#include <cstddef>
#include <string_view>

#include "server/base/result.h"

namespace quorate::config {

/// Longest expression; the compiler of the standard library recurses on parentheses.
inline constexpr size_t kExpressionBytesMax = 512;

/// Groups of the ECMAScript expression `text`; kInvalidInput with the reason if it is none.
[[nodiscard]] Result<size_t> count_groups(std::string_view text);

}  // namespace quorate::config
