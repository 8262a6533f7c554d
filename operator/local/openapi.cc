// OpenAPI documents: the schemas of all kinds, and that writes take fieldValidation.
#include "operator/local/openapi.h"

#include <map>

namespace quorate::local {

namespace {

// `dev.quorate.v1alpha1.QuorumCluster`: the group's parts from the back.
std::string schema_name(const Kind& kind) {
  if (!kind.is_custom) {
    const std::string group = kind.group.empty() ? "core" : split(kind.group, '.').front();
    return "io.k8s.api." + group + "." + kind.version + "." + kind.kind;
  }
  std::string name;
  const std::vector<std::string> parts = split(kind.group, '.');
  for (auto it = parts.rbegin(); it != parts.rend(); ++it) {
    name += *it + ".";
  }
  return name + kind.version + "." + kind.kind;
}

Json kind_mark(const Kind& kind) {
  return {{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
}

Json schema_of(const Kind& kind) {
  Json schema = kind.schema ? to_openapi(*kind.schema) : Json{{"type", "object"}};
  schema["type"] = "object";
  schema["x-kubernetes-group-version-kind"] = Json::array({kind_mark(kind)});
  return schema;
}

std::string root_of(const Kind& kind) {
  return kind.group.empty() ? "/api/" + kind.version : "/apis/" + kind.group + "/" + kind.version;
}

std::string path_of(const Kind& kind) {
  return root_of(kind) + (kind.is_namespaced ? "/namespaces/{namespace}/" : "/") + kind.plural;
}

Json query_parameters(bool is_v3) {
  Json parameters = Json::array();
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation", "force"}) {
    Json parameter = {{"name", name}, {"in", "query"}};
    if (is_v3) {
      parameter["schema"] = {{"type", "string"}};
    } else {
      parameter["type"] = "string";
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

// The writes of a kind, which is where clients look for what a server supports.
void add_paths(const Kind& kind, bool is_v3, Json& paths) {
  const auto operation = [&](const char* action) {
    return Json{{"x-kubernetes-action", action},
                {"x-kubernetes-group-version-kind", kind_mark(kind)},
                {"parameters", query_parameters(is_v3)},
                {"responses", {{"200", {{"description", "OK"}}}}}};
  };
  paths[path_of(kind)] = {{"post", operation("post")}};
  paths[path_of(kind) + "/{name}"] = {
      {"get", operation("get")}, {"put", operation("put")}, {"patch", operation("patch")}};
}

Json info() { return {{"title", "quorate-local"}, {"version", "v1.33.0-quorate-local"}}; }

Json document_v3(const Kinds& kinds, const std::string& root) {
  Json document = {{"openapi", "3.0.0"},
                   {"info", info()},
                   {"paths", Json::object()},
                   {"components", {{"schemas", Json::object()}}}};
  for (const KindPtr& kind : kinds.all()) {
    if (root_of(*kind) == "/" + root) {
      document["components"]["schemas"][schema_name(*kind)] = schema_of(*kind);
      add_paths(*kind, true, document["paths"]);
    }
  }
  return document;
}

Json index_v3(const Kinds& kinds) {
  Json paths = Json::object();
  for (const KindPtr& kind : kinds.all()) {
    const std::string root = root_of(*kind).substr(1);
    paths[root] = {{"serverRelativeURL", "/openapi/v3/" + root}};
  }
  return {{"paths", std::move(paths)}};
}

Json document_v2(const Kinds& kinds) {
  Json document = {{"swagger", "2.0"},
                   {"info", info()},
                   {"paths", Json::object()},
                   {"definitions", Json::object()}};
  for (const KindPtr& kind : kinds.all()) {
    document["definitions"][schema_name(*kind)] = schema_of(*kind);
    add_paths(*kind, false, document["paths"]);
  }
  return document;
}

}  // namespace

std::optional<Json> openapi_document(const Kinds& kinds, const std::string& path) {
  constexpr std::string_view kV3 = "/openapi/v3/";
  if (path == "/openapi/v2") {
    return document_v2(kinds);
  }
  if (path == "/openapi/v3") {
    return index_v3(kinds);
  }
  if (!path.starts_with(kV3)) {
    return std::nullopt;
  }
  Json document = document_v3(kinds, path.substr(kV3.size()));
  return document["paths"].empty() ? std::nullopt : std::optional(std::move(document));
}

namespace {

// A field of a protobuf message that holds bytes.
std::string field(uint64_t number, const std::string& content) {
  const auto varint = [](uint64_t value) {
    std::string bytes;
    for (; value > 127; value >>= 7) {
      bytes += static_cast<char>(value | 128);
    }
    return bytes + static_cast<char>(value);
  };
  return varint(number << 3 | 2) + varint(content.size()) + content;
}

// Source: OpenAPIv2.proto of gnostic. An Operation with one query parameter and its kind's mark.
std::string patch_operation(const Kind& kind) {
  const std::string query = field(2, "query") + field(4, "fieldValidation");
  const std::string parameter = field(1, field(2, field(3, query)));
  const std::string yaml =
      "group: \"" + kind.group + "\"\nkind: " + kind.kind + "\nversion: " + kind.version + "\n";
  const std::string extension =
      field(1, "x-kubernetes-group-version-kind") + field(2, field(2, yaml));
  return field(8, parameter) + field(13, extension);
}

}  // namespace

std::string openapi_protobuf(const Kinds& kinds) {
  std::string paths;
  for (const KindPtr& kind : kinds.all()) {
    const std::string item = field(8, patch_operation(*kind));
    paths += field(2, field(1, path_of(*kind) + "/{name}") + field(2, item));
  }
  const std::string about = field(1, "quorate-local") + field(2, "v1");
  return field(1, "2.0") + field(2, about) + field(8, paths);
}

}  // namespace quorate::local
