// The service account of a Pod.
#include "operator/transport/in_cluster.h"

#include <cstdlib>

#include "operator/transport/file.h"
#include "server/log/logger.h"

namespace quorate::transport {

namespace {

std::string trimmed(std::string text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<Secret> TokenFile::authorization() {
  const auto now = std::chrono::steady_clock::now();
  if (read_at_ && !is_rejected_ && now - *read_at_ < age_max_) {
    return header_;
  }
  auto content = read_file(path_);
  std::string token = content ? trimmed(std::move(*content)) : std::string();
  if (token.empty()) {
    const std::string reason = content ? "`" + path_ + "` holds no token" : content.error().message;
    if (header_.empty()) {
      return Error{ErrorKind::kDenied, reason};
    }
    log::warn("token_file", {{"path", path_}, {"reason", reason}});
  } else {
    header_ = Secret("Bearer " + token);
  }
  is_rejected_ = false;
  read_at_ = now;
  return header_;
}

bool is_in_cluster(const Environment& environment) {
  return !environment("KUBERNETES_SERVICE_HOST").value_or("").empty() &&
         !environment("KUBERNETES_SERVICE_PORT").value_or("").empty();
}

Result<Cluster> in_cluster(const Environment& environment, const std::string& folder) {
  if (!is_in_cluster(environment)) {
    return Error{ErrorKind::kNotFound,
                 "not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"};
  }
  std::string host = *environment("KUBERNETES_SERVICE_HOST");
  if (host.find(':') != std::string::npos) {
    host = "kubernetes.default.svc";  // The transport takes no literal IPv6 address.
  }
  Cluster cluster{.url = "https://" + host + ":" + *environment("KUBERNETES_SERVICE_PORT"),
                  .trust = {.ca_file = folder + "/ca.crt"},
                  .credentials = std::make_shared<TokenFile>(folder + "/token"),
                  .space = {},
                  .source = "the Pod's service account"};
  for (const std::string name : {"/ca.crt", "/token"}) {
    if (const auto content = read_file(folder + name); !content) {
      return Error{content.error().kind, cluster.source + ": " + content.error().message};
    }
  }
  if (auto space = read_file(folder + "/namespace")) {
    cluster.space = trimmed(std::move(*space));
  }
  return cluster;
}

}  // namespace quorate::transport
