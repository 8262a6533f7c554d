// Paths, preconditions, and controllers as far as a pass sees them.
#include "tests/operator/reconcile/fake_kube.h"

#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"

namespace quorate::reconcile::testing {

namespace {

/// plural, name and subresource of "/apis/g/v/namespaces/ns/plural/name/sub?query".
struct Target {
  std::string plural;
  std::string name;
  std::string subresource;
};

Target target_of(const kube::Request& request) {
  Target target{.plural = std::string(request.plural), .name = {}, .subresource = {}};
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string lead = "/" + target.plural + "/";
  const size_t at = path.find(lead);
  if (at != std::string::npos) {
    const std::string rest = path.substr(at + lead.size());
    target.name = rest.substr(0, rest.find('/'));
    target.subresource = std::string(request.subresource);
  }
  return target;
}

Answer error(kube::ApiErrorKind kind, int code, const std::string& message) {
  return kube::ApiError{.kind = kind, .code = code, .message = message};
}

bool is_refused(const Json& present, const std::string& uid, const std::string& version) {
  return (!uid.empty() && uid != kube::uid_of(present)) ||
         (!version.empty() && version != kube::resource_version_of(present));
}

}  // namespace

Json& FakeKube::store(const Id& id, Json object) {
  Json& metadata = object["metadata"];
  if (!metadata.contains("uid")) {
    metadata["uid"] = "uid-" + std::to_string(++last_uid_);
  }
  metadata["namespace"] = "prod";
  metadata["name"] = id.second;
  metadata["resourceVersion"] = std::to_string(++version_);
  return objects_[id] = std::move(object);
}

void FakeKube::change(const kube::ResourceKind& kind, const std::string& name, const Json& patch) {
  const Id id(kind.plural, name);
  Json object = {{"apiVersion", kind.api_version()}, {"kind", kind.kind}};
  if (const auto found = objects_.find(id); found != objects_.end()) {
    object = found->second;
  }
  const bool is_spec = patch.contains("spec");
  object.merge_patch(patch);
  if (is_spec) {
    object["metadata"]["generation"] = kube::generation_of(object) + 1;
  }
  store(id, std::move(object));
}

void FakeKube::drop(const kube::ResourceKind& kind, const std::string& name) {
  objects_.erase({std::string(kind.plural), name});
}

const Json* FakeKube::find(const kube::ResourceKind& kind, const std::string& name) const {
  const auto found = objects_.find({std::string(kind.plural), name});
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<Json> FakeKube::all(const kube::ResourceKind& kind) const {
  std::vector<Json> found;
  for (const auto& [id, object] : objects_) {
    if (id.first == kind.plural) {
      found.push_back(object);
    }
  }
  return found;
}

Answer FakeKube::send(const kube::Request& request) {
  ++requests;
  if (kube::is_write(request.verb)) {
    const Target target = target_of(request);
    writes.push_back(std::string(kube::to_text(request.verb)) + " " + target.plural +
                     (target.subresource.empty() ? "" : "/" + target.subresource));
  }
  if (fault) {
    if (auto answer = fault(request)) {
      return *answer;
    }
  }
  Answer answer = serve(request);
  if (loses_answer && loses_answer(request)) {
    return error(kube::ApiErrorKind::kTimeout, 0, "the answer was lost");
  }
  return answer;
}

Answer FakeKube::serve(const kube::Request& request) {
  const Target target = target_of(request);
  const Id id(target.plural, target.name);
  switch (request.verb) {
    case kube::Verb::kGet: {
      const auto found = objects_.find(id);
      return found == objects_.end() ? error(kube::ApiErrorKind::kNotFound, 404, "not found")
                                     : Answer(found->second);
    }
    case kube::Verb::kList: {
      Json items = Json::array();
      for (const auto& [each, object] : objects_) {
        if (each.first == target.plural) {
          items.push_back(object);
        }
      }
      return Json{{"kind", "List"}, {"metadata", {{"resourceVersion", "1"}}}, {"items", items}};
    }
    case kube::Verb::kDelete:
    case kube::Verb::kEvict:
      return take_away(request, id);
    case kube::Verb::kWatch:
      return error(kube::ApiErrorKind::kBadRequest, 400, "no watches here");
    case kube::Verb::kCreate:
    case kube::Verb::kUpdate:
    case kube::Verb::kApply:
    case kube::Verb::kPatch:
      return write(request, id);
  }
  return error(kube::ApiErrorKind::kBadRequest, 400, "unknown verb");
}

Answer FakeKube::take_away(const kube::Request& request, const Id& id) {
  const auto found = objects_.find(id);
  if (found == objects_.end()) {
    return error(kube::ApiErrorKind::kNotFound, 404, "not found");
  }
  const Json body = Json::parse(request.body);
  const Json& options = body.contains("deleteOptions") ? body["deleteOptions"] : body;
  if (is_refused(found->second, kube::text_at(options, {"preconditions", "uid"}),
                 kube::text_at(options, {"preconditions", "resourceVersion"}))) {
    return error(kube::ApiErrorKind::kConflict, 409, "another object");
  }
  const Json gone = found->second;
  objects_.erase(found);
  return gone;
}

Answer FakeKube::write(const kube::Request& request, const Id& id) {
  Json body = Json::parse(request.body);
  const Id where(id.first, id.second.empty() ? kube::name_of(body) : id.second);
  const auto found = objects_.find(where);
  if (request.verb == kube::Verb::kCreate && found != objects_.end()) {
    return error(kube::ApiErrorKind::kAlreadyExists, 409, "it exists");
  }
  const std::string uid = kube::uid_of(body);
  const std::string version = kube::resource_version_of(body);
  if (found == objects_.end()) {
    if (request.verb == kube::Verb::kPatch || !uid.empty()) {
      return error(kube::ApiErrorKind::kNotFound, 404, "not found");
    }
    if (body.contains("stringData")) {  // "token": the fake knows one text and its Base64.
      body["data"] = {{"token", "dG9rZW4="}};
      body.erase("stringData");
    }
    body["metadata"]["generation"] = 1;
    return store(where, std::move(body));
  }
  if (is_refused(found->second, uid, version)) {
    return error(kube::ApiErrorKind::kConflict, 409, "another version");
  }
  Json object = found->second;
  if (request.subresource == "status") {
    object["status"].merge_patch(body["status"]);
  } else if (request.verb == kube::Verb::kApply) {
    const Json before = object["spec"];
    object.merge_patch(body);
    if (object["spec"] != before) {
      object["metadata"]["generation"] = kube::generation_of(object) + 1;
    }
  } else {
    object.merge_patch(body);
  }
  const Json finalizers = object["metadata"].value("finalizers", Json::array());
  if (kube::is_being_deleted(object) && finalizers.empty()) {
    objects_.erase(found);
    return object;
  }
  return store(where, std::move(object));
}

void FakeKube::run_controllers() {
  for (const Json& set : all(kube::kStatefulSet)) {
    run_set(set);
  }
}

void FakeKube::run_set(const Json& set) {
  const std::string name = kube::name_of(set);
  const std::string revision =
      name + "-" + api::hex64(api::fnv1a(kube::to_body(set["spec"]["template"]))).substr(0, 8);
  Json counted = set;
  counted["status"] = {{"observedGeneration", kube::generation_of(set)},
                       {"updateRevision", revision}};
  if (counted["status"] != set.value("status", Json())) {
    store({"statefulsets", name}, counted);
  }
  const int replicas = set["spec"]["replicas"].get<int>();
  for (int i = 0; i < replicas; ++i) {
    const std::string pod = name + "-" + std::to_string(i);
    for (Json claim : set["spec"]["volumeClaimTemplates"]) {
      const std::string volume = kube::name_of(claim) + "-" + pod;
      if (!objects_.contains({"persistentvolumeclaims", volume})) {
        claim["status"] = {{"phase", "Bound"}};
        store({"persistentvolumeclaims", volume}, std::move(claim));
      }
    }
    if (objects_.contains({"pods", pod})) {
      continue;
    }
    Json object = set["spec"]["template"];
    object["apiVersion"] = "v1";
    object["kind"] = "Pod";
    object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z";
    object["metadata"]["labels"]["controller-revision-hash"] = revision;
    object["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                                          {"kind", "StatefulSet"},
                                                          {"name", name},
                                                          {"uid", kube::uid_of(set)},
                                                          {"controller", true}}});
    object["status"] = {
        {"phase", "Running"},
        {"podIP", "10.0.0." + std::to_string(++last_host_)},
        {"conditions", Json::array({{{"type", "Ready"},
                                     {"status", "True"},
                                     {"lastTransitionTime", "2026-01-01T00:00:00Z"}}})}};
    store({"pods", pod}, std::move(object));
  }
}

bool FakeKube::watches(std::string_view plural) const { return plural != "secrets"; }

std::optional<kube::SharedObject> FakeKube::get(const kube::ResourceKind& kind,
                                                const kube::ObjectKey& key) const {
  const auto found = cached_.find({std::string(kind.plural), key.name});
  const bool is_shown =
      found != cached_.end() &&
      (kind == kube::kQuorumCluster ||
       kube::label_of(found->second, api::labels::kManagedBy) == "quorate-operator");
  return is_shown ? std::optional<kube::SharedObject>(found->second) : std::nullopt;
}

std::vector<kube::SharedObject> FakeKube::list(const kube::ResourceKind& kind,
                                               std::string_view) const {
  std::vector<kube::SharedObject> found;
  for (const auto& [id, object] : cached_) {
    if (id.first == kind.plural && get(kind, kube::key_of(object))) {
      found.emplace_back(object);
    }
  }
  return found;
}

std::vector<kube::SharedObject> FakeKube::owned_by(const kube::ResourceKind& kind,
                                                   std::string_view owner_uid) const {
  std::vector<kube::SharedObject> found;
  for (const kube::SharedObject& object : list(kind, {})) {
    const auto owner = kube::controller_of(object);
    if (owner && owner->uid == owner_uid) {
      found.push_back(object);
    }
  }
  return found;
}

std::vector<kube::SharedObject> FakeKube::labelled(const kube::ResourceKind& kind,
                                                   std::string_view space, std::string_view key,
                                                   std::string_view value) const {
  std::vector<kube::SharedObject> found;
  for (const kube::SharedObject& object : list(kind, space)) {
    if (kube::label_of(object, key) == value) {
      found.push_back(object);
    }
  }
  return found;
}

}  // namespace quorate::reconcile::testing
