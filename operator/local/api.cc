// Routing of requests: paths, verbs, representations.
#include "operator/local/api.h"

#include <algorithm>
#include <cctype>

#include "operator/local/controllers.h"
#include "operator/local/discovery.h"
#include "operator/local/openapi.h"
#include "operator/local/protobuf_body.h"
#include "operator/local/table.h"
#include "server/base/text.h"

namespace quorate::local {

std::string url_decoded(std::string_view text, bool is_query) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      decoded += is_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

Representation representation_of(const std::string& accept) {
  // The first that we can make wins.
  for (const std::string& part : split(accept, ',')) {
    if (part.find("as=Table") != std::string::npos && part.find("v=v1;") != std::string::npos) {
      return {.is_table = true, .is_metadata_only = false};
    }
    if (part.find("as=PartialObjectMetadata") != std::string::npos) {
      return {.is_table = false, .is_metadata_only = true};
    }
    if (part.find("as=") == std::string::npos) {
      return {};
    }
  }
  return {};
}

ApiResponse to_response(const ApiError& error) {
  ApiResponse response;
  response.code = error.code;
  response.body = to_status(error);
  response.retry_after_s = error.retry_after_s;
  return response;
}

namespace {

ApiError no_such_page() {
  return plain_error(404, "NotFound", "the server could not find the requested resource");
}

ApiError method_not_allowed() {
  return plain_error(405, "MethodNotAllowed",
                     "the server does not allow this method on the requested resource");
}

std::map<std::string, std::string> read_query(std::string_view query) {
  std::map<std::string, std::string> values;
  for (const std::string& pair : split(query, '&')) {
    const size_t mark = pair.find('=');
    const std::string key = url_decoded(std::string_view(pair).substr(0, mark), true);
    values[key] = mark == std::string::npos
                      ? std::string()
                      : url_decoded(std::string_view(pair).substr(mark + 1), true);
  }
  return values;
}

// kubectl auth can-i and clients that ask for themselves: everything is allowed here.
std::optional<ApiResponse> answer_review(const ApiRequest& request, const std::string& path) {
  if (request.method != "POST" || !path.starts_with("/apis/authorization.k8s.io/v1/")) {
    return std::nullopt;
  }
  Json review = parse_json(request.body).value_or(Json::object());
  if (!review.is_object()) {
    review = Json::object();
  }
  review["status"] = {{"allowed", true}};
  ApiResponse response;
  response.code = 201;
  response.body = std::move(review);
  return response;
}

}  // namespace

Outcome<ApiPath> Api::resolve(const std::string& target) const {
  const size_t mark = target.find('?');
  ApiPath path;
  if (mark != std::string::npos) {
    path.query = read_query(std::string_view(target).substr(mark + 1));
  }
  std::vector<std::string> parts;
  for (const std::string& part : split(std::string_view(target).substr(0, mark), '/')) {
    if (!part.empty()) {
      parts.push_back(url_decoded(part, false));
    }
  }
  const bool is_core = !parts.empty() && parts[0] == "api";
  const size_t start = is_core ? 2 : 3;
  if (parts.size() <= start || (!is_core && parts[0] != "apis")) {
    return no_such_page();
  }
  const std::string group = is_core ? "" : parts[1];
  const std::string version = parts[start - 1];
  std::vector<std::string> rest(parts.begin() + static_cast<std::ptrdiff_t>(start), parts.end());
  // A namespace itself has at most one subresource below it: status or finalize.
  const bool is_namespace_item =
      is_core && rest[0] == "namespaces" &&
      (rest.size() < 3 || (rest.size() == 3 && (rest[2] == "status" || rest[2] == "finalize")));
  if (rest[0] == "namespaces" && !is_namespace_item) {
    if (rest.size() < 3) {
      return no_such_page();
    }
    path.ns = rest[1];
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  path.kind = objects_.kinds().find(group, version, rest[0]);
  const bool is_scope_wrong =
      path.kind &&
      (path.kind->is_namespaced ? path.ns.empty() && rest.size() > 1 : !path.ns.empty());
  if (!path.kind || rest.size() > 3 || is_scope_wrong) {
    return no_such_page();
  }
  path.name = rest.size() > 1 ? rest[1] : "";
  path.subresource = rest.size() > 2 ? rest[2] : "";
  return path;
}

ApiResponse Api::handle(const ApiRequest& original) {
  ApiRequest request = original;
  if (request.content_type.starts_with("application/vnd.kubernetes.protobuf")) {
    if (const auto decoded = decode_protobuf(request.body)) {
      request.body = dump(*decoded);
      request.content_type = "application/json";
    }
  }
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path == "/livez" || path == "/readyz" || path == "/healthz") {
    ApiResponse response;
    response.plain = "ok";
    response.content_type = "text/plain";
    return response;
  }
  if (auto review = answer_review(request, path)) {
    return *std::move(review);
  }
  constexpr const char* kOpenApiProtobuf =
      "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  if (request.method == "GET" && path == "/openapi/v2" &&
      request.accept.find(kOpenApiProtobuf) != std::string::npos) {
    ApiResponse response;
    response.plain = openapi_protobuf(objects_.kinds());
    // An `@` is no part of a media type.
    response.content_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    return response;
  }
  if (request.method == "GET") {
    const bool is_aggregated =
        request.accept.find("g=apidiscovery.k8s.io;v=v2;") != std::string::npos;
    if (auto document = discovery_document(objects_.kinds(), path, is_aggregated)) {
      ApiResponse response;
      response.body = *std::move(document);
      if (is_aggregated && (path == "/api" || path == "/apis")) {
        response.content_type =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
      }
      return response;
    }
  }
  const auto resolved = resolve(request.target);
  return resolved ? dispatch(request, *resolved) : to_response(resolved.error());
}

ApiResponse Api::dispatch(const ApiRequest& request, const ApiPath& path) {
  if (path.name.empty()) {
    return collection(request, path);
  }
  if (path.subresource == "scale") {
    return path.kind->scale ? scale(request, path) : to_response(no_such_page());
  }
  if (path.subresource == "status" && !path.kind->has_status) {
    return to_response(no_such_page());
  }
  const bool is_plain = path.subresource.empty() || path.subresource == "status" ||
                        (path.subresource == "finalize" && path.kind->kind == "Namespace");
  if (is_plain) {
    return item(request, path);
  }
  return path.kind->resource() == "pods" ? pod_subresource(request, path)
                                         : to_response(no_such_page());
}

ApiResponse Api::collection(const ApiRequest& request, const ApiPath& path) {
  if (request.method == "GET") {
    return list(request, path);
  }
  if (request.method == "POST") {
    return create(request, path);
  }
  if (request.method == "DELETE") {
    return remove_all(request, path);
  }
  return to_response(method_not_allowed());
}

ApiResponse Api::item(const ApiRequest& request, const ApiPath& path) {
  if (request.method == "GET") {
    if (path.flag("watch")) {
      auto fields = parse_field_selector("metadata.name=" + path.name, path.kind->resource());
      return fields ? watch(request, path, {}, *fields) : to_response(fields.error());
    }
    const ObjectPtr found = objects_.find(path.kind->resource(), path.ns, path.name);
    return found ? present(request, *path.kind, 200, in_version(*found, *path.kind))
                 : to_response(not_found(path.kind->subject(path.name)));
  }
  if (request.method == "PUT") {
    return replace(request, path);
  }
  if (request.method == "PATCH") {
    return patch(request, path);
  }
  if (request.method == "DELETE" && path.subresource.empty()) {
    return remove(request, path);
  }
  return to_response(method_not_allowed());
}

ApiResponse Api::present(const ApiRequest& request, const Kind& kind, int code, Json object) const {
  ApiResponse response;
  response.code = code;
  const Representation wanted = representation_of(request.accept);
  if (wanted.is_table && request.method == "GET") {
    const Json metadata = {{"resourceVersion", text(object, "metadata/resourceVersion")}};
    const std::map<std::string, std::string> query = read_query(
        request.target.substr(std::min(request.target.find('?'), request.target.size() - 1) + 1));
    const auto include = query.find("includeObject");
    response.body =
        make_table(kind, {object}, metadata,
                   {.with_definitions = true,
                    .include = include == query.end() ? std::string("Metadata") : include->second},
                   objects_.now());
  } else if (wanted.is_metadata_only) {
    response.body = metadata_only(object);
  } else {
    response.body = std::move(object);
  }
  return response;
}

ApiResponse Api::pod_subresource(const ApiRequest& request, const ApiPath& path) {
  if (path.subresource == "log" && request.method == "GET") {
    return log(path);
  }
  const auto body = parse_json(request.body);
  if (path.subresource == "eviction" && request.method == "POST") {
    if (!body || !body->is_object()) {
      return to_response(bad_request("the body is no Eviction"));
    }
    Json eviction = *body;
    if (!path.option("dryRun").empty()) {
      make_at(eviction, "deleteOptions/dryRun") = Json::array({"All"});
    }
    const auto answer = evict(objects_, path.ns, path.name, eviction);
    ApiResponse response = answer ? ApiResponse() : to_response(answer.error());
    if (answer) {
      response.code = 201;
      response.body = *answer;
    }
    return response;
  }
  if (path.subresource == "binding" && request.method == "POST" && body) {
    const std::string node = text(*body, "target/name");
    if (!objects_.find("pods", path.ns, path.name)) {
      return to_response(not_found(path.kind->subject(path.name)));
    }
    objects_.modify({"pods", path.ns, path.name},
                    [&](Json& pod) { pod["spec"]["nodeName"] = node; });
    ApiResponse response;
    response.code = 201;
    response.body = {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Success"}};
    return response;
  }
  return to_response(plain_error(501, "NotImplemented",
                                 "quorate-local has no " + path.subresource +
                                     ": a Pod is a process on this machine, its address is in "
                                     "status.podIP"));
}

ApiResponse Api::log(const ApiPath& path) {
  const ObjectPtr pod = objects_.find("pods", path.ns, path.name);
  if (!pod) {
    return to_response(not_found(path.kind->subject(path.name)));
  }
  const Json& containers = list_at(*pod, "spec/containers");
  LogRequest wanted;
  wanted.container = path.option("container");
  if (wanted.container.empty()) {
    if (containers.size() != 1) {
      std::vector<std::string> names;
      for (const Json& container : containers) {
        names.push_back(text(container, "name"));
      }
      return to_response(bad_request("a container name must be specified for pod " + path.name +
                                     ", choose one of: [" + join(names, " ") + "]"));
    }
    wanted.container = text(containers[0], "name");
  }
  const Json* found = nullptr;
  for (const Json& status : list_at(*pod, "status/containerStatuses")) {
    found = text(status, "name") == wanted.container ? &status : found;
  }
  if (found == nullptr || !has(*found, "containerID")) {
    return to_response(bad_request("container \"" + wanted.container + "\" in pod \"" + path.name +
                                   "\" is waiting to start: ContainerCreating"));
  }
  wanted.pod_uid = uid_of(*pod);
  wanted.attempt = integer(*found, "restartCount") + 1 - (path.flag("previous") ? 1 : 0);
  if (wanted.attempt < 1) {
    return to_response(bad_request("previous terminated container \"" + wanted.container +
                                   "\" in pod \"" + path.name + "\" not found"));
  }
  wanted.follow = path.flag("follow");
  wanted.timestamps = path.flag("timestamps");
  wanted.tail_lines = parse_integer(path.option("tailLines"));
  wanted.limit_bytes = parse_integer(path.option("limitBytes"));
  ApiResponse response;
  response.content_type = "text/plain";
  response.log = std::move(wanted);
  return response;
}

}  // namespace quorate::local
