// Checking of values against a schema, in the words of Kubernetes.
#include <algorithm>
#include <cmath>
#include <set>

#include "operator/local/schema.h"

namespace quorate::local {

namespace {

std::string item_path(const std::string& path, size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

// The path that stands inside messages: the API server says `<nil>` nowhere, but never nothing.
std::string in_body(const std::string& path) {
  return (path.empty() ? "\"\"" : path) + " in body ";
}

std::string shown_number(double value) {
  const bool is_whole = std::floor(value) == value && std::abs(value) < 1e15;
  return is_whole ? std::to_string(static_cast<int64_t>(value)) : Json(value).dump();
}

bool has_type(const Json& value, const Schema& schema) {
  switch (schema.type) {
    case Schema::Type::kAny:
      return true;
    case Schema::Type::kObject:
      return value.is_object();
    case Schema::Type::kArray:
      return value.is_array();
    case Schema::Type::kString:
      return value.is_string();
    case Schema::Type::kInteger:
      return value.is_number_integer() ||
             (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
    case Schema::Type::kNumber:
      return value.is_number();
    case Schema::Type::kBoolean:
      return value.is_boolean();
  }
  return false;
}

std::string type_name(const Json& value) {
  if (value.is_number_integer()) {
    return "integer";
  }
  return value.is_number() ? "number" : value.type_name();
}

bool check_type(const Json& value, const Schema& schema, const std::string& path,
                FieldErrors& errors) {
  if (schema.is_int_or_string) {
    if (value.is_number_integer() || value.is_string()) {
      return true;
    }
    errors.push_back(invalid_value(
        path, type_name(value),
        in_body(path) + "must be of type integer,string: \"" + type_name(value) + "\""));
    errors.back().reason = "FieldValueTypeInvalid";
    return false;
  }
  if (has_type(value, schema)) {
    return true;
  }
  errors.push_back({.reason = "FieldValueTypeInvalid",
                    .field = path,
                    .detail = "Invalid value: \"" + type_name(value) + "\": " + in_body(path) +
                              "must be of type " + std::string(to_text(schema.type)) + ": \"" +
                              type_name(value) + "\""});
  return false;
}

void check_number(const Json& value, const Schema& schema, const std::string& path,
                  FieldErrors& errors) {
  const double number = value.get<double>();
  const auto complain = [&](const std::string& why) {
    errors.push_back(invalid_value(path, value, in_body(path) + why));
  };
  if (schema.minimum) {
    if (schema.is_minimum_exclusive ? number <= *schema.minimum : number < *schema.minimum) {
      complain(std::string("should be greater than ") +
               (schema.is_minimum_exclusive ? "" : "or equal to ") + shown_number(*schema.minimum));
    }
  }
  if (schema.maximum) {
    if (schema.is_maximum_exclusive ? number >= *schema.maximum : number > *schema.maximum) {
      complain(std::string("should be less than ") +
               (schema.is_maximum_exclusive ? "" : "or equal to ") + shown_number(*schema.maximum));
    }
  }
  if (schema.multiple_of && std::fmod(number, *schema.multiple_of) != 0) {
    complain("should be a multiple of " + shown_number(*schema.multiple_of));
  }
  if (schema.format == "int32" && std::abs(number) > 2147483647.0) {
    complain("must be of type int32: " + value.dump());
  }
}

int64_t characters_in(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

void check_string(const Json& value, const Schema& schema, const std::string& path,
                  FieldErrors& errors) {
  const auto& text = value.get_ref<const std::string&>();
  const int64_t length = characters_in(text);
  if (schema.length_min && length < *schema.length_min) {
    errors.push_back(invalid_value(path, value,
                                   in_body(path) + "should be at least " +
                                       std::to_string(*schema.length_min) + " chars long"));
  }
  if (schema.length_max && length > *schema.length_max) {
    errors.push_back({.reason = "FieldValueTooLong",
                      .field = path,
                      .detail = "Too long: may not be more than " +
                                std::to_string(*schema.length_max) + " bytes"});
  }
  if (!schema.pattern.empty() && !regex_found(schema.pattern, text)) {
    errors.push_back(
        invalid_value(path, value, in_body(path) + "should match '" + schema.pattern + "'"));
  }
  if (schema.format == "date-time" && !parse_time(text)) {
    errors.push_back(
        invalid_value(path, value, in_body(path) + "must be of type date-time: " + dump(value)));
  }
}

void check_list(const Json& value, const Schema& schema, const std::string& path,
                FieldErrors& errors) {
  const auto count = static_cast<int64_t>(value.size());
  if (schema.items_min && count < *schema.items_min) {
    errors.push_back(invalid_value(
        path, count,
        in_body(path) + "should have at least " + std::to_string(*schema.items_min) + " items"));
  }
  if (schema.items_max && count > *schema.items_max) {
    errors.push_back({.reason = "FieldValueTooMany",
                      .field = path,
                      .detail = "Too many: " + std::to_string(count) + ": must have at most " +
                                std::to_string(*schema.items_max) + " items"});
  }
  std::set<Json> seen;
  for (size_t i = 0; i < value.size(); ++i) {
    Json identity;
    if (schema.list_type == Schema::ListType::kMap && value[i].is_object()) {
      for (const std::string& key : schema.list_map_keys) {
        identity[key] = at(value[i], key);
      }
    } else if (schema.list_type == Schema::ListType::kSet || schema.has_unique_items) {
      identity = value[i];
    } else {
      continue;
    }
    if (!seen.insert(identity).second) {
      errors.push_back(duplicate_value(item_path(path, i), identity));
    }
  }
  if (schema.items) {
    for (size_t i = 0; i < value.size(); ++i) {
      validate(value[i], *schema.items, item_path(path, i), errors);
    }
  }
}

void check_object(const Json& value, const Schema& schema, const std::string& path,
                  FieldErrors& errors) {
  for (const std::string& name : schema.required) {
    if (!value.contains(name)) {
      errors.push_back(required_value(child_path(path, name)));
    }
  }
  const auto count = static_cast<int64_t>(value.size());
  if (schema.properties_min && count < *schema.properties_min) {
    errors.push_back(invalid_value(path, count,
                                   in_body(path) + "should have at least " +
                                       std::to_string(*schema.properties_min) + " properties"));
  }
  if (schema.properties_max && count > *schema.properties_max) {
    errors.push_back({.reason = "FieldValueTooMany",
                      .field = path,
                      .detail = "Too many: " + std::to_string(count) + ": must have at most " +
                                std::to_string(*schema.properties_max) + " items"});
  }
  for (const auto& [name, child] : value.items()) {
    const Schema* field = field_of(&schema, name);
    if (field == nullptr || (child.is_null() && !field->is_nullable && !path.empty())) {
      continue;
    }
    const bool is_property = schema.properties.contains(name);
    validate(child, *field, is_property ? child_path(path, name) : path + "." + name, errors);
  }
}

bool is_valid(const Json& value, const Schema& schema, const std::string& path) {
  FieldErrors errors;
  validate(value, schema, path, errors);
  return errors.empty();
}

void check_branches(const Json& value, const Schema& schema, const std::string& path,
                    FieldErrors& errors) {
  const auto passes = [&](const SchemaPtr& branch) { return is_valid(value, *branch, path); };
  for (const SchemaPtr& branch : schema.all_of) {
    validate(value, *branch, path, errors);
  }
  if (!schema.any_of.empty() && std::none_of(schema.any_of.begin(), schema.any_of.end(), passes)) {
    errors.push_back(
        invalid_value(path, value, in_body(path) + "must validate at least one schema (anyOf)"));
  }
  if (!schema.one_of.empty() &&
      std::count_if(schema.one_of.begin(), schema.one_of.end(), passes) != 1) {
    errors.push_back(invalid_value(
        path, value, in_body(path) + "must validate one and only one schema (oneOf)"));
  }
  if (schema.none_of && passes(schema.none_of)) {
    errors.push_back(
        invalid_value(path, value, in_body(path) + "must not validate the schema (not)"));
  }
}

void check_enum(const Json& value, const Schema& schema, const std::string& path,
                FieldErrors& errors) {
  if (schema.enum_values.empty() || std::find(schema.enum_values.begin(), schema.enum_values.end(),
                                              value) != schema.enum_values.end()) {
    return;
  }
  std::vector<std::string> supported;
  for (const Json& item : schema.enum_values) {
    supported.push_back(item.is_string() ? item.get<std::string>() : dump(item));
  }
  errors.push_back(unsupported_value(path, value, supported));
}

}  // namespace

void validate(const Json& value, const Schema& schema, const std::string& path,
              FieldErrors& errors) {
  if (value.is_null() && schema.is_nullable) {
    return;
  }
  if (!check_type(value, schema, path, errors)) {
    return;
  }
  if (value.is_number()) {
    check_number(value, schema, path, errors);
  } else if (value.is_string()) {
    check_string(value, schema, path, errors);
  } else if (value.is_array()) {
    check_list(value, schema, path, errors);
  } else if (value.is_object()) {
    check_object(value, schema, path, errors);
  }
  check_enum(value, schema, path, errors);
  check_branches(value, schema, path, errors);
}

}  // namespace quorate::local
