// Tables: what `kubectl get` prints.
#pragma once

#include <string>
#include <vector>

#include "operator/local/kinds.h"
#include "operator/local/object.h"

namespace quorate::local {

/// Values at a JSON path such as `.status.conditions[?(@.type=="Ready")].status`; none when the
/// path is malformed or nothing is there.
[[nodiscard]] std::vector<Json> json_path(const Json& object, std::string_view path);

struct TableOptions {
  bool with_definitions = true;      ///< Column definitions; events after the first have none.
  std::string include = "Metadata";  ///< What rows carry: Metadata, Object, None.
};

/// A Table of a kind's objects; `metadata` is that of the list.
[[nodiscard]] Json make_table(const Kind& kind, const std::vector<Json>& objects,
                              const Json& metadata, const TableOptions& options, WallMillis now);

/// `5d`, `3h20m`, `12s`: an age as kubectl writes it.
[[nodiscard]] std::string human_duration(int64_t millis);

}  // namespace quorate::local
