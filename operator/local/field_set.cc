// Collecting, comparing and writing sets of fields.
#include "operator/local/field_set.h"

#include <algorithm>

#include "server/base/text.h"

namespace quorate::local {

namespace {

void collect(const Json& value, const Schema* schema, FieldPath& path, FieldSet& fields) {
  if (is_granular_map(value, schema) && !value.empty()) {
    for (const auto& [name, child] : value.items()) {
      path.push_back("f:" + name);
      collect(child, field_of(schema, name), path, fields);
      path.pop_back();
    }
    return;
  }
  if (is_keyed(value, schema) && !value.empty()) {
    for (const Json& item : value) {
      path.push_back("k:" + dump(key_of(item, *schema)));
      fields.insert(path);
      collect(item, schema->items.get(), path, fields);
      path.pop_back();
    }
    return;
  }
  if (is_set(value, schema) && !value.empty()) {
    for (const Json& item : value) {
      path.push_back("v:" + dump(item));
      fields.insert(path);
      path.pop_back();
    }
    return;
  }
  if (!path.empty()) {
    fields.insert(path);
  }
}

// The item of a list that a part of a path names, or null.
const Json* find_item(const Json& list, const Schema* schema, const std::string& part) {
  const std::string_view rest = std::string_view(part).substr(2);
  const Json* found = nullptr;
  for (const Json& item : list) {
    const bool is_same = part.starts_with("k:")
                             ? is_keyed(list, schema) && dump(key_of(item, *schema)) == rest
                             : dump(item) == rest;
    found = is_same ? &item : found;
  }
  return found;
}

std::string part_of(const Json& item, const Json& list, const Schema* schema) {
  return is_keyed(list, schema) ? "k:" + dump(key_of(item, *schema)) : "v:" + dump(item);
}

void compare_maps(const Json& before, const Json& after, const Schema* schema, FieldPath& path,
                  FieldChanges& changes) {
  for (const auto& [name, child] : after.items()) {
    const auto old = before.find(name);
    path.push_back("f:" + name);
    compare_fields(old == before.end() ? nullptr : &*old, &child, field_of(schema, name), path,
                   changes);
    path.pop_back();
  }
  for (const auto& [name, child] : before.items()) {
    if (!after.contains(name)) {
      path.push_back("f:" + name);
      collect(child, field_of(schema, name), path, changes.removed);
      path.pop_back();
    }
  }
}

// Of two lists whose items are told apart by keys, or by their values.
void compare_lists(const Json& before, const Json& after, const Schema* schema, FieldPath& path,
                   FieldChanges& changes) {
  const bool has_inner = is_keyed(after, schema);
  for (const Json& item : after) {
    path.push_back(part_of(item, after, schema));
    const Json* const old = find_item(before, schema, path.back());
    if (old == nullptr) {
      changes.changed.insert(path);
    }
    if (has_inner) {
      compare_fields(old, &item, schema->items.get(), path, changes);
    }
    path.pop_back();
  }
  for (const Json& item : before) {
    path.push_back(part_of(item, before, schema));
    if (find_item(after, schema, path.back()) == nullptr) {
      changes.removed.insert(path);
      if (has_inner) {
        collect(item, schema->items.get(), path, changes.removed);
      }
    }
    path.pop_back();
  }
}

}  // namespace

Json key_of(const Json& item, const Schema& list) {
  Json key = Json::object();
  for (const std::string& name : list.list_map_keys) {
    const Json& value = at(item, name);
    const Schema* field = field_of(list.items.get(), name);
    if (!value.is_null()) {
      key[name] = value;
    } else if (field != nullptr && !field->default_value.is_null()) {
      key[name] = field->default_value;
    }
  }
  return key;
}

bool is_keyed(const Json& value, const Schema* schema) {
  return value.is_array() && schema != nullptr && schema->list_type == Schema::ListType::kMap;
}

bool is_set(const Json& value, const Schema* schema) {
  return value.is_array() && schema != nullptr && schema->list_type == Schema::ListType::kSet;
}

bool is_granular_map(const Json& value, const Schema* schema) {
  return value.is_object() && (schema == nullptr || !schema->is_atomic_map);
}

const Json* find_field(const Json& root, const Schema* schema, const FieldPath& path) {
  const Json* value = &root;
  for (const std::string& part : path) {
    const Json* next = nullptr;
    if (part.starts_with("f:") && value->is_object()) {
      const std::string rest = part.substr(2);
      const auto found = value->find(rest);
      next = found == value->end() ? nullptr : &*found;
      schema = field_of(schema, rest);
    } else if (value->is_array()) {
      next = find_item(*value, schema, part);
      schema = schema == nullptr ? nullptr : schema->items.get();
    }
    if (next == nullptr) {
      return nullptr;
    }
    value = next;
  }
  return value;
}

FieldSet fields_of(const Json& value, const Schema* schema) {
  FieldSet fields;
  FieldPath path;
  collect(value, schema, path, fields);
  return fields;
}

Json to_fields_v1(const FieldSet& fields) {
  Json root = Json::object();
  for (const FieldPath& path : fields) {
    Json* node = &root;
    for (const std::string& part : path) {
      node = &(*node)[part];
      if (node->is_null()) {
        *node = Json::object();
      }
    }
    // The order of the set brings an item before what is inside it.
    (*node)["."] = Json::object();
  }
  // A dot marks only what has fields inside too.
  std::vector<Json*> waiting = {&root};
  while (!waiting.empty()) {
    Json* node = waiting.back();
    waiting.pop_back();
    if (node->size() == 1 && node->contains(".")) {
      node->erase(".");
    }
    for (auto& [name, child] : node->items()) {
      if (name != ".") {
        waiting.push_back(&child);
      }
    }
  }
  return root;
}

FieldSet from_fields_v1(const Json& fields) {
  FieldSet found;
  std::vector<std::pair<FieldPath, const Json*>> waiting = {{{}, &fields}};
  while (!waiting.empty()) {
    const auto [path, node] = waiting.back();
    waiting.pop_back();
    if (!node->is_object()) {
      continue;
    }
    if ((node->empty() || node->contains(".")) && !path.empty()) {
      found.insert(path);
    }
    for (const auto& [name, child] : node->items()) {
      if (name.size() > 2 && name[1] == ':') {
        FieldPath below = path;
        below.push_back(name);
        waiting.emplace_back(std::move(below), &child);
      }
    }
  }
  return found;
}

bool has_field(const Json& fields_v1, const FieldPath& path) {
  const Json* node = &fields_v1;
  for (const std::string& part : path) {
    const auto found = node->find(part);
    if (found == node->end()) {
      return false;
    }
    node = &*found;
  }
  return node->is_object() && (node->empty() || node->contains("."));
}

void compare_fields(const Json* before, const Json* after, const Schema* schema, FieldPath& path,
                    FieldChanges& changes) {
  const bool has_both = before != nullptr && after != nullptr;
  if (has_both && *before == *after) {
    return;
  }
  const auto are = [&](auto is_kind) {
    return has_both && is_kind(*before, schema) && is_kind(*after, schema) && !before->empty() &&
           !after->empty();
  };
  if (are(is_granular_map)) {
    return compare_maps(*before, *after, schema, path, changes);
  }
  if (are(is_keyed) || are(is_set)) {
    return compare_lists(*before, *after, schema, path, changes);
  }
  FieldSet old_fields;
  FieldSet new_fields;
  if (before != nullptr) {
    collect(*before, schema, path, old_fields);
  }
  if (after != nullptr) {
    collect(*after, schema, path, new_fields);
  }
  // An item of a list is itself whatever is in it.
  const bool is_item = !path.empty() && !path.back().starts_with("f:");
  for (const FieldPath& each : new_fields) {
    if (old_fields.erase(each) == 0 || !is_item) {
      changes.changed.insert(each);
    }
  }
  changes.removed.merge(old_fields);
}

std::string to_text(const FieldPath& path) {
  std::string shown;
  for (const std::string& part : path) {
    if (part.starts_with("f:")) {
      shown += "." + part.substr(2);
      continue;
    }
    const Json value = parse_json(std::string_view(part).substr(2)).value_or(Json());
    if (part.starts_with("v:") || !value.is_object()) {
      shown += "[=" + dump(value) + "]";
      continue;
    }
    std::vector<std::string> keys;
    for (const auto& [name, key] : value.items()) {
      keys.push_back(name + "=" + dump(key));
    }
    shown += "[" + join(keys, ",") + "]";
  }
  return shown;
}

}  // namespace quorate::local
