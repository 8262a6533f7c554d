// Evaluation of the rules of a schema (x-kubernetes-validations).
#include "operator/local/schema.h"

namespace quorate::local {

namespace {

// The name of a value's type as messages about rules show it.
std::string rule_type(const Json& value, const Schema& schema) {
  if (schema.type != Schema::Type::kAny) {
    return std::string(to_text(schema.type));
  }
  return value.is_number() ? "integer" : "string";
}

std::string message_of(const Rule& rule, const std::map<std::string, Json>& scope) {
  if (rule.message_program) {
    const cel::Answer answer = cel::evaluate(*rule.message_program, scope);
    if (answer.ok() && answer.value.is_string() && !answer.value.get<std::string>().empty()) {
      return answer.value.get<std::string>();
    }
  }
  return rule.message.empty() ? "failed rule: " + rule.text : rule.message;
}

void check_rule(const Rule& rule, const Json& value, const Json* old_value, const Schema& schema,
                const std::string& path, FieldErrors& errors) {
  std::map<std::string, Json> scope = {{"self", value}};
  if (cel::uses_old_self(*rule.program)) {
    if (old_value == nullptr && !rule.optional_old_self) {
      return;  // A transition rule has nothing to say about what is new.
    }
    if (rule.optional_old_self) {
      scope["oldSelf"] = Json{{"$optional", old_value != nullptr}, {"value", Json()}};
      if (old_value != nullptr) {
        scope["oldSelf"]["value"] = *old_value;
      }
    } else {
      scope["oldSelf"] = *old_value;
    }
  }
  const cel::Answer answer = cel::evaluate(*rule.program, scope);
  if (answer.ok() && answer.value == true) {
    return;
  }
  const std::string place =
      rule.field_path.empty() ? path
                              : (path.empty() ? rule.field_path.substr(1) : path + rule.field_path);
  const std::string why =
      answer.ok() ? message_of(rule, scope)
                  : "rule evaluation error: " + answer.error + " evaluating rule: " + rule.text;
  if (rule.reason == "FieldValueForbidden") {
    errors.push_back(forbidden_value(place, why));
  } else if (rule.reason == "FieldValueRequired") {
    errors.push_back(required_value(place, why));
  } else {
    errors.push_back(invalid_value(place, rule_type(value, schema), why));
    errors.back().reason = rule.reason;
  }
}

// The item of an earlier list that is the same by its keys; items of other lists have no past.
const Json* earlier_item(const Json& item, const Json* old_list, const Schema& schema) {
  if (old_list == nullptr || !old_list->is_array() || schema.list_type != Schema::ListType::kMap) {
    return nullptr;
  }
  for (const Json& candidate : *old_list) {
    bool is_same = true;
    for (const std::string& key : schema.list_map_keys) {
      is_same = is_same && at(candidate, key) == at(item, key);
    }
    if (is_same) {
      return &candidate;
    }
  }
  return nullptr;
}

}  // namespace

void validate_rules(const Json& value, const Json* old_value, const Schema& schema,
                    const std::string& path, FieldErrors& errors) {
  if (value.is_null()) {
    return;
  }
  for (const Rule& rule : schema.rules) {
    check_rule(rule, value, old_value, schema, path, errors);
  }
  if (value.is_object()) {
    for (const auto& [name, child] : value.items()) {
      if (const Schema* field = field_of(&schema, name)) {
        const Json* old_child = nullptr;
        if (old_value != nullptr && old_value->is_object() && old_value->contains(name)) {
          old_child = &(*old_value)[name];
        }
        const bool is_property = schema.properties.contains(name);
        validate_rules(child, old_child, *field,
                       is_property ? child_path(path, name) : path + "[" + name + "]", errors);
      }
    }
  } else if (value.is_array() && schema.items) {
    for (size_t i = 0; i < value.size(); ++i) {
      validate_rules(value[i], earlier_item(value[i], old_value, schema), *schema.items,
                     path + "[" + std::to_string(i) + "]", errors);
    }
  }
}

}  // namespace quorate::local
