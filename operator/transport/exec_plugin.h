// ExecPlugin: credentials that a program prints, as kubeconfig files of cloud providers name one.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/transport/credentials.h"
#include "operator/transport/process.h"

namespace quorate::transport {

/// The `exec` of a kubeconfig's user.
struct ExecOptions {
  std::string where;        ///< File and field, for messages.
  std::string api_version;  ///< client.authentication.k8s.io/v1 or v1beta1.
  ProcessOptions process;
  std::string install_hint;
  /// The plugin is told where the API is.
  bool provides_cluster = false;
  std::string server;
  std::string ca_pem;
};

/// Runs the program when there are no credentials yet, when they expire within 30 s, or when the
/// server refused them. Source: client-go credential plugins, version v1.
class ExecPlugin final : public Credentials {
 public:
  explicit ExecPlugin(ExecOptions options) : options_(std::move(options)) {}

  Result<Secret> authorization() override;
  Result<ClientIdentity> identity() override;
  void rejected() override { expires_at_ = WallMillis{0}; }

 private:
  Status refresh();
  [[nodiscard]] Status take(const std::string& output);
  [[nodiscard]] Error complain(const std::string& what) const;

  const ExecOptions options_;
  bool has_run_ = false;
  Secret header_;
  ClientIdentity identity_;
  std::optional<WallMillis> expires_at_;  ///< Nothing: never.
};

}  // namespace quorate::transport
