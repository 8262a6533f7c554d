// Managed fields: ownership at writes, and server-side apply with its conflicts.
#include "operator/local/managed_fields.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "server/base/text.h"

namespace quorate::local {

namespace {

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
  auto* parent = const_cast<Json*>(find_field(root, schema, parent_path));  // NOLINT: root is ours.
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

constexpr std::string_view kServersMetadata[] = {"name",
                                                 "namespace",
                                                 "generateName",
                                                 "uid",
                                                 "resourceVersion",
                                                 "generation",
                                                 "selfLink",
                                                 "creationTimestamp",
                                                 "deletionTimestamp",
                                                 "deletionGracePeriodSeconds",
                                                 "managedFields"};

// Fields that are the server's, and those that another subresource writes.
Json without_foreign_fields(Json object, const Kind& kind, const std::string& subresource) {
  for (const char* name : {"apiVersion", "kind"}) {
    object.erase(name);
  }
  for (const std::string_view name : kServersMetadata) {
    erase_at(object, "metadata/" + std::string(name));
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

Json json_of(const Entry& entry) {
  Json source = {{"manager", entry.manager},        {"operation", entry.operation},
                 {"apiVersion", entry.api_version}, {"time", entry.time},
                 {"fieldsType", "FieldsV1"},        {"fieldsV1", to_fields_v1(entry.fields)}};
  if (!entry.subresource.empty()) {
    source["subresource"] = entry.subresource;
  }
  return source;
}

// Entries that own nothing are dropped.
void set_entries(Json& object, Json entries) {
  Json list = Json::array();
  for (Json& entry : entries) {
    if (!map_at(entry, "fieldsV1").empty()) {
      list.push_back(std::move(entry));
    }
  }
  if (list.empty()) {
    erase_at(object, "metadata/managedFields");
  } else {
    make_at(object, "metadata/managedFields") = std::move(list);
  }
}

void write_entries(Json& object, const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) {
    list.push_back(json_of(entry));
  }
  set_entries(object, std::move(list));
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

namespace {

// What of the object the server keeps, whoever writes.
bool is_servers_metadata(const std::string& name) {
  return std::ranges::find(kServersMetadata, name) != std::end(kServersMetadata);
}

FieldChanges changes_of(const Json& before, const Json& after, const Kind& kind,
                        const std::string& subresource) {
  FieldChanges changes;
  FieldPath path;
  const auto compare = [&](const Json& old, const Json& now, const std::string& name,
                           const Schema* schema) {
    const auto old_field = old.find(name);
    const auto new_field = now.find(name);
    path.push_back("f:" + name);
    compare_fields(old_field == old.end() ? nullptr : &*old_field,
                   new_field == now.end() ? nullptr : &*new_field, schema, path, changes);
    path.pop_back();
  };
  const auto names_of = [](const Json& a, const Json& b) {
    std::set<std::string> names;
    for (const Json* each : {&a, &b}) {
      for (const auto& [name, value] : each->items()) {
        names.insert(name);
      }
    }
    return names;
  };
  // A write to the main object of a kind with status leaves status alone, and the other way round.
  const Schema* const schema = kind.schema.get();
  for (const std::string& name : names_of(before, after)) {
    const bool is_status = name == "status";
    const bool is_written = subresource == "status" ? is_status : !(is_status && kind.has_status);
    if (is_written && name != "apiVersion" && name != "kind" && name != "metadata") {
      compare(before, after, name, field_of(schema, name));
    }
  }
  if (subresource != "status") {
    const Json& old = map_at(before, "metadata");
    const Json& now = map_at(after, "metadata");
    path.emplace_back("f:metadata");
    for (const std::string& name : names_of(old, now)) {
      if (!is_servers_metadata(name)) {
        compare(old, now, name, field_of(field_of(schema, "metadata"), name));
      }
    }
  }
  return changes;
}

// The paths that a manager's entry has, or has not.
FieldSet picked(const FieldSet& paths, const Json& fields_v1, bool is_had) {
  FieldSet found;
  std::ranges::copy_if(paths, std::inserter(found, found.end()),
                       [&](const FieldPath& path) { return has_field(fields_v1, path) == is_had; });
  return found;
}

}  // namespace

void track_update(const Json* old_object, Json& updated, const Kind& kind, const Writer& writer,
                  WallMillis now) {
  static const Json kNone = Json::object();
  const FieldChanges changes =
      changes_of(old_object == nullptr ? kNone : *old_object, updated, kind, writer.subresource);
  Json entries = list_at(updated, "metadata/managedFields");
  bool has_own = false;
  for (Json& entry : entries) {
    const bool is_own = !has_own && text(entry, "manager") == writer.manager &&
                        text(entry, "operation") == "Update" &&
                        text(entry, "subresource") == writer.subresource;
    has_own = has_own || is_own;
    const Json& fields = at(entry, "fieldsV1");
    FieldSet lost = picked(changes.removed, fields, true);
    FieldSet won;
    (is_own ? won : lost).merge(picked(changes.changed, fields, !is_own));
    if (!lost.empty() || !won.empty()) {
      FieldSet all = from_fields_v1(fields);
      erase_all(all, lost);
      all.merge(won);
      entry["fieldsV1"] = to_fields_v1(all);
    }
    if (is_own && !changes.changed.empty()) {
      entry["time"] = format_time(now);
      entry["apiVersion"] = kind.api_version();
    }
  }
  if (!has_own && !changes.changed.empty()) {
    entries.push_back(json_of({.manager = writer.manager,
                               .operation = "Update",
                               .subresource = writer.subresource,
                               .api_version = kind.api_version(),
                               .time = format_time(now),
                               .fields = changes.changed}));
  }
  set_entries(updated, std::move(entries));
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
      const Json* before = find_field(live, schema, path);
      const Json* after = find_field(result, schema, path);
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
        const Json* before = find_field(*live, schema, path);
        const Json* after = find_field(result, schema, path);
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
