// Creation and update of objects.
#include "operator/local/objects.h"

#include <algorithm>
#include <cstdio>

#include "operator/local/builtin_rules.h"
#include "server/base/text.h"

namespace quorate::local {

namespace {

bool is_cluster_kept(const Kind& kind) { return !kind.is_namespaced; }

// Whether two objects have the same fields with the same values, those that `is_skipped` names
// aside.
template <typename IsSkipped>
bool is_same_but_for(const Json& left, const Json& right, IsSkipped is_skipped) {
  auto a = left.begin();
  auto b = right.begin();
  while (true) {
    while (a != left.end() && is_skipped(a.key())) {
      ++a;
    }
    while (b != right.end() && is_skipped(b.key())) {
      ++b;
    }
    if (a == left.end() || b == right.end()) {
      return a == left.end() && b == right.end();
    }
    if (a.key() != b.key() || a.value() != b.value()) {
      return false;
    }
    ++a;
    ++b;
  }
}

// Whether the fields whose change a generation counts are the same.
bool has_same_intent(const Json& left, const Json& right, bool is_custom) {
  return is_same_but_for(left, right, [is_custom](const std::string& field) {
    return field == "metadata" || field == "status" ||
           (!is_custom && (field == "kind" || field == "apiVersion"));
  });
}

bool differs_only_in_bookkeeping(const Json& left, const Json& right) {
  return is_same_but_for(left, right, [](const auto& field) { return field == "metadata"; }) &&
         is_same_but_for(map_at(left, "metadata"), map_at(right, "metadata"),
                         [](const std::string& field) {
                           return field == "managedFields" || field == "resourceVersion";
                         });
}

// Whether nothing holds a deleted object any more.
bool may_vanish(const Json& object) {
  return is_deleting(object) && list_at(object, "metadata/finalizers").empty() &&
         integer(object, "metadata/deletionGracePeriodSeconds") == 0 &&
         !(text(object, "kind") == "Namespace" && !list_at(object, "spec/finalizers").empty());
}

ApiError too_large(const Json& object) {
  return plain_error(413, "RequestEntityTooLarge", "the object is too large: " + name_of(object));
}

}  // namespace

std::string Objects::new_uid() {
  const auto number = static_cast<uint64_t>(store_.next_number());
  const std::string base = std::to_string(surroundings_.seed) + "/" + std::to_string(number);
  const uint64_t high = hash_of(base + "/high");
  const uint64_t low = hash_of(base + "/low");
  char buffer[48];
  std::snprintf(buffer, sizeof(buffer), "%08x-%04x-4%03x-8%03x-%012llx",
                static_cast<unsigned>(high >> 32), static_cast<unsigned>(high & 0xffff),
                static_cast<unsigned>(high >> 16 & 0xfff), static_cast<unsigned>(low >> 52),
                static_cast<unsigned long long>(low & 0xffffffffffff));
  return buffer;
}

std::string Objects::new_suffix() {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  uint64_t hash =
      hash_of(std::to_string(surroundings_.seed) + "#" + std::to_string(store_.next_number()));
  std::string suffix;
  for (int i = 0; i < 5; ++i) {
    suffix += kLetters[hash % kLetters.size()];
    hash = hash / kLetters.size() ^ hash >> 7;
  }
  return suffix;
}

std::optional<ApiError> Objects::check_namespace(const Kind& kind, const std::string& ns,
                                                 const std::string& name) const {
  if (is_cluster_kept(kind)) {
    return std::nullopt;
  }
  const ObjectPtr found = store_.find({"namespaces", "", ns});
  if (!found) {
    return not_found({.group = "", .kind = "Namespace", .resource = "namespaces", .name = ns});
  }
  if (is_deleting(*found)) {
    ApiError error = forbidden(kind.subject(name), "unable to create new content in namespace " +
                                                       ns + " because it is being terminated");
    error.details["causes"] = Json::array({{{"reason", "NamespaceTerminating"},
                                            {"message", "namespace " + ns + " is being terminated"},
                                            {"field", "metadata.namespace"}}});
    return error;
  }
  return std::nullopt;
}

// Drops unknown fields, or refuses them. Returns warnings.
Outcome<std::vector<std::string>> Objects::clean(const Kind& kind, Json& object,
                                                 const WriteOptions& options) const {
  std::vector<std::string> warnings;
  const std::vector<std::string> unknown = prune(object, *kind.schema, true);
  if (unknown.empty() || options.field_validation == FieldValidation::kIgnore) {
    return warnings;
  }
  for (const std::string& field : unknown) {
    warnings.push_back("unknown field \"" + field + "\"");
  }
  if (options.field_validation == FieldValidation::kStrict) {
    return bad_request(kind.kind + " in version \"" + kind.version + "\" cannot be handled as a " +
                       kind.kind + ": strict decoding error: " + join(warnings, ", "));
  }
  return warnings;
}

std::optional<ApiError> Objects::check_types(const Kind& kind, const Json& object) const {
  if (!object.is_object() || !object.contains("metadata") || !object["metadata"].is_object()) {
    return bad_request("json: cannot unmarshal into Go struct field .metadata of type ObjectMeta");
  }
  FieldErrors errors;
  validate(object, *kind.schema, "", errors);
  FieldErrors wrong;
  for (FieldError& error : errors) {
    if (error.reason == "FieldValueTypeInvalid") {
      wrong.push_back(std::move(error));
    }
  }
  if (wrong.empty()) {
    return std::nullopt;
  }
  if (kind.is_custom && !wrong.front().field.starts_with("metadata")) {
    return invalid(kind.subject(name_of(object)), wrong);
  }
  return bad_request(kind.kind + " in version \"" + kind.version + "\" cannot be handled as a " +
                     kind.kind + ": json: cannot unmarshal into Go struct field " + kind.kind +
                     "." + wrong.front().field + ": " + wrong.front().detail);
}

FieldErrors Objects::check(const Kind& kind, const Json* old_object, const Json& object) const {
  FieldErrors errors;
  validate_metadata(kind, object, errors);
  validate(object, *kind.schema, "", errors);
  if (!errors.empty()) {
    return errors;
  }
  if (kind.is_custom) {
    validate_rules(object, old_object, *kind.schema, "", errors);
  } else if (old_object == nullptr) {
    validate_builtin_create(kind, object, errors);
  } else {
    validate_builtin_update(kind, *old_object, object, errors);
  }
  return errors;
}

Outcome<Written> Objects::create(const Kind& kind, const std::string& ns, Json object,
                                 const WriteOptions& options) {
  constexpr size_t kObjectBytesMax = 1536 << 10;
  if (object.is_object() && at(object, "metadata").is_null()) {
    object["metadata"] = Json::object();
  }
  if (!object.is_object() || !object["metadata"].is_object()) {
    return *check_types(kind, object);
  }
  object = in_stored_version(std::move(object), kind, kinds_);
  if (name_of(object).empty() && !text(object, "metadata/generateName").empty()) {
    make_at(object, "metadata/name") = text(object, "metadata/generateName") + new_suffix();
  }
  const std::string name = name_of(object);
  if (auto refusal = check_namespace(kind, ns, name)) {
    return *refusal;
  }
  auto warnings = clean(kind, object, options);
  if (!warnings) {
    return warnings.error();
  }
  if (auto refusal = check_types(kind, object)) {
    return *refusal;
  }
  if (name.empty()) {
    return invalid(kind.subject(""),
                   {required_value("metadata.name", "name or generateName is required")});
  }
  const Key key{kind.resource(), kind.is_namespaced ? ns : "", name};
  if (store_.find(key)) {
    return already_exists(kind.subject(name));
  }
  Json& metadata = object["metadata"];
  for (const char* field : {"resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
                            "selfLink", "generation"}) {
    metadata.erase(field);
  }
  if (kind.is_namespaced) {
    metadata["namespace"] = ns;
  } else {
    metadata.erase("namespace");
  }
  metadata["uid"] = new_uid();
  metadata["creationTimestamp"] = format_time(now_);
  if (kind.tracks_generation) {
    metadata["generation"] = 1;
  }
  if (kind.has_status) {
    object.erase("status");
  }
  apply_defaults(object, *kind.schema);
  prepare_builtin_create(kind, object, *this);
  if (const FieldErrors errors = check(kind, nullptr, object); !errors.empty()) {
    return invalid(kind.subject(name), errors);
  }
  if (auto refusal = check_admission(kind, object, store_)) {
    return *refusal;
  }
  if (!options.keeps_managed_fields && !options.writer.manager.empty()) {
    erase_at(object, "metadata/managedFields");
    track_update(nullptr, object, kind, options.writer, now_);
  }
  if (dump(object).size() > kObjectBytesMax) {
    return too_large(object);
  }
  Json result = options.dry_run ? in_version(object, kind)
                                : in_version(*store_.put(key, std::move(object)), kind);
  return Written{.object = std::move(result), .is_created = true, .warnings = *std::move(warnings)};
}

void Objects::carry_system_fields(const Json& old_object, Json& updated) const {
  Json& metadata = updated["metadata"];
  for (const char* field :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
        "name", "namespace", "selfLink", "resourceVersion"}) {
    const Json& value = at(at(old_object, "metadata"), field);
    if (value.is_null()) {
      metadata.erase(field);
    } else {
      metadata[field] = value;
    }
  }
}

Outcome<Written> Objects::update(const Kind& kind, const std::string& ns, const std::string& name,
                                 Json object, const WriteOptions& options) {
  const Key key{kind.resource(), kind.is_namespaced ? ns : "", name};
  const ObjectPtr old_object = store_.find(key);
  if (!old_object) {
    return not_found(kind.subject(name));
  }
  if (object.is_object() && at(object, "metadata").is_null()) {
    object["metadata"] = Json::object();
  }
  if (!object.is_object() || !object["metadata"].is_object()) {
    return *check_types(kind, object);
  }
  if (name_of(object) != name && has(object, "metadata/name")) {
    return bad_request("the name of the object (" + name_of(object) +
                       ") does not match the name on the URL (" + name + ")");
  }
  const std::string revision = text(object, "metadata/resourceVersion");
  if (!revision.empty() && revision != text(*old_object, "metadata/resourceVersion")) {
    return conflict(kind.subject(name),
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again");
  }
  const std::string uid = uid_of(object);
  if (!uid.empty() && uid != uid_of(*old_object)) {
    return conflict(kind.subject(name), "Precondition failed: UID in precondition: " + uid +
                                            ", UID in object meta: " + uid_of(*old_object));
  }
  object = in_stored_version(std::move(object), kind, kinds_);
  auto warnings = clean(kind, object, options);
  if (!warnings) {
    return warnings.error();
  }
  if (auto refusal = check_types(kind, object)) {
    return *refusal;
  }
  if (options.writer.subresource == "status") {
    Json updated = *old_object;
    if (const auto status = object.find("status"); status != object.end() && !status->is_null()) {
      updated["status"] = std::move(*status);
    } else {
      updated.erase("status");
    }
    if (options.keeps_managed_fields) {
      make_at(updated, "metadata/managedFields") = at(object, "metadata/managedFields");
    }
    object = std::move(updated);
  } else if (kind.has_status) {
    const Json& status = at(*old_object, "status");
    if (status.is_null()) {
      object.erase("status");
    } else {
      object["status"] = status;
    }
  }
  carry_system_fields(*old_object, object);
  auto written = finish_update(kind, key, old_object, std::move(object), options);
  if (written) {
    written->warnings = *std::move(warnings);
  }
  return written;
}

Outcome<Written> Objects::finish_update(const Kind& kind, const Key& key,
                                        const ObjectPtr& old_object, Json updated,
                                        const WriteOptions& options) {
  apply_defaults(updated, *kind.schema);
  if (options.writer.subresource != "status") {
    prepare_builtin_update(kind, *old_object, updated);
  }
  if (const FieldErrors errors = check(kind, old_object.get(), updated); !errors.empty()) {
    return invalid(kind.subject(key.name), errors);
  }
  if (is_deleting(*old_object)) {
    for (const Json& finalizer : list_at(updated, "metadata/finalizers")) {
      if (finalizer.is_string() && !has_finalizer(*old_object, finalizer.get<std::string>())) {
        return invalid(kind.subject(key.name),
                       {forbidden_value("metadata.finalizers",
                                        "no new finalizers can be added if the object is being "
                                        "deleted, found new finalizers []string{" +
                                            dump(finalizer) + "}")});
      }
    }
  }
  if (kind.tracks_generation && !has_same_intent(*old_object, updated, kind.is_custom)) {
    updated["metadata"]["generation"] = integer(*old_object, "metadata/generation") + 1;
  }
  if (!options.keeps_managed_fields && !options.writer.manager.empty()) {
    const Json& fields = at(*old_object, "metadata/managedFields");
    if (fields.is_null()) {
      erase_at(updated, "metadata/managedFields");
    } else {
      updated["metadata"]["managedFields"] = fields;
    }
    track_update(old_object.get(), updated, kind, options.writer, now_);
  }
  const bool is_same = options.keeps_managed_fields
                           ? updated == *old_object
                           : differs_only_in_bookkeeping(*old_object, updated);
  if (is_same && !may_vanish(updated)) {
    return Written{.object = in_version(*old_object, kind), .is_created = false, .warnings = {}};
  }
  if (options.dry_run) {
    return Written{.object = in_version(updated, kind), .is_created = false, .warnings = {}};
  }
  const ObjectPtr stored = store_.put(key, std::move(updated));
  if (may_vanish(*stored)) {
    store_.erase(key);
  }
  return Written{.object = in_version(*stored, kind), .is_created = false, .warnings = {}};
}

bool Objects::replace(const Key& key, const Json& old_object, Json updated) {
  const bool is_same = updated == old_object;
  if (is_same && !may_vanish(updated)) {
    return false;
  }
  const KindPtr kind = kinds_.find_resource(key.resource);
  if (kind && kind->tracks_generation && !has_same_intent(old_object, updated, kind->is_custom)) {
    updated["metadata"]["generation"] = integer(old_object, "metadata/generation") + 1;
  }
  const ObjectPtr stored = is_same ? store_.find(key) : store_.put(key, std::move(updated));
  if (may_vanish(*stored)) {
    store_.erase(key);
  }
  return true;
}

ObjectPtr Objects::make(const std::string& resource, const std::string& ns, Json object,
                        std::string* refusal) {
  const KindPtr kind = kinds_.find_resource(resource);
  if (!kind) {
    return nullptr;
  }
  object["apiVersion"] = kind->api_version();
  object["kind"] = kind->kind;
  auto written = create(*kind, ns, std::move(object), {});
  if (!written) {
    if (refusal != nullptr) {
      *refusal = written.error().message;
    }
    return nullptr;
  }
  return find(resource, ns, name_of(written->object));
}

}  // namespace quorate::local
