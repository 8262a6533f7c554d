// Structural schemas: what fields an object may have. One type for custom resources, whose
// definition brings it, and for the built-in kinds, whose schemas stand in builtin_schemas.cc.
//
// A schema drives everything that depends on types: pruning and strict validation of unknown
// fields, defaults, value checks and rules, merge keys of patches, and ownership of fields.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/local/api_error.h"
#include "operator/local/cel.h"
#include "operator/local/object.h"

namespace quorate::local {

struct Schema;
using SchemaPtr = std::shared_ptr<const Schema>;

/// One entry of x-kubernetes-validations.
struct Rule {
  std::string text;
  std::string message;
  std::string reason;      ///< FieldValueInvalid unless the author says otherwise.
  std::string field_path;  ///< `.spec.x` relative to the schema's place; may be empty.
  cel::ProgramPtr program;
  cel::ProgramPtr message_program;  ///< Null without messageExpression.
  bool optional_old_self = false;
};

struct Schema {
  enum class Type : uint8_t { kAny, kObject, kArray, kString, kInteger, kNumber, kBoolean };
  enum class ListType : uint8_t { kAtomic, kSet, kMap };

  Type type = Type::kAny;
  bool is_nullable = false;
  bool preserves_unknown = false;
  bool is_int_or_string = false;
  bool is_embedded_object = false;
  bool is_atomic_map = false;
  std::map<std::string, SchemaPtr> properties;
  SchemaPtr additional;  ///< Of a map's values; null when it is no map.
  SchemaPtr items;       ///< Of a list's items.
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_map_keys;
  /// The key of strategic merge patches; empty: the list is replaced (or merged, when a set).
  std::string patch_merge_key;

  Json default_value;  ///< Null: none.
  std::vector<Json> enum_values;
  std::vector<std::string> required;
  std::string pattern;
  std::string format;
  std::string description;
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool is_minimum_exclusive = false;
  bool is_maximum_exclusive = false;
  std::optional<double> multiple_of;
  std::optional<int64_t> length_min;
  std::optional<int64_t> length_max;
  std::optional<int64_t> items_min;
  std::optional<int64_t> items_max;
  std::optional<int64_t> properties_min;
  std::optional<int64_t> properties_max;
  bool has_unique_items = false;
  std::vector<Rule> rules;
  std::vector<SchemaPtr> all_of;
  std::vector<SchemaPtr> any_of;
  std::vector<SchemaPtr> one_of;
  SchemaPtr none_of;  ///< The author's `not`.
};

/// Reads an openAPIV3Schema. Errors: it is not structural, or a rule does not compile; each with
/// its place below `path`.
[[nodiscard]] SchemaPtr read_schema(const Json& source, const std::string& path,
                                    FieldErrors& errors);

/// The schema of a field, or null: unknown or free.
[[nodiscard]] const Schema* field_of(const Schema* schema, const std::string& name);

/// Drops fields that the schema does not know and returns their paths, in order.
std::vector<std::string> prune(Json& value, const Schema& schema, bool is_root);
/// Fills in defaults, depth first as Kubernetes does.
void apply_defaults(Json& value, const Schema& schema);
/// Checks types and values below `path`.
void validate(const Json& value, const Schema& schema, const std::string& path,
              FieldErrors& errors);
/// Evaluates the rules below `path`; `old_value` is null on creation.
void validate_rules(const Json& value, const Json* old_value, const Schema& schema,
                    const std::string& path, FieldErrors& errors);

/// "spec.name": where a field of the value at `path` is.
[[nodiscard]] std::string child_path(const std::string& path, const std::string& name);
/// The name of a type as OpenAPI has it.
[[nodiscard]] std::string_view to_text(Schema::Type type);
/// A schema as an OpenAPI document shows it.
[[nodiscard]] Json to_openapi(const Schema& schema);

/// Whether a regular expression is valid, and whether it is found in a text. Texts above 4 KiB
/// never match.
[[nodiscard]] bool regex_is_valid(const std::string& pattern);
[[nodiscard]] bool regex_found(const std::string& pattern, std::string_view text);

}  // namespace quorate::local
