// Discovery and OpenAPI documents: how clients learn what the API serves.
#pragma once

#include <optional>
#include <string>

#include "operator/local/kinds.h"

namespace quorate::local {

/// The answer to a discovery path such as /api, /apis, /apis/apps, /apis/apps/v1, /version,
/// /openapi/v2, /openapi/v3/apis/apps/v1; nothing for other paths. `aggregated` asks for all in
/// one.
[[nodiscard]] std::optional<Json> discovery_document(const Kinds& kinds, const std::string& path,
                                                     bool aggregated);

}  // namespace quorate::local
