// Where the API is for a process inside a Pod.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "operator/transport/credentials.h"
#include "server/base/result.h"
#include "server/base/time.h"

namespace quorate::transport {

/// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// Reads a token from a file, again after `age_max` and when the server refused it; while the file
/// cannot be read the last token goes on to be used. Tokens of Pods are rotated in place.
class TokenFile final : public Credentials {
 public:
  explicit TokenFile(std::string path, Duration age_max = std::chrono::seconds(60))
      : path_(std::move(path)), age_max_(age_max) {}

  Result<Secret> authorization() override;
  Result<ClientIdentity> identity() override { return ClientIdentity{}; }
  void rejected() override { is_rejected_ = true; }

 private:
  const std::string path_;
  const Duration age_max_;
  Secret header_;
  bool is_rejected_ = false;
  std::optional<std::chrono::steady_clock::time_point> read_at_;
};

/// Whether this process runs in a Pod with a service account.
[[nodiscard]] bool is_in_cluster(const Environment& environment);

/// From the environment and the service account's folder. Errors: kNotFound, not in a cluster, or a
/// file is missing; the message names it.
[[nodiscard]] Result<Cluster> in_cluster(
    const Environment& environment,
    const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace quorate::transport
