// The columns of built-in kinds.
#pragma once

#include <string_view>
#include <vector>

#include "operator/local/kinds.h"
#include "operator/local/object.h"

namespace quorate::local {

struct BuiltinTable {
  std::vector<Column> columns;
  Json (*cells)(const Json& object, WallMillis now);
};

/// Null for kinds of which name and age are enough.
[[nodiscard]] const BuiltinTable* builtin_table(std::string_view kind);

}  // namespace quorate::local
