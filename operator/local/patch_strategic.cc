// Strategic merge patch: lists merge by the keys that the schema names.
#include <algorithm>

#include "operator/local/patch.h"

namespace quorate::local {

namespace {

constexpr std::string_view kOrder = "$setElementOrder/";
constexpr std::string_view kDelete = "$deleteFromPrimitiveList/";

Json merged(Json document, const Json& patch, const Schema* schema);

bool contains_item(const Json& list, const Json& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Sorts items that the order names as it names them, before a stable rest.
void reorder(Json& list, const Json& order, const std::string& key) {
  Json sorted = Json::array();
  const auto identity = [&](const Json& item) { return key.empty() ? item : at(item, key); };
  for (const Json& wanted : order) {
    for (const Json& item : list) {
      if (identity(item) == identity(wanted)) {
        sorted.push_back(item);
      }
    }
  }
  for (const Json& item : list) {
    if (!contains_item(sorted, item)) {
      sorted.push_back(item);
    }
  }
  list = std::move(sorted);
}

Json merged_keyed(Json document, const Json& patch, const Schema& schema) {
  const std::string& key = schema.patch_merge_key;
  const bool replaces = std::any_of(patch.begin(), patch.end(), [](const Json& item) {
    return text(item, "$patch") == "replace";
  });
  Json result = replaces || !document.is_array() ? Json::array() : std::move(document);
  for (const Json& item : patch) {
    if (text(item, "$patch") == "replace") {
      continue;
    }
    const auto same = std::find_if(result.begin(), result.end(), [&](const Json& candidate) {
      return at(candidate, key) == at(item, key);
    });
    if (text(item, "$patch") == "delete") {
      if (same != result.end()) {
        result.erase(same);
      }
    } else if (same == result.end()) {
      result.push_back(merged(Json::object(), item, schema.items.get()));
    } else {
      *same = merged(*same, item, schema.items.get());
    }
  }
  return result;
}

Json merged_set(Json document, const Json& patch) {
  Json result = document.is_array() ? std::move(document) : Json::array();
  for (const Json& item : patch) {
    if (!contains_item(result, item)) {
      result.push_back(item);
    }
  }
  return result;
}

Json merged_list(Json document, const Json& patch, const Schema* schema) {
  if (schema != nullptr && !schema->patch_merge_key.empty()) {
    return merged_keyed(std::move(document), patch, *schema);
  }
  if (schema != nullptr && schema->list_type == Schema::ListType::kSet) {
    return merged_set(std::move(document), patch);
  }
  return patch;
}

void apply_directive(Json& document, const std::string& name, const Json& value,
                     const Schema* schema) {
  if (name.starts_with(kDelete)) {
    Json& list = document[name.substr(kDelete.size())];
    Json kept = Json::array();
    for (const Json& item : list.is_array() ? list : Json::array()) {
      if (!contains_item(value, item)) {
        kept.push_back(item);
      }
    }
    list = std::move(kept);
  } else if (name.starts_with(kOrder)) {
    const std::string field = name.substr(kOrder.size());
    const Schema* list_schema = field_of(schema, field);
    const auto found = document.find(field);
    if (found != document.end() && found->is_array() && value.is_array()) {
      reorder(*found, value, list_schema == nullptr ? "" : list_schema->patch_merge_key);
    }
  } else if (name == "$retainKeys" && value.is_array()) {
    for (auto it = document.begin(); it != document.end();) {
      it = contains_item(value, it.key()) ? std::next(it) : document.erase(it);
    }
  }
}

Json merged(Json document, const Json& patch, const Schema* schema) {
  if (patch.is_array()) {
    return merged_list(std::move(document), patch, schema);
  }
  if (!patch.is_object()) {
    return patch;
  }
  const std::string directive = text(patch, "$patch");
  if (directive == "delete") {
    return Json::object();
  }
  if (!document.is_object() || directive == "replace") {
    document = Json::object();
  }
  if (patch.contains("$retainKeys")) {
    apply_directive(document, "$retainKeys", patch["$retainKeys"], schema);
  }
  for (const auto& [name, value] : patch.items()) {
    if (name.starts_with('$')) {
      continue;
    }
    if (value.is_null()) {
      document.erase(name);
      continue;
    }
    const auto found = document.find(name);
    document[name] =
        merged(found == document.end() ? Json() : *found, value, field_of(schema, name));
  }
  for (const auto& [name, value] : patch.items()) {
    if (name.starts_with(kDelete) || name.starts_with(kOrder)) {
      apply_directive(document, name, value, schema);
    }
  }
  return document;
}

}  // namespace

Outcome<Json> strategic_patched(Json document, const Json& patch, const Schema* schema) {
  if (!patch.is_object()) {
    return bad_request("a strategic merge patch is an object");
  }
  return merged(std::move(document), patch, schema);
}

}  // namespace quorate::local
