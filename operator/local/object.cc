// Reading and writing of objects: paths, metadata, conditions.
#include "operator/local/object.h"

#include <algorithm>

namespace quorate::local {

namespace {

const Json kNull;
const Json kEmptyList = Json::array();
const Json kEmptyMap = Json::object();

// Splits off the part before the first slash.
std::string_view next_part(std::string_view& path) {
  const size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return part;
}

}  // namespace

const Json& at(const Json& object, std::string_view path) {
  const Json* value = &object;
  while (!path.empty()) {
    const std::string part(next_part(path));
    if (!value->is_object()) {
      return kNull;
    }
    const auto found = value->find(part);
    if (found == value->end()) {
      return kNull;
    }
    value = &*found;
  }
  return *value;
}

Json& make_at(Json& object, std::string_view path) {
  Json* value = &object;
  while (!path.empty()) {
    const std::string part(next_part(path));
    if (!value->is_object()) {
      *value = Json::object();
    }
    value = &(*value)[part];
  }
  return *value;
}

void erase_at(Json& object, std::string_view path) {
  Json* value = &object;
  while (true) {
    const std::string part(next_part(path));
    if (!value->is_object()) {
      return;
    }
    const auto found = value->find(part);
    if (found == value->end()) {
      return;
    }
    if (path.empty()) {
      value->erase(found);
      return;
    }
    value = &*found;
  }
}

bool has(const Json& object, std::string_view path) { return !at(object, path).is_null(); }

std::string text(const Json& object, std::string_view path, std::string_view fallback) {
  const Json& value = at(object, path);
  return value.is_string() ? value.get_ref<const std::string&>() : std::string(fallback);
}

int64_t integer(const Json& object, std::string_view path, int64_t fallback) {
  const Json& value = at(object, path);
  return value.is_number_integer() ? value.get<int64_t>() : fallback;
}

bool boolean(const Json& object, std::string_view path, bool fallback) {
  const Json& value = at(object, path);
  return value.is_boolean() ? value.get<bool>() : fallback;
}

const Json& list_at(const Json& object, std::string_view path) {
  const Json& value = at(object, path);
  return value.is_array() ? value : kEmptyList;
}

const Json& map_at(const Json& object, std::string_view path) {
  const Json& value = at(object, path);
  return value.is_object() ? value : kEmptyMap;
}

std::string name_of(const Json& object) { return text(object, "metadata/name"); }
std::string namespace_of(const Json& object) { return text(object, "metadata/namespace"); }
std::string uid_of(const Json& object) { return text(object, "metadata/uid"); }

int64_t revision_of(const Json& object) {
  return parse_integer(text(object, "metadata/resourceVersion")).value_or(0);
}

bool is_deleting(const Json& object) { return has(object, "metadata/deletionTimestamp"); }

namespace {

std::string entry_of(const Json& map, const std::string& key) {
  const auto found = map.find(key);
  return found != map.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string label(const Json& object, const std::string& key) {
  return entry_of(map_at(object, "metadata/labels"), key);
}

std::string annotation(const Json& object, const std::string& key) {
  return entry_of(map_at(object, "metadata/annotations"), key);
}

bool has_finalizer(const Json& object, std::string_view finalizer) {
  const Json& list = list_at(object, "metadata/finalizers");
  return std::any_of(list.begin(), list.end(), [&](const Json& item) { return item == finalizer; });
}

bool remove_finalizer(Json& object, std::string_view finalizer) {
  if (!has_finalizer(object, finalizer)) {
    return false;
  }
  Json kept = Json::array();
  for (const Json& item : list_at(object, "metadata/finalizers")) {
    if (item != finalizer) {
      kept.push_back(item);
    }
  }
  if (kept.empty()) {
    erase_at(object, "metadata/finalizers");
  } else {
    make_at(object, "metadata/finalizers") = std::move(kept);
  }
  return true;
}

bool add_finalizer(Json& object, std::string_view finalizer) {
  if (has_finalizer(object, finalizer)) {
    return false;
  }
  Json& list = make_at(object, "metadata/finalizers");
  if (!list.is_array()) {
    list = Json::array();
  }
  list.push_back(finalizer);
  return true;
}

const Json& controller_of(const Json& object) {
  for (const Json& owner : list_at(object, "metadata/ownerReferences")) {
    if (boolean(owner, "controller")) {
      return owner;
    }
  }
  return kNull;
}

Json owner_reference(const Json& owner, bool is_controller) {
  Json reference = {{"apiVersion", text(owner, "apiVersion")},
                    {"kind", text(owner, "kind")},
                    {"name", name_of(owner)},
                    {"uid", uid_of(owner)}};
  if (is_controller) {
    reference["controller"] = true;
    reference["blockOwnerDeletion"] = true;
  }
  return reference;
}

const Json& condition_of(const Json& object, std::string_view type) {
  for (const Json& condition : list_at(object, "status/conditions")) {
    if (at(condition, "type") == type) {
      return condition;
    }
  }
  return kNull;
}

bool condition_is_true(const Json& object, std::string_view type) {
  return text(condition_of(object, type), "status") == "True";
}

void set_condition(Json& object, const Condition& condition, WallMillis now) {
  Json& list = make_at(object, "status/conditions");
  if (!list.is_array()) {
    list = Json::array();
  }
  Json* entry = nullptr;
  for (Json& existing : list) {
    if (at(existing, "type") == condition.type) {
      entry = &existing;
    }
  }
  if (entry == nullptr) {
    list.push_back(Json{{"type", condition.type}});
    entry = &list.back();
  }
  const std::string status = condition.is_true ? "True" : "False";
  if (text(*entry, "status") != status) {
    (*entry)["status"] = status;
    (*entry)["lastTransitionTime"] = format_time(now);
  }
  for (const auto& [key, value] :
       {std::pair{"reason", condition.reason}, std::pair{"message", condition.message}}) {
    if (value.empty()) {
      entry->erase(key);
    } else {
      (*entry)[key] = value;
    }
  }
}

std::optional<Json> parse_json(std::string_view text) {
  // Parsing recurses, so that depth is bounded before it starts.
  constexpr int kDepthMax = 200;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) {
        return std::nullopt;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  Json parsed = Json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) {
    return std::nullopt;
  }
  return parsed;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

uint64_t hash_of(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace quorate::local
