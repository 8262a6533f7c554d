// Reading kubeconfig files.
#include "operator/transport/kubeconfig.h"

#include <yaml-cpp/yaml.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "operator/transport/base64.h"
#include "operator/transport/exec_plugin.h"
#include "operator/transport/file.h"
#include "operator/transport/static_credentials.h"

namespace quorate::transport {

namespace {

/// A part of a file, with where it stands.
struct Part {
  std::string file;
  std::string field;  ///< `users[admin].user`.
  YAML::Node node;

  [[nodiscard]] std::string where(const std::string& key = {}) const {
    return "`" + file + "`, " + field + (key.empty() ? "" : "." + key);
  }
  [[nodiscard]] Error error(const std::string& key, const std::string& what) const {
    return Error{ErrorKind::kInvalidInput, where(key) + ": " + what};
  }
  [[nodiscard]] bool has(const std::string& key) const {
    return node.IsMap() && node[key].IsDefined() && !node[key].IsNull();
  }
  /// The scalar of a key; empty when it is missing.
  [[nodiscard]] std::string text(const std::string& key) const {
    return has(key) && node[key].IsScalar() ? node[key].Scalar() : std::string();
  }
  [[nodiscard]] bool flag(const std::string& key) const { return text(key) == "true"; }
  /// A path that is relative to the file.
  [[nodiscard]] std::string path(const std::string& key) const {
    const std::string value = text(key);
    if (value.empty() || value.front() == '/') {
      return value;
    }
    const size_t slash = file.rfind('/');
    return slash == std::string::npos ? value : file.substr(0, slash + 1) + value;
  }
};

/// Everything that the files say.
struct Merged {
  std::map<std::string, Part> clusters;
  std::map<std::string, Part> users;
  std::map<std::string, Part> contexts;
  std::string current_context;
  std::string files;  ///< For messages.
};

Status take_list(const std::string& file, const YAML::Node& root, const std::string& list,
                 const std::string& inner, std::map<std::string, Part>& to) {
  const YAML::Node entries = root[list];
  if (!entries.IsDefined() || entries.IsNull()) {
    return {};
  }
  if (!entries.IsSequence()) {
    return Error{ErrorKind::kInvalidInput, "`" + file + "`, " + list + ": not a list"};
  }
  for (const YAML::Node& entry : entries) {
    if (!entry.IsMap() || !entry["name"].IsDefined() || !entry["name"].IsScalar()) {
      return Error{ErrorKind::kInvalidInput, "`" + file + "`, " + list + ": an entry has no name"};
    }
    const std::string name = entry["name"].Scalar();
    to.emplace(name, Part{.file = file,
                          .field = list + "[" + name + "]." + inner,
                          .node = entry[inner].IsDefined() ? YAML::Node(entry[inner])
                                                           : YAML::Node(YAML::NodeType::Map)});
  }
  return {};
}

Status merge_file(const std::string& file, Merged& merged) {
  const auto content = read_file(file);
  if (!content) {
    return content.error();
  }
  try {
    const YAML::Node root = YAML::Load(*content);
    if (root.IsNull()) {
      return {};
    }
    if (!root.IsMap()) {
      return Error{ErrorKind::kInvalidInput, "`" + file + "` is no kubeconfig"};
    }
    for (const auto& [list, inner, to] : {std::tuple("clusters", "cluster", &merged.clusters),
                                          std::tuple("users", "user", &merged.users),
                                          std::tuple("contexts", "context", &merged.contexts)}) {
      if (const Status taken = take_list(file, root, list, inner, *to); !taken) {
        return taken.error();
      }
    }
    if (merged.current_context.empty() && root["current-context"].IsDefined() &&
        root["current-context"].IsScalar()) {
      merged.current_context = root["current-context"].Scalar();
    }
  } catch (const YAML::Exception& error) {
    return Error{ErrorKind::kInvalidInput, "`" + file + "` is no YAML: " + error.what()};
  }
  return {};
}

Result<Part> named(const std::map<std::string, Part>& parts, const std::string& name,
                   const std::string& what, const std::string& files) {
  const auto found = parts.find(name);
  if (found == parts.end()) {
    return Error{ErrorKind::kNotFound, files + ": there is no " + what + " `" + name + "`"};
  }
  return found->second;
}

/// The decoded text of `KEY-data`.
Result<std::string> data_of(const Part& part, const std::string& key) {
  const auto decoded = from_base64(part.text(key));
  if (!decoded) {
    return part.error(key, "is no base64");
  }
  return *decoded;
}

Result<Cluster> cluster_of(const Part& part) {
  if (part.has("proxy-url")) {
    return part.error("proxy-url",
                      "connections through a proxy are not supported; remove it, or run the "
                      "operator where the API is reached directly");
  }
  Cluster cluster{.url = part.text("server"),
                  .trust = {.ca_file = part.path("certificate-authority"),
                            .is_insecure = part.flag("insecure-skip-tls-verify"),
                            .server_name = part.text("tls-server-name")},
                  .credentials = nullptr,
                  .space = {},
                  .source = "`" + part.file + "`"};
  if (cluster.url.empty()) {
    return part.error("server", "is missing");
  }
  if (part.has("certificate-authority-data")) {
    auto authority = data_of(part, "certificate-authority-data");
    if (!authority) {
      return authority.error();
    }
    cluster.trust.ca_pem = std::move(*authority);
  }
  const bool has_authority = !cluster.trust.ca_pem.empty() || !cluster.trust.ca_file.empty();
  if (cluster.trust.is_insecure && has_authority) {
    return part.error("insecure-skip-tls-verify",
                      "contradicts the certificate authority; remove one of them");
  }
  return cluster;
}

Result<std::shared_ptr<Credentials>> exec_of(const Part& part, const Cluster& cluster) {
  const Part exec{.file = part.file, .field = part.field + ".exec", .node = part.node["exec"]};
  ExecOptions options{.where = exec.where(),
                      .api_version = exec.text("apiVersion"),
                      .process = {.program = exec.text("command")},
                      .install_hint = exec.text("installHint"),
                      .provides_cluster = exec.flag("provideClusterInfo"),
                      .server = cluster.url,
                      .ca_pem = cluster.trust.ca_pem};
  if (options.api_version != "client.authentication.k8s.io/v1" &&
      options.api_version != "client.authentication.k8s.io/v1beta1") {
    return exec.error("apiVersion", "`" + options.api_version +
                                        "` is not supported; use client.authentication.k8s.io/v1");
  }
  if (options.process.program.empty()) {
    return exec.error("command", "is missing");
  }
  if (exec.text("interactiveMode") == "Always") {
    return exec.error("interactiveMode", "a plugin that needs a terminal is not supported");
  }
  if (options.process.program.find('/') != std::string::npos) {
    options.process.program = exec.path("command");
  }
  if (exec.has("args") && exec.node["args"].IsSequence()) {
    for (const YAML::Node& each : exec.node["args"]) {
      options.process.arguments.push_back(each.Scalar());
    }
  }
  if (exec.has("env") && exec.node["env"].IsSequence()) {
    for (const YAML::Node& each : exec.node["env"]) {
      const Part entry{.file = part.file, .field = exec.field + ".env", .node = each};
      options.process.environment.emplace_back(entry.text("name"), entry.text("value"));
    }
  }
  return std::shared_ptr<Credentials>(std::make_shared<ExecPlugin>(std::move(options)));
}

/// A certificate or key: in place, or the path of a file.
Result<TextSource> source_of(const Part& part, const std::string& key) {
  if (part.has(key + "-data")) {
    auto data = data_of(part, key + "-data");
    if (!data) {
      return data.error();
    }
    return TextSource{.where = part.where(key + "-data"), .text = std::move(*data)};
  }
  return TextSource{.where = part.where(key), .path = part.path(key)};
}

Result<std::shared_ptr<Credentials>> credentials_of(const Part& part, const Cluster& cluster) {
  for (const std::string key : {"as", "as-uid", "as-groups", "as-user-extra"}) {
    if (part.has(key)) {
      return part.error(key, "impersonation is not supported; use the account itself");
    }
  }
  if (part.has("auth-provider")) {
    return part.error("auth-provider",
                      "is not supported any more, as in kubectl; use an exec plugin");
  }
  if (part.has("exec")) {
    return exec_of(part, cluster);
  }
  auto certificate = source_of(part, "client-certificate");
  if (!certificate) {
    return certificate.error();
  }
  auto key = source_of(part, "client-key");
  if (!key) {
    return key.error();
  }
  if (certificate->is_empty() != key->is_empty()) {
    return part.error(certificate->is_empty() ? "client-certificate" : "client-key", "is missing");
  }
  std::string header;
  if (!part.text("token").empty()) {
    header = "Bearer " + part.text("token");
  } else if (!part.text("username").empty()) {
    header = "Basic " + to_base64(part.text("username") + ":" + part.text("password"));
  }
  // As kubectl: the file is preferred to the token in place.
  return std::shared_ptr<Credentials>(std::make_shared<StaticCredentials>(
      Secret(std::move(header)), part.path("tokenFile"), std::move(*certificate), std::move(*key)));
}

}  // namespace

std::vector<std::string> default_kubeconfig_paths(const Environment& environment) {
  std::vector<std::string> paths;
  const std::string named = environment("KUBECONFIG").value_or("");
  size_t at = 0;
  while (at < named.size()) {
    const size_t end = std::min(named.find(':', at), named.size());
    if (end > at) {
      paths.push_back(named.substr(at, end - at));
    }
    at = end + 1;
  }
  if (paths.empty()) {
    if (const auto home = environment("HOME")) {
      paths.push_back(*home + "/.kube/config");
    }
  }
  return paths;
}

Result<Cluster> load_kubeconfig(const KubeconfigOptions& options) {
  Merged merged;
  size_t missing = 0;
  for (const std::string& path : options.paths) {
    merged.files += (merged.files.empty() ? "`" : ", `") + path + "`";
    const Status read = merge_file(path, merged);
    // Of several files some may be missing, as with kubectl.
    if (!read && read.error().kind == ErrorKind::kNotFound && options.paths.size() > 1) {
      ++missing;
    } else if (!read) {
      return read.error();
    }
  }
  if (missing == options.paths.size()) {
    return Error{ErrorKind::kNotFound, "there is no kubeconfig file: " + merged.files};
  }
  const std::string context = options.context.empty() ? merged.current_context : options.context;
  if (context.empty()) {
    return Error{ErrorKind::kInvalidInput,
                 merged.files + ": there is no current-context; name one with --context"};
  }
  const auto chosen = named(merged.contexts, context, "context", merged.files);
  if (!chosen) {
    return chosen.error();
  }
  const auto place = named(merged.clusters, chosen->text("cluster"), "cluster", merged.files);
  if (!place) {
    return place.error();
  }
  auto cluster = cluster_of(*place);
  if (!cluster) {
    return cluster.error();
  }
  Part user{.file = chosen->file, .field = "users", .node = YAML::Node(YAML::NodeType::Map)};
  if (!chosen->text("user").empty()) {
    auto found = named(merged.users, chosen->text("user"), "user", merged.files);
    if (!found) {
      return found.error();
    }
    user = std::move(*found);
  }
  auto credentials = credentials_of(user, *cluster);
  if (!credentials) {
    return credentials.error();
  }
  cluster->credentials = std::move(*credentials);
  cluster->space = chosen->text("namespace");
  return cluster;
}

}  // namespace quorate::transport
