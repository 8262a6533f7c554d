// Discovery documents, plain and aggregated.
#include "operator/local/discovery.h"

#include <map>

#include "operator/local/openapi.h"

namespace quorate::local {

namespace {

Json verbs_of(const Kind& kind) {
  (void)kind;
  return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}

// Kinds by group and version. Versions of a group are in the order that clients should prefer.
using Groups = std::map<std::string, std::map<std::string, std::vector<KindPtr>>>;

Groups groups_of(const Kinds& kinds) {
  Groups groups;
  for (const KindPtr& kind : kinds.all()) {
    groups[kind->group][kind->version].push_back(kind);
  }
  return groups;
}

// The stored version comes first.
std::vector<std::string> versions_of(const std::map<std::string, std::vector<KindPtr>>& versions) {
  std::vector<std::string> names;
  for (const auto& [version, kinds] : versions) {
    const bool is_stored = !kinds.empty() && kinds.front()->is_stored;
    names.insert(is_stored ? names.begin() : names.end(), version);
  }
  return names;
}

struct Subresource {
  std::string name;
  std::string group;
  std::string version;
  std::string kind;
  Json verbs;
};

std::vector<Subresource> subresources_of(const Kind& kind) {
  std::vector<Subresource> found;
  const Json writes = {"get", "patch", "update"};
  if (kind.has_status) {
    found.push_back({"status", kind.group, kind.version, kind.kind, writes});
  }
  if (kind.scale) {
    found.push_back({"scale", "autoscaling", "v1", "Scale", writes});
  }
  if (kind.resource() == "pods") {
    found.push_back({"eviction", "policy", "v1", "Eviction", {"create"}});
    found.push_back({"log", "", "v1", "Pod", {"get"}});
    found.push_back({"binding", "", "v1", "Binding", {"create"}});
  }
  return found;
}

Json resource_list(const std::string& group_version, const std::vector<KindPtr>& kinds) {
  Json resources = Json::array();
  for (const KindPtr& kind : kinds) {
    Json entry = {{"name", kind->plural},
                  {"singularName", kind->singular},
                  {"namespaced", kind->is_namespaced},
                  {"kind", kind->kind},
                  {"verbs", verbs_of(*kind)}};
    if (!kind->short_names.empty()) {
      entry["shortNames"] = kind->short_names;
    }
    if (!kind->categories.empty()) {
      entry["categories"] = kind->categories;
    }
    resources.push_back(std::move(entry));
    for (const Subresource& sub : subresources_of(*kind)) {
      resources.push_back({{"name", kind->plural + "/" + sub.name},
                           {"singularName", ""},
                           {"namespaced", kind->is_namespaced},
                           {"group", sub.group},
                           {"version", sub.version},
                           {"kind", sub.kind},
                           {"verbs", sub.verbs}});
    }
  }
  return {{"kind", "APIResourceList"},
          {"apiVersion", "v1"},
          {"groupVersion", group_version},
          {"resources", std::move(resources)}};
}

Json kind_reference(const std::string& group, const std::string& version, const std::string& kind) {
  return {{"group", group}, {"version", version}, {"kind", kind}};
}

Json aggregated_version(const std::string& version, const std::vector<KindPtr>& kinds) {
  Json resources = Json::array();
  for (const KindPtr& kind : kinds) {
    Json entry = {{"resource", kind->plural},
                  {"responseKind", kind_reference(kind->group, kind->version, kind->kind)},
                  {"scope", kind->is_namespaced ? "Namespaced" : "Cluster"},
                  {"singularResource", kind->singular},
                  {"verbs", verbs_of(*kind)}};
    if (!kind->short_names.empty()) {
      entry["shortNames"] = kind->short_names;
    }
    if (!kind->categories.empty()) {
      entry["categories"] = kind->categories;
    }
    for (const Subresource& sub : subresources_of(*kind)) {
      entry["subresources"].push_back(
          {{"subresource", sub.name},
           {"responseKind", kind_reference(sub.group, sub.version, sub.kind)},
           {"verbs", sub.verbs}});
    }
    resources.push_back(std::move(entry));
  }
  return {{"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}};
}

Json aggregated(const Groups& groups, bool is_core) {
  Json items = Json::array();
  for (const auto& [group, versions] : groups) {
    if (group.empty() != is_core) {
      continue;
    }
    Json shown = Json::array();
    for (const std::string& version : versions_of(versions)) {
      shown.push_back(aggregated_version(version, versions.at(version)));
    }
    Json metadata = Json::object();
    if (!group.empty()) {
      metadata["name"] = group;
    }
    items.push_back({{"metadata", std::move(metadata)}, {"versions", std::move(shown)}});
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/v2"},
          {"metadata", Json::object()},
          {"items", std::move(items)}};
}

Json api_group(const std::string& group,
               const std::map<std::string, std::vector<KindPtr>>& versions) {
  Json shown = Json::array();
  for (const std::string& version : versions_of(versions)) {
    shown.push_back({{"groupVersion", group + "/" + version}, {"version", version}});
  }
  Json preferred = shown.front();
  return {{"name", group}, {"versions", std::move(shown)}, {"preferredVersion", preferred}};
}

Json group_list(const Groups& groups) {
  Json list = Json::array();
  for (const auto& [group, versions] : groups) {
    if (!group.empty()) {
      list.push_back(api_group(group, versions));
    }
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}};
}

Json version_document() {
  return {{"major", "1"},    {"minor", "33"},      {"gitVersion", "v1.33.0-quorate-local"},
          {"gitCommit", ""}, {"gitTreeState", ""}, {"buildDate", ""},
          {"goVersion", ""}, {"compiler", ""},     {"platform", "linux/amd64"}};
}

std::optional<Json> group_document(const Groups& groups, const std::string& path) {
  const std::vector<std::string> parts = split(std::string_view(path).substr(1), '/');
  const bool is_core = parts[0] == "api";
  const std::string group = is_core ? "" : parts.size() > 1 ? parts[1] : "";
  const auto found = groups.find(group);
  if (found == groups.end()) {
    return std::nullopt;
  }
  if (!is_core && parts.size() == 2) {
    Json document = api_group(group, found->second);
    document["kind"] = "APIGroup";
    document["apiVersion"] = "v1";
    return document;
  }
  const std::string version = parts.back();
  const auto kinds = found->second.find(version);
  if (parts.size() != (is_core ? 2U : 3U) || kinds == found->second.end()) {
    return std::nullopt;
  }
  return resource_list(is_core ? version : group + "/" + version, kinds->second);
}

}  // namespace

std::optional<Json> discovery_document(const Kinds& kinds, const std::string& path,
                                       bool is_aggregated) {
  if (path == "/version") {
    return version_document();
  }
  if (path.starts_with("/openapi/")) {
    return openapi_document(kinds, path);
  }
  const Groups groups = groups_of(kinds);
  if (path == "/api") {
    return is_aggregated ? aggregated(groups, true)
                         : Json{{"kind", "APIVersions"}, {"versions", Json::array({"v1"})}};
  }
  if (path == "/apis") {
    return is_aggregated ? aggregated(groups, false) : group_list(groups);
  }
  if (path == "/") {
    return Json{{"paths",
                 {"/api", "/apis", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"}}};
  }
  const bool is_group_path = path.starts_with("/api/") || path.starts_with("/apis/");
  return is_group_path ? group_document(groups, path) : std::nullopt;
}

}  // namespace quorate::local
