// What the shell proposes for the word that is being typed: commands, options, paths.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/line_editor.h"

namespace quorate::cli {

/// Names of a node's children; empty if nobody can say in a moment.
using ListChildren = std::function<std::vector<std::string>(const std::string& path)>;

/// Completes the last word of `before_cursor`.
[[nodiscard]] Completion complete_line(std::string_view before_cursor, const ListChildren& list);

}  // namespace quorate::cli
