// Deletion of objects, and the shapes of objects in other versions.
#include <algorithm>

#include "operator/local/objects.h"

namespace quorate::local {

namespace {

constexpr int64_t kPodGraceDefault_s = 30;
constexpr int64_t kPodGraceMax_s = 1'000'000'000;

Json success_status(const Kind& kind, const Json& object) {
  Json details = {{"name", name_of(object)}, {"kind", kind.plural}, {"uid", uid_of(object)}};
  if (!kind.group.empty()) {
    details["group"] = kind.group;
  }
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

// Seconds that a Pod has to end; everything else ends at once.
int64_t grace_of(const Kind& kind, const Json& object, const DeleteOptions& options) {
  if (kind.resource() != "pods") {
    return 0;
  }
  const std::string phase = text(object, "status/phase");
  if (text(object, "spec/nodeName").empty() || phase == "Failed" || phase == "Succeeded") {
    return 0;
  }
  const int64_t grace = options.grace_s.value_or(
      integer(object, "spec/terminationGracePeriodSeconds", kPodGraceDefault_s));
  return std::clamp<int64_t>(grace, 0, kPodGraceMax_s);
}

std::optional<ApiError> check_preconditions(const Kind& kind, const Json& object,
                                            const DeleteOptions& options) {
  const auto refuse = [&](const std::string& what, const std::string& wanted,
                          const std::string& found) {
    return conflict(kind.subject(name_of(object)), "Precondition failed: " + what +
                                                       " in precondition: " + wanted + ", " + what +
                                                       " in object meta: " + found);
  };
  if (!options.uid.empty() && options.uid != uid_of(object)) {
    return refuse("UID", options.uid, uid_of(object));
  }
  const std::string revision = text(object, "metadata/resourceVersion");
  if (!options.resource_version.empty() && options.resource_version != revision) {
    return refuse("ResourceVersion", options.resource_version, revision);
  }
  return std::nullopt;
}

void set_propagation(Json& object, const std::string& propagation) {
  if (propagation == "Orphan") {
    remove_finalizer(object, "foregroundDeletion");
    add_finalizer(object, "orphan");
  } else if (propagation == "Foreground") {
    remove_finalizer(object, "orphan");
    add_finalizer(object, "foregroundDeletion");
  } else if (propagation == "Background") {
    remove_finalizer(object, "orphan");
    remove_finalizer(object, "foregroundDeletion");
  }
}

}  // namespace

Outcome<Json> Objects::remove(const Kind& kind, const std::string& ns, const std::string& name,
                              const DeleteOptions& options) {
  const Key key{kind.resource(), kind.is_namespaced ? ns : "", name};
  const ObjectPtr object = store_.find(key);
  if (!object) {
    return not_found(kind.subject(name));
  }
  if (auto refusal = check_preconditions(kind, *object, options)) {
    return *refusal;
  }
  return begin_deletion(kind, key, *object, options);
}

Outcome<Json> Objects::begin_deletion(const Kind& kind, const Key& key, const Json& object,
                                      const DeleteOptions& options) {
  Json updated = object;
  set_propagation(updated, options.propagation);
  int64_t grace = grace_of(kind, object, options);
  if (is_deleting(object)) {
    // Grace can only be shortened.
    grace = std::min(grace, integer(object, "metadata/deletionGracePeriodSeconds"));
  }
  const bool is_held = !list_at(updated, "metadata/finalizers").empty() || grace > 0 ||
                       !list_at(updated, "spec/finalizers").empty();
  if (!is_held) {
    if (!options.dry_run) {
      if (updated != object) {
        store_.put(key, std::move(updated));
      }
      store_.erase(key);
    }
    return success_status(kind, object);
  }
  const bool is_shortened =
      !is_deleting(object) || grace < integer(object, "metadata/deletionGracePeriodSeconds");
  if (is_shortened) {
    updated["metadata"]["deletionTimestamp"] = format_time({now_.value + grace * 1000});
    updated["metadata"]["deletionGracePeriodSeconds"] = grace;
    if (kind.tracks_generation && !is_deleting(object)) {
      updated["metadata"]["generation"] = integer(object, "metadata/generation") + 1;
    }
  }
  if (kind.resource() == "namespaces") {
    updated["status"]["phase"] = "Terminating";
  }
  if (options.dry_run || updated == object) {
    return in_version(updated, kind);
  }
  return in_version(*store_.put(key, std::move(updated)), kind);
}

void Objects::drop(const Key& key, const DeleteOptions& options) {
  const KindPtr kind = kinds_.find_resource(key.resource);
  if (kind) {
    (void)remove(*kind, key.ns, key.name, options);
  }
}

namespace {

// Moves a field when it is there.
void move_field(Json& object, const char* from, const char* to) {
  if (const auto found = object.find(from); found != object.end()) {
    Json value = std::move(*found);
    object.erase(from);
    object[to] = std::move(value);
  }
}

constexpr std::pair<const char*, const char*> kEventFields[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"reportingComponent", "reportingController"}};

bool is_new_event(const Kind& kind) { return kind.group == "events.k8s.io"; }

}  // namespace

Json in_version(const Json& object, const Kind& kind) {
  Json shaped = object;
  shaped["apiVersion"] = kind.api_version();
  shaped["kind"] = kind.kind;
  if (is_new_event(kind)) {
    for (const auto& [core, now] : kEventFields) {
      move_field(shaped, core, now);
    }
  }
  return shaped;
}

Json in_stored_version(Json object, const Kind& kind, const Kinds& kinds) {
  const KindPtr stored = kinds.find_resource(kind.resource());
  object["apiVersion"] = stored ? stored->api_version() : kind.api_version();
  object["kind"] = kind.kind;
  if (is_new_event(kind)) {
    for (const auto& [core, now] : kEventFields) {
      move_field(object, now, core);
    }
  }
  return object;
}

}  // namespace quorate::local
