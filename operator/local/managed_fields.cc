// Server-side apply: sets of fields, merging by schema, conflicts.
#include "operator/local/managed_fields.h"

#include <algorithm>

#include "server/base/text.h"

namespace quorate::local {

namespace {

// What makes an item of a list with keys itself.
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

// The value at a path, or null.
const Json* find_at(const Json& root, const Schema* schema, const FieldPath& path) {
  const Json* value = &root;
  for (const std::string& part : path) {
    const std::string rest = part.substr(2);
    const Json* next = nullptr;
    if (part.starts_with("f:") && value->is_object()) {
      const auto found = value->find(rest);
      next = found == value->end() ? nullptr : &*found;
      schema = field_of(schema, rest);
    } else if (value->is_array()) {
      for (const Json& item : *value) {
        const bool is_same = part.starts_with("k:")
                                 ? is_keyed(*value, schema) && dump(key_of(item, *schema)) == rest
                                 : dump(item) == rest;
        next = is_same ? &item : next;
      }
      schema = schema == nullptr ? nullptr : schema->items.get();
    }
    if (next == nullptr) {
      return nullptr;
    }
    value = next;
  }
  return value;
}

void remove_item(Json& list, const Schema* schema, const std::string& part) {
  for (size_t i = 0; i < list.size(); ++i) {
    const bool is_same =
        part.starts_with("k:")
            ? is_keyed(list, schema) && dump(key_of(list[i], *schema)) == part.substr(2)
            : dump(list[i]) == part.substr(2);
    if (is_same) {
      list.erase(i);
      return;
    }
  }
}

void remove_at(Json& root, const Schema* schema, const FieldPath& path) {
  FieldPath parent_path(path.begin(), path.end() - 1);
  auto* parent = const_cast<Json*>(find_at(root, schema, parent_path));  // NOLINT: root is ours.
  if (parent == nullptr) {
    return;
  }
  if (path.back().starts_with("f:")) {
    if (parent->is_object()) {
      parent->erase(path.back().substr(2));
    }
    return;
  }
  const Schema* place = schema;
  for (const std::string& part : parent_path) {
    place = part.starts_with("f:") ? field_of(place, part.substr(2))
                                   : (place == nullptr ? nullptr : place->items.get());
  }
  if (parent->is_array()) {
    remove_item(*parent, place, path.back());
  }
}

// Puts the intent over the living value.
Json applied(const Json& live, const Json& intent, const Schema* schema) {
  if (is_granular_map(live, schema) && is_granular_map(intent, schema)) {
    Json result = live;
    for (const auto& [name, child] : intent.items()) {
      result[name] = applied(at(live, name).is_null() || !live.contains(name) ? Json() : live[name],
                             child, field_of(schema, name));
    }
    return result;
  }
  if (is_keyed(live, schema) && intent.is_array()) {
    Json result = live;
    for (const Json& item : intent) {
      const Json key = key_of(item, *schema);
      const auto same = std::find_if(result.begin(), result.end(), [&](const Json& candidate) {
        return key_of(candidate, *schema) == key;
      });
      if (same == result.end()) {
        result.push_back(item);
      } else {
        *same = applied(*same, item, schema->items.get());
      }
    }
    return result;
  }
  if (is_set(live, schema) && intent.is_array()) {
    Json result = live;
    for (const Json& item : intent) {
      if (std::find(result.begin(), result.end(), item) == result.end()) {
        result.push_back(item);
      }
    }
    return result;
  }
  return intent;
}

// Fields that are the server's, and those that another subresource writes.
Json without_foreign_fields(Json object, const Kind& kind, const std::string& subresource) {
  for (const char* name : {"apiVersion", "kind"}) {
    object.erase(name);
  }
  for (const char* name :
       {"name", "namespace", "generateName", "uid", "resourceVersion", "generation", "selfLink",
        "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"}) {
    erase_at(object, std::string("metadata/") + name);
  }
  if (object.contains("metadata") && object["metadata"].empty()) {
    object.erase("metadata");
  }
  if (subresource == "status") {
    Json status = at(object, "status");
    object = Json::object();
    if (!status.is_null()) {
      object["status"] = std::move(status);
    }
  } else if (kind.has_status) {
    object.erase("status");
  }
  return object;
}

struct Entry {
  std::string manager;
  std::string operation;
  std::string subresource;
  std::string api_version;
  std::string time;
  FieldSet fields;
};

std::vector<Entry> read_entries(const Json& object) {
  std::vector<Entry> entries;
  for (const Json& source : list_at(object, "metadata/managedFields")) {
    entries.push_back({.manager = text(source, "manager"),
                       .operation = text(source, "operation"),
                       .subresource = text(source, "subresource"),
                       .api_version = text(source, "apiVersion"),
                       .time = text(source, "time"),
                       .fields = from_fields_v1(at(source, "fieldsV1"))});
  }
  return entries;
}

void write_entries(Json& object, const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) {
    if (entry.fields.empty()) {
      continue;
    }
    Json source = {{"manager", entry.manager},        {"operation", entry.operation},
                   {"apiVersion", entry.api_version}, {"time", entry.time},
                   {"fieldsType", "FieldsV1"},        {"fieldsV1", to_fields_v1(entry.fields)}};
    if (!entry.subresource.empty()) {
      source["subresource"] = entry.subresource;
    }
    list.push_back(std::move(source));
  }
  if (list.empty()) {
    erase_at(object, "metadata/managedFields");
  } else {
    make_at(object, "metadata/managedFields") = std::move(list);
  }
}

Entry& entry_of(std::vector<Entry>& entries, const Writer& writer, const std::string& operation,
                const std::string& api_version) {
  for (Entry& entry : entries) {
    if (entry.manager == writer.manager && entry.operation == operation &&
        entry.subresource == writer.subresource) {
      return entry;
    }
  }
  entries.push_back({.manager = writer.manager,
                     .operation = operation,
                     .subresource = writer.subresource,
                     .api_version = api_version,
                     .time = {},
                     .fields = {}});
  return entries.back();
}

void erase_all(FieldSet& from, const FieldSet& what) {
  for (const FieldPath& path : what) {
    from.erase(path);
  }
}

}  // namespace

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

void track_update(const Json* old_object, Json& updated, const Kind& kind, const Writer& writer,
                  WallMillis now) {
  const Schema* schema = kind.schema.get();
  // A write to the main object of a kind with status leaves status alone, and the other way round.
  const Json before = old_object == nullptr
                          ? Json::object()
                          : without_foreign_fields(*old_object, kind, writer.subresource);
  const Json after = without_foreign_fields(updated, kind, writer.subresource);
  const FieldSet old_fields = fields_of(before, schema);
  const FieldSet new_fields = fields_of(after, schema);
  FieldSet changed;
  for (const FieldPath& path : new_fields) {
    const Json* old_value = find_at(before, schema, path);
    const bool is_item = !path.back().starts_with("f:");
    if (old_value == nullptr || !old_fields.contains(path) ||
        (!is_item && *old_value != *find_at(after, schema, path))) {
      changed.insert(path);
    }
  }
  FieldSet removed;
  for (const FieldPath& path : old_fields) {
    if (!new_fields.contains(path)) {
      removed.insert(path);
    }
  }
  std::vector<Entry> entries = read_entries(updated);
  for (Entry& entry : entries) {
    erase_all(entry.fields, changed);
    erase_all(entry.fields, removed);
  }
  if (!changed.empty()) {
    Entry& own = entry_of(entries, writer, "Update", kind.api_version());
    own.fields.insert(changed.begin(), changed.end());
    own.time = format_time(now);
    own.api_version = kind.api_version();
  }
  write_entries(updated, entries);
}

namespace {

struct Conflicts {
  Json causes = Json::array();
  std::vector<std::string> lines;
  std::set<std::string> owners;
};

ApiError conflict_error(const Conflicts& conflicts) {
  const size_t count = conflicts.causes.size();
  std::string message =
      "Apply failed with " + std::to_string(count) + (count == 1 ? " conflict: " : " conflicts: ");
  if (count == 1) {
    message += conflicts.lines[0];
  } else {
    std::string owner;
    for (size_t i = 0; i < count; ++i) {
      const std::string line = conflicts.lines[i];
      const size_t mark = line.rfind(": ");
      const std::string head = "conflicts" + line.substr(8, mark - 8) + ":";
      message += (owner == head ? "" : (owner.empty() ? "" : "\n") + head) + "\n- " +
                 line.substr(mark + 2);
      owner = head;
    }
  }
  return {.code = 409,
          .reason = "Conflict",
          .message = std::move(message),
          .details = Json{{"causes", conflicts.causes}}};
}

// What of the intent changes a field that another manager owns.
Conflicts conflicts_of(const Json& live, const Json& result, const FieldSet& intended,
                       const Entry& own, const std::vector<Entry>& entries, const Schema* schema) {
  Conflicts conflicts;
  for (const Entry& entry : entries) {
    if (entry.manager == own.manager && entry.operation == own.operation &&
        entry.subresource == own.subresource) {
      continue;
    }
    for (const FieldPath& path : intended) {
      if (!entry.fields.contains(path) || !path.back().starts_with("f:")) {
        continue;
      }
      const Json* before = find_at(live, schema, path);
      const Json* after = find_at(result, schema, path);
      if (before != nullptr && after != nullptr && *before == *after) {
        continue;
      }
      const std::string who =
          "conflict with \"" + entry.manager + "\"" +
          (entry.subresource.empty() ? "" : " with subresource \"" + entry.subresource + "\"") +
          " using " + entry.api_version;
      conflicts.causes.push_back(
          {{"reason", "FieldManagerConflict"}, {"message", who}, {"field", to_text(path)}});
      conflicts.lines.push_back(who + ": " + to_text(path));
      conflicts.owners.insert(entry.manager);
    }
  }
  return conflicts;
}

// Whether it is part of the key of the item that it is in; that goes with the item only.
bool is_key_field(const FieldPath& path) {
  if (path.size() < 2 || !path[path.size() - 2].starts_with("k:")) {
    return false;
  }
  const auto key = parse_json(path[path.size() - 2].substr(2));
  return key && path.back().starts_with("f:") && key->contains(path.back().substr(2));
}

// Fields that this manager applied before, names no more, and nobody else owns.
void drop_abandoned(Json& result, const FieldSet& before, const FieldSet& intended,
                    const std::vector<Entry>& entries, const Entry& own, const Schema* schema) {
  // Items before the fields inside them: one without its key would not be found again.
  for (const FieldPath& path : before) {
    const bool is_owned_by_others =
        std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
          const bool is_own = &entry == &own;
          // A field inside an item keeps the item.
          const auto inside = entry.fields.lower_bound(path);
          const bool holds = inside != entry.fields.end() && inside->size() >= path.size() &&
                             std::equal(path.begin(), path.end(), inside->begin());
          return !is_own && holds;
        });
    if (!intended.contains(path) && !is_owned_by_others && !is_key_field(path)) {
      remove_at(result, schema, path);
    }
  }
}

}  // namespace

Outcome<Json> apply(const Json* live, Json intent, const Kind& kind, const Writer& writer,
                    bool force, WallMillis now) {
  const Schema* schema = kind.schema.get();
  const Json wanted = without_foreign_fields(intent, kind, writer.subresource);
  const FieldSet intended = fields_of(wanted, schema);
  Json result;
  if (live == nullptr) {
    result = std::move(intent);
    erase_at(result, "metadata/managedFields");
  } else {
    result = applied(*live, wanted, schema);
  }
  std::vector<Entry> entries = read_entries(live == nullptr ? Json() : *live);
  entry_of(entries, writer, "Apply", kind.api_version());
  Entry& own = entry_of(entries, writer, "Apply", kind.api_version());
  if (live != nullptr) {
    const Conflicts conflicts = conflicts_of(*live, result, intended, own, entries, schema);
    if (!conflicts.causes.empty() && !force) {
      return conflict_error(conflicts);
    }
    drop_abandoned(result, own.fields, intended, entries, own, schema);
    for (Entry& entry : entries) {
      if (&entry == &own) {
        continue;
      }
      for (const FieldPath& path : intended) {
        const Json* before = find_at(*live, schema, path);
        const Json* after = find_at(result, schema, path);
        if (before == nullptr || after == nullptr || *before != *after) {
          entry.fields.erase(path);
        }
      }
    }
  }
  const bool is_changed = own.fields != intended || own.api_version != kind.api_version();
  own.fields = intended;
  own.api_version = kind.api_version();
  if (is_changed || live == nullptr) {
    own.time = format_time(now);
  }
  write_entries(result, entries);
  return result;
}

}  // namespace quorate::local
