// Who owns which field: metadata.managedFields, and server-side apply upon it.
#pragma once

#include <string>

#include "operator/local/api_error.h"
#include "operator/local/field_set.h"
#include "operator/local/kinds.h"
#include "operator/local/object.h"

namespace quorate::local {

/// Who writes, and what of the object.
struct Writer {
  std::string manager;
  std::string subresource;  ///< `status`, `scale`, or empty.
};

/// Records a write that was no apply: fields that changed belong to the writer from now on.
/// `updated` still carries the managed fields of `old_object`.
void track_update(const Json* old_object, Json& updated, const Kind& kind, const Writer& writer,
                  WallMillis now);

/// Applies a person's or controller's intent to the living object (null: it is created). Fields
/// that the manager applied before and no longer names are removed unless others own them.
/// Errors: 409 with a cause for every field that somebody else owns, unless `force`.
[[nodiscard]] Outcome<Json> apply(const Json* live, Json intent, const Kind& kind,
                                  const Writer& writer, bool force, WallMillis now);

}  // namespace quorate::local
