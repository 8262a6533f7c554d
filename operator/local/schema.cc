// Schemas: pruning of unknown fields, defaults, and their form in OpenAPI.
#include "operator/local/schema.h"

#include <algorithm>

namespace quorate::local {

const Schema* field_of(const Schema* schema, const std::string& name) {
  if (schema == nullptr) {
    return nullptr;
  }
  const auto found = schema->properties.find(name);
  return found != schema->properties.end() ? found->second.get() : schema->additional.get();
}

namespace {

bool is_always_known(const std::string& name) {
  return name == "apiVersion" || name == "kind" || name == "metadata";
}

void prune_at(Json& value, const Schema& schema, const std::string& path, bool is_object_root,
              std::vector<std::string>& unknown);

void prune_map(Json& value, const Schema& schema, const std::string& path, bool is_object_root,
               std::vector<std::string>& unknown) {
  for (auto it = value.begin(); it != value.end();) {
    const std::string name = it.key();
    const std::string place = child_path(path, name);
    const Schema* field = field_of(&schema, name);
    if (field != nullptr && it->is_null() && !field->is_nullable && !field->preserves_unknown) {
      it = value.erase(it);  // Said to be absent.
      continue;
    }
    if (field != nullptr) {
      prune_at(*it, *field, place, false, unknown);
    } else if (!schema.preserves_unknown && !(is_object_root && is_always_known(name))) {
      unknown.push_back(place);
      it = value.erase(it);
      continue;
    }
    ++it;
  }
}

void prune_at(Json& value, const Schema& schema, const std::string& path, bool is_object_root,
              std::vector<std::string>& unknown) {
  if (value.is_object() && schema.type != Schema::Type::kAny) {
    prune_map(value, schema, path, is_object_root || schema.is_embedded_object, unknown);
  } else if (value.is_array() && schema.items) {
    for (size_t i = 0; i < value.size(); ++i) {
      prune_at(value[i], *schema.items, path + "[" + std::to_string(i) + "]", false, unknown);
    }
  }
}

}  // namespace

std::vector<std::string> prune(Json& value, const Schema& schema, bool is_root) {
  std::vector<std::string> unknown;
  prune_at(value, schema, "", is_root, unknown);
  return unknown;
}

void apply_defaults(Json& value, const Schema& schema) {
  if (value.is_object()) {
    for (const auto& [name, field] : schema.properties) {
      const auto found = value.find(name);
      const bool is_dropped_null = found != value.end() && found->is_null() && !field->is_nullable;
      if ((found == value.end() || is_dropped_null) && !field->default_value.is_null()) {
        value[name] = field->default_value;
      }
    }
    for (auto& [name, child] : value.items()) {
      if (const Schema* field = field_of(&schema, name)) {
        apply_defaults(child, *field);
      }
    }
  } else if (value.is_array() && schema.items) {
    for (Json& item : value) {
      apply_defaults(item, *schema.items);
    }
  }
}

std::string_view to_text(Schema::Type type) {
  switch (type) {
    case Schema::Type::kAny:
      return "";
    case Schema::Type::kObject:
      return "object";
    case Schema::Type::kArray:
      return "array";
    case Schema::Type::kString:
      return "string";
    case Schema::Type::kInteger:
      return "integer";
    case Schema::Type::kNumber:
      return "number";
    case Schema::Type::kBoolean:
      return "boolean";
  }
  return "";
}

namespace {

void write_limits(const Schema& schema, Json& out) {
  const auto put = [&](const char* name, const auto& limit) {
    if (limit) {
      out[name] = *limit;
    }
  };
  put("minimum", schema.minimum);
  put("maximum", schema.maximum);
  put("minLength", schema.length_min);
  put("maxLength", schema.length_max);
  put("minItems", schema.items_min);
  put("maxItems", schema.items_max);
  if (!schema.pattern.empty()) {
    out["pattern"] = schema.pattern;
  }
  if (!schema.format.empty()) {
    out["format"] = schema.format;
  }
  if (!schema.enum_values.empty()) {
    out["enum"] = schema.enum_values;
  }
  if (!schema.required.empty()) {
    out["required"] = schema.required;
  }
  if (!schema.default_value.is_null()) {
    out["default"] = schema.default_value;
  }
}

void write_list(const Schema& schema, Json& out) {
  if (schema.items) {
    out["items"] = to_openapi(*schema.items);
  }
  if (schema.list_type == Schema::ListType::kMap) {
    out["x-kubernetes-list-type"] = "map";
    out["x-kubernetes-list-map-keys"] = schema.list_map_keys;
  } else {
    const bool is_set = schema.list_type == Schema::ListType::kSet;
    out["x-kubernetes-list-type"] = is_set ? "set" : "atomic";
    if (is_set) {
      out["x-kubernetes-patch-strategy"] = "merge";
    }
  }
  if (!schema.patch_merge_key.empty()) {
    out["x-kubernetes-patch-strategy"] = "merge";
    out["x-kubernetes-patch-merge-key"] = schema.patch_merge_key;
  }
}

}  // namespace

Json to_openapi(const Schema& schema) {
  Json out = Json::object();
  if (!schema.description.empty()) {
    out["description"] = schema.description;
  }
  if (schema.is_int_or_string) {
    out["x-kubernetes-int-or-string"] = true;
  } else if (schema.type != Schema::Type::kAny) {
    out["type"] = to_text(schema.type);
  }
  if (schema.preserves_unknown) {
    out["x-kubernetes-preserve-unknown-fields"] = true;
  }
  for (const auto& [name, field] : schema.properties) {
    out["properties"][name] = to_openapi(*field);
  }
  if (schema.additional) {
    out["additionalProperties"] = to_openapi(*schema.additional);
  }
  if (schema.type == Schema::Type::kArray) {
    write_list(schema, out);
  }
  write_limits(schema, out);
  return out;
}

std::string child_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace quorate::local
