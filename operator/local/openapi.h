// OpenAPI documents, as far as `kubectl apply` and `kubectl explain` read them.
#pragma once

#include <optional>
#include <string>

#include "operator/local/kinds.h"

namespace quorate::local {

/// /openapi/v2, /openapi/v3 and the documents that the latter lists.
[[nodiscard]] std::optional<Json> openapi_document(const Kinds& kinds, const std::string& path);

/// /openapi/v2 as a protobuf message, which kubectl asks for lists of objects: the patches of every
/// kind and that they take fieldValidation, nothing else.
[[nodiscard]] std::string openapi_protobuf(const Kinds& kinds);

}  // namespace quorate::local
