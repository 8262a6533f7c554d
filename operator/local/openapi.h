// OpenAPI documents, as far as `kubectl apply` and `kubectl explain` read them.
#pragma once

#include <optional>
#include <string>

#include "operator/local/kinds.h"

namespace quorate::local {

/// /openapi/v2, /openapi/v3 and the documents that the latter lists.
[[nodiscard]] std::optional<Json> openapi_document(const Kinds& kinds, const std::string& path);

}  // namespace quorate::local
