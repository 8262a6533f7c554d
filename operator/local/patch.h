// Patches of three kinds: JSON patch (RFC 6902), merge patch (RFC 7396), strategic merge patch.
#pragma once

#include "operator/local/api_error.h"
#include "operator/local/object.h"
#include "operator/local/schema.h"

namespace quorate::local {

/// Applies the operations in order, all or none. Errors: a path that is not there (422), a test
/// that fails (422), a malformed patch (400).
[[nodiscard]] Outcome<Json> json_patched(Json document, const Json& operations);

/// Null removes a field; objects merge; everything else replaces.
[[nodiscard]] Json merge_patched(Json document, const Json& patch);

/// As merge_patched, but lists with merge keys merge item by item, and the directives $patch,
/// $deleteFromPrimitiveList, $setElementOrder and $retainKeys are obeyed.
[[nodiscard]] Outcome<Json> strategic_patched(Json document, const Json& patch,
                                              const Schema* schema);

}  // namespace quorate::local
