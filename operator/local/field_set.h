// Sets of fields: the places in an object, as metadata.managedFields writes them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "operator/local/kinds.h"
#include "operator/local/object.h"

namespace quorate::local {

/// A place in an object, as fieldsV1 writes its parts: `f:name`, `k:{"name":"x"}`, `v:"x"`.
using FieldPath = std::vector<std::string>;
using FieldSet = std::set<FieldPath>;

/// The leaves of a value, and the items of its lists with keys.
[[nodiscard]] FieldSet fields_of(const Json& value, const Schema* schema);
[[nodiscard]] Json to_fields_v1(const FieldSet& fields);
[[nodiscard]] FieldSet from_fields_v1(const Json& fields);
/// Whether a set in the form of fieldsV1 has a field.
[[nodiscard]] bool has_field(const Json& fields_v1, const FieldPath& path);
/// `.spec.containers[name="x"].image`.
[[nodiscard]] std::string to_text(const FieldPath& path);

/// How the fields of a value differ from those of an older one.
struct FieldChanges {
  FieldSet changed;  ///< New ones, and leaves that have another value.
  FieldSet removed;
};

/// Adds what differs at `path` and below; null: there is none. What is the same is not gone
/// through, so that a small change of a large object costs little.
void compare_fields(const Json* before, const Json* after, const Schema* schema, FieldPath& path,
                    FieldChanges& changes);

/// What makes an item of a list with keys itself.
[[nodiscard]] Json key_of(const Json& item, const Schema& list);
/// How objects and lists are merged and owned: field by field, item by item, or as a whole.
[[nodiscard]] bool is_granular_map(const Json& value, const Schema* schema);
[[nodiscard]] bool is_keyed(const Json& value, const Schema* schema);
[[nodiscard]] bool is_set(const Json& value, const Schema* schema);
/// The value at a path, or null.
[[nodiscard]] const Json* find_field(const Json& root, const Schema* schema, const FieldPath& path);

}  // namespace quorate::local
