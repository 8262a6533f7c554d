// Reading of a custom resource's schema and the errors that its author sees.
#include <set>

#include "operator/local/schema.h"

namespace quorate::local {

namespace {

std::optional<int64_t> limit(const Json& source, const char* name) {
  const Json& value = at(source, name);
  return value.is_number_integer() ? std::optional(value.get<int64_t>()) : std::nullopt;
}

std::optional<double> number(const Json& source, const char* name) {
  const Json& value = at(source, name);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

Schema::Type type_of(const std::string& name, const std::string& path, FieldErrors& errors) {
  for (const auto type :
       {Schema::Type::kAny, Schema::Type::kObject, Schema::Type::kArray, Schema::Type::kString,
        Schema::Type::kInteger, Schema::Type::kNumber, Schema::Type::kBoolean}) {
    if (to_text(type) == name) {
      return type;
    }
  }
  errors.push_back(unsupported_value(
      path + ".type", name, {"array", "boolean", "integer", "number", "object", "string"}));
  return Schema::Type::kAny;
}

void read_limits(const Json& source, Schema& schema) {
  schema.minimum = number(source, "minimum");
  schema.maximum = number(source, "maximum");
  schema.is_minimum_exclusive = boolean(source, "exclusiveMinimum");
  schema.is_maximum_exclusive = boolean(source, "exclusiveMaximum");
  schema.multiple_of = number(source, "multipleOf");
  schema.length_min = limit(source, "minLength");
  schema.length_max = limit(source, "maxLength");
  schema.items_min = limit(source, "minItems");
  schema.items_max = limit(source, "maxItems");
  schema.properties_min = limit(source, "minProperties");
  schema.properties_max = limit(source, "maxProperties");
  schema.has_unique_items = boolean(source, "uniqueItems");
  schema.pattern = text(source, "pattern");
  schema.format = text(source, "format");
  for (const Json& value : list_at(source, "enum")) {
    schema.enum_values.push_back(value);
  }
  for (const Json& name : list_at(source, "required")) {
    if (name.is_string()) {
      schema.required.push_back(name.get<std::string>());
    }
  }
}

cel::ProgramPtr compile(const std::string& rule, const std::string& path, FieldErrors& errors) {
  auto compiled = cel::compile(rule);
  if (!compiled) {
    errors.push_back(
        invalid_value(path, rule, "compilation failed: ERROR: <input>: " + compiled.error()));
    return nullptr;
  }
  return *std::move(compiled);
}

void read_rules(const Json& source, const std::string& path, Schema& schema, FieldErrors& errors) {
  const Json& rules = list_at(source, "x-kubernetes-validations");
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::string place = path + ".x-kubernetes-validations[" + std::to_string(i) + "]";
    Rule rule;
    rule.text = text(rules[i], "rule");
    rule.message = text(rules[i], "message");
    rule.reason = text(rules[i], "reason", "FieldValueInvalid");
    rule.field_path = text(rules[i], "fieldPath");
    rule.optional_old_self = boolean(rules[i], "optionalOldSelf");
    rule.program = compile(rule.text, place + ".rule", errors);
    if (const std::string expression = text(rules[i], "messageExpression"); !expression.empty()) {
      rule.message_program = compile(expression, place + ".messageExpression", errors);
    }
    if (rule.program) {
      schema.rules.push_back(std::move(rule));
    }
  }
}

void read_list(const Json& source, const std::string& path, Schema& schema, FieldErrors& errors) {
  const std::string list_type = text(source, "x-kubernetes-list-type", "atomic");
  if (list_type == "set") {
    schema.list_type = Schema::ListType::kSet;
  } else if (list_type == "map") {
    schema.list_type = Schema::ListType::kMap;
  }
  for (const Json& key : list_at(source, "x-kubernetes-list-map-keys")) {
    if (key.is_string()) {
      schema.list_map_keys.push_back(key.get<std::string>());
    }
  }
  if (schema.list_type == Schema::ListType::kMap && schema.list_map_keys.empty()) {
    errors.push_back(required_value(path + ".x-kubernetes-list-map-keys",
                                    "must not be empty if x-kubernetes-list-type is map"));
  }
  if (!has(source, "items")) {
    errors.push_back(required_value(path + ".items", "must be specified"));
    return;
  }
  schema.items = read_schema(at(source, "items"), path + ".items", errors);
}

void read_branches(const Json& source, const std::string& path, Schema& schema,
                   FieldErrors& errors) {
  const auto read_all = [&](const char* name, std::vector<SchemaPtr>& into) {
    for (Json branch : list_at(source, name)) {
      // Branches check values only; without a type of their own they allow any.
      FieldErrors ignored;
      into.push_back(read_schema(branch, path + "." + name, ignored));
    }
  };
  read_all("allOf", schema.all_of);
  read_all("anyOf", schema.any_of);
  read_all("oneOf", schema.one_of);
  if (has(source, "not")) {
    FieldErrors ignored;
    schema.none_of = read_schema(at(source, "not"), path + ".not", ignored);
  }
  (void)errors;
}

}  // namespace

SchemaPtr read_schema(const Json& source, const std::string& path, FieldErrors& errors) {
  auto schema = std::make_shared<Schema>();
  schema->is_int_or_string = boolean(source, "x-kubernetes-int-or-string");
  schema->preserves_unknown = boolean(source, "x-kubernetes-preserve-unknown-fields");
  schema->is_embedded_object = boolean(source, "x-kubernetes-embedded-resource");
  schema->is_nullable = boolean(source, "nullable");
  schema->is_atomic_map = text(source, "x-kubernetes-map-type") == "atomic";
  schema->description = text(source, "description");
  schema->default_value = at(source, "default");
  schema->type = type_of(text(source, "type"), path, errors);
  if (schema->type == Schema::Type::kAny && !schema->is_int_or_string &&
      !schema->preserves_unknown) {
    errors.push_back(
        required_value(path + ".type", "must not be empty for specified object fields"));
  }
  read_limits(source, *schema);
  if (!schema->pattern.empty() && !regex_is_valid(schema->pattern)) {
    errors.push_back(
        invalid_value(path + ".pattern", schema->pattern, "must be a valid regular expression"));
  }
  for (const auto& [name, field] : map_at(source, "properties").items()) {
    schema->properties[name] = read_schema(field, path + ".properties[" + name + "]", errors);
  }
  if (const Json& additional = at(source, "additionalProperties"); additional.is_object()) {
    schema->additional = read_schema(additional, path + ".additionalProperties", errors);
  } else if (additional == true) {
    schema->preserves_unknown = true;
  }
  if (schema->type == Schema::Type::kArray) {
    read_list(source, path, *schema, errors);
  }
  read_branches(source, path, *schema, errors);
  read_rules(source, path, *schema, errors);
  return schema;
}

}  // namespace quorate::local
