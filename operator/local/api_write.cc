// Writes: create, replace, patch, apply, delete, scale.
#include <algorithm>

#include "operator/local/api.h"
#include "operator/local/patch.h"
#include "operator/local/table.h"

namespace quorate::local {

namespace {

ApiResponse written_response(Written written) {
  ApiResponse response;
  response.code = written.is_created ? 201 : 200;
  response.body = std::move(written.object);
  response.warnings = std::move(written.warnings);
  return response;
}

Outcome<Json> read_body(const ApiRequest& request, const Kind& kind) {
  if (request.content_type.starts_with("application/vnd.kubernetes.protobuf")) {
    return plain_error(415, "UnsupportedMediaType",
                       "the body of the request was in an unknown format - accepted media types "
                       "include: application/json, application/yaml");
  }
  auto body = parse_json(request.body);
  if (!body || !body->is_object()) {
    return bad_request("the object provided is unrecognized (must be of type " + kind.kind +
                       "): couldn't get version/kind; json parse error");
  }
  if (!at(*body, "metadata").is_null() && !at(*body, "metadata").is_object()) {
    return bad_request("json: cannot unmarshal metadata into Go struct field .metadata");
  }
  return *std::move(body);
}

std::optional<ApiError> check_kind(const Json& body, const ApiPath& path) {
  const std::string kind = text(body, "kind");
  const std::string version = text(body, "apiVersion");
  if ((!kind.empty() && kind != path.kind->kind) ||
      (!version.empty() && version != path.kind->api_version())) {
    return bad_request(
        (kind.empty() ? path.kind->kind : kind) + " in version \"" + path.kind->version +
        "\" cannot be handled as a " + path.kind->kind + ": the API version in the data (" +
        version + ") does not match the expected API version (" + path.kind->api_version() + ")");
  }
  const std::string ns = namespace_of(body);
  if (path.kind->is_namespaced && !ns.empty() && ns != path.ns) {
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on "
        "the request");
  }
  return std::nullopt;
}

// `spec.replicas` of `.spec.replicas`.
std::string slashed(const std::string& path) {
  std::string place = path.starts_with('.') ? path.substr(1) : path;
  std::replace(place.begin(), place.end(), '.', '/');
  return place;
}

Json scale_of(const Kind& kind, const Json& object) {
  Json scale = {{"kind", "Scale"},
                {"apiVersion", "autoscaling/v1"},
                {"metadata",
                 {{"name", name_of(object)},
                  {"namespace", namespace_of(object)},
                  {"uid", uid_of(object)},
                  {"resourceVersion", text(object, "metadata/resourceVersion")},
                  {"creationTimestamp", text(object, "metadata/creationTimestamp")}}},
                {"spec", {{"replicas", integer(object, slashed(kind.scale->spec_replicas))}}},
                {"status", {{"replicas", integer(object, slashed(kind.scale->status_replicas))}}}};
  if (kind.kind == "StatefulSet") {
    scale["status"]["selector"] = to_text(selector_of(at(object, "spec/selector")));
  } else if (const std::string selector = text(object, slashed(kind.scale->label_selector));
             !kind.scale->label_selector.empty() && !selector.empty()) {
    scale["status"]["selector"] = selector;
  }
  return scale;
}

ApiError unsupported_patch() {
  return plain_error(415, "UnsupportedMediaType",
                     "the body of the request was in an unknown format - accepted media types "
                     "include: application/json-patch+json, application/merge-patch+json, "
                     "application/apply-patch+yaml");
}

// Applies a patch of any kind but apply to a document.
Outcome<Json> patched(const ApiRequest& request, const Kind& kind, Json document) {
  const auto body = parse_json(request.body);
  if (!body) {
    return bad_request("error decoding patch: it is no JSON");
  }
  if (request.content_type.starts_with("application/json-patch+json")) {
    return json_patched(std::move(document), *body);
  }
  if (!body->is_object()) {
    return bad_request("error decoding patch: it is no object");
  }
  if (request.content_type.starts_with("application/merge-patch+json")) {
    return merge_patched(std::move(document), *body);
  }
  if (request.content_type.starts_with("application/strategic-merge-patch+json") &&
      !kind.is_custom) {
    return strategic_patched(document, *body, kind.schema.get());
  }
  return unsupported_patch();
}

}  // namespace

WriteOptions Api::write_options(const ApiRequest& request, const ApiPath& path) const {
  WriteOptions options;
  options.dry_run = !path.option("dryRun").empty();
  const std::string validation = path.option("fieldValidation");
  options.field_validation = validation == "Strict"   ? FieldValidation::kStrict
                             : validation == "Ignore" ? FieldValidation::kIgnore
                                                      : FieldValidation::kWarn;
  options.writer.manager = path.option("fieldManager");
  if (options.writer.manager.empty()) {
    options.writer.manager = request.user_agent.substr(0, request.user_agent.find('/'));
  }
  if (options.writer.manager.empty()) {
    options.writer.manager = "unknown";
  }
  options.writer.subresource = path.subresource;
  return options;
}

ApiResponse Api::create(const ApiRequest& request, const ApiPath& path) {
  auto body = read_body(request, *path.kind);
  if (!body) {
    return to_response(body.error());
  }
  if (auto refusal = check_kind(*body, path)) {
    return to_response(*refusal);
  }
  if (path.kind->is_namespaced && path.ns.empty()) {
    return to_response(bad_request("an empty namespace may not be set during creation"));
  }
  auto written =
      objects_.create(*path.kind, path.ns, *std::move(body), write_options(request, path));
  return written ? written_response(*std::move(written)) : to_response(written.error());
}

ApiResponse Api::replace(const ApiRequest& request, const ApiPath& path) {
  auto body = read_body(request, *path.kind);
  if (!body) {
    return to_response(body.error());
  }
  if (auto refusal = check_kind(*body, path)) {
    return to_response(*refusal);
  }
  if (path.subresource == "finalize") {
    objects_.modify({"namespaces", "", path.name},
                    [&](Json& space) { space["spec"] = at(*body, "spec"); });
    ApiResponse response;
    response.body = *std::move(body);
    return response;
  }
  auto written = objects_.update(*path.kind, path.ns, path.name, *std::move(body),
                                 write_options(request, path));
  return written ? written_response(*std::move(written)) : to_response(written.error());
}

ApiResponse Api::patch(const ApiRequest& request, const ApiPath& path) {
  if (request.content_type.starts_with("application/apply-patch+yaml")) {
    auto body = read_body(request, *path.kind);
    return body ? apply_patch(request, path, *body) : to_response(body.error());
  }
  const ObjectPtr found = objects_.find(path.kind->resource(), path.ns, path.name);
  if (!found) {
    return to_response(not_found(path.kind->subject(path.name)));
  }
  auto after = patched(request, *path.kind, in_version(*found, *path.kind));
  if (!after) {
    return to_response(after.error());
  }
  if (!after->is_object()) {
    return to_response(bad_request("the patch leaves no object"));
  }
  // A patch that names no revision is made upon what is there.
  auto written = objects_.update(*path.kind, path.ns, path.name, *std::move(after),
                                 write_options(request, path));
  return written ? written_response(*std::move(written)) : to_response(written.error());
}

ApiResponse Api::apply_patch(const ApiRequest& request, const ApiPath& path, const Json& body) {
  WriteOptions options = write_options(request, path);
  if (path.option("fieldManager").empty()) {
    return to_response(
        bad_request("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: "
                    "Required value: is required for apply patch"));
  }
  if (text(body, "apiVersion").empty() || text(body, "kind").empty()) {
    return to_response(bad_request("invalid object type: apiVersion and kind are required"));
  }
  if (auto refusal = check_kind(body, path)) {
    return to_response(*refusal);
  }
  if (has(body, "metadata/managedFields")) {
    return to_response(bad_request("metadata.managedFields must be nil"));
  }
  if (name_of(body) != path.name && !name_of(body).empty()) {
    return to_response(bad_request("the name of the object (" + name_of(body) +
                                   ") does not match the name on the URL (" + path.name + ")"));
  }
  Json intent = body;
  intent["metadata"]["name"] = path.name;
  const ObjectPtr found = objects_.find(path.kind->resource(), path.ns, path.name);
  if (!found && !path.subresource.empty()) {
    return to_response(not_found(path.kind->subject(path.name)));
  }
  const std::string revision = text(body, "metadata/resourceVersion");
  if (!found && !revision.empty()) {
    return to_response(conflict(path.kind->subject(path.name), "the object does not exist"));
  }
  if (found && !revision.empty() && revision != text(*found, "metadata/resourceVersion")) {
    return to_response(conflict(path.kind->subject(path.name),
                                "the object has been modified; please apply your changes to the "
                                "latest version and try again"));
  }
  std::optional<Json> live;
  if (found) {
    live = in_version(*found, *path.kind);
  }
  auto applied = apply(live ? &*live : nullptr, std::move(intent), *path.kind, options.writer,
                       path.flag("force"), objects_.now());
  if (!applied) {
    return to_response(applied.error());
  }
  options.keeps_managed_fields = true;
  auto written = found
                     ? objects_.update(*path.kind, path.ns, path.name, *std::move(applied), options)
                     : objects_.create(*path.kind, path.ns, *std::move(applied), options);
  return written ? written_response(*std::move(written)) : to_response(written.error());
}

Outcome<DeleteOptions> delete_options(const Json& body, const ApiPath& path) {
  DeleteOptions options;
  options.uid = text(body, "preconditions/uid");
  options.resource_version = text(body, "preconditions/resourceVersion");
  options.propagation = text(body, "propagationPolicy", path.option("propagationPolicy"));
  if (boolean(body, "orphanDependents") || path.flag("orphanDependents")) {
    options.propagation = "Orphan";
  }
  if (has(body, "gracePeriodSeconds")) {
    options.grace_s = integer(body, "gracePeriodSeconds");
  } else if (const auto grace = parse_integer(path.option("gracePeriodSeconds"))) {
    options.grace_s = grace;
  }
  options.dry_run = !path.option("dryRun").empty() || !list_at(body, "dryRun").empty();
  const std::string& policy = options.propagation;
  if (!policy.empty() && policy != "Orphan" && policy != "Foreground" && policy != "Background") {
    return plain_error(422, "Invalid",
                       "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported "
                       "value: \"" +
                           policy +
                           "\": supported values: \"Foreground\", \"Background\", \"Orphan\"");
  }
  if (options.grace_s && *options.grace_s < 0) {
    options.grace_s = 1;
  }
  return options;
}

ApiResponse Api::remove(const ApiRequest& request, const ApiPath& path) {
  const Json body = parse_json(request.body).value_or(Json::object());
  const auto options = delete_options(body, path);
  if (!options) {
    return to_response(options.error());
  }
  auto removed = objects_.remove(*path.kind, path.ns, path.name, *options);
  if (!removed) {
    return to_response(removed.error());
  }
  ApiResponse response;
  response.body = *std::move(removed);
  return response;
}

ApiResponse Api::remove_all(const ApiRequest& request, const ApiPath& path) {
  const Json body = parse_json(request.body).value_or(Json::object());
  const auto options = delete_options(body, path);
  auto labels = parse_label_selector(path.option("labelSelector"));
  auto fields = parse_field_selector(path.option("fieldSelector"), path.kind->resource());
  if (!options || !labels || !fields) {
    return to_response(!options ? options.error() : !labels ? labels.error() : fields.error());
  }
  Json items = Json::array();
  for (const ObjectPtr& object : objects_.store().list(path.kind->resource(), path.ns)) {
    if (labels->matches_labels(map_at(*object, "metadata/labels")) &&
        matches_fields(*fields, *object)) {
      (void)objects_.remove(*path.kind, namespace_of(*object), name_of(*object), *options);
      items.push_back(in_version(*object, *path.kind));
    }
  }
  ApiResponse response;
  response.body = {{"kind", path.kind->kind + "List"},
                   {"apiVersion", path.kind->api_version()},
                   {"metadata", {{"resourceVersion", std::to_string(objects_.store().revision())}}},
                   {"items", std::move(items)}};
  return response;
}

ApiResponse Api::scale(const ApiRequest& request, const ApiPath& path) {
  const ObjectPtr found = objects_.find(path.kind->resource(), path.ns, path.name);
  if (!found) {
    return to_response(not_found(path.kind->subject(path.name)));
  }
  const Json before = in_version(*found, *path.kind);
  Json wanted = scale_of(*path.kind, before);
  ApiResponse response;
  if (request.method == "PUT") {
    auto body = read_body(request, *path.kind);
    if (!body) {
      return to_response(body.error());
    }
    wanted = *std::move(body);
  } else if (request.method == "PATCH") {
    auto after = patched(request, *path.kind, std::move(wanted));
    if (!after) {
      return to_response(after.error());
    }
    wanted = *std::move(after);
  } else if (request.method != "GET") {
    return to_response(plain_error(405, "MethodNotAllowed", "scale is read, replaced or patched"));
  }
  if (request.method == "GET") {
    response.body = std::move(wanted);
    return response;
  }
  if (integer(wanted, "spec/replicas") < 0) {
    return to_response(invalid(path.kind->subject(path.name),
                               {invalid_value("spec.replicas", at(wanted, "spec/replicas"),
                                              "must be greater than or equal to 0")}));
  }
  Json after = before;
  make_at(after, slashed(path.kind->scale->spec_replicas)) = integer(wanted, "spec/replicas");
  after["metadata"]["resourceVersion"] = text(wanted, "metadata/resourceVersion");
  WriteOptions options = write_options(request, path);
  options.field_validation = FieldValidation::kIgnore;
  options.writer.subresource = "scale";
  auto written = objects_.update(*path.kind, path.ns, path.name, std::move(after), options);
  if (!written) {
    return to_response(written.error());
  }
  response.body = scale_of(*path.kind, written->object);
  return response;
}

}  // namespace quorate::local
