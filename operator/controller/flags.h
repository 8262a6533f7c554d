// The command line of quorate-operator.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "operator/kube/lease_election.h"
#include "operator/transport/credentials.h"
#include "operator/transport/in_cluster.h"
#include "server/base/result.h"
#include "server/log/logger.h"

namespace quorate::controller {

/// What the flags say, with their defaults.
struct Flags {
  std::vector<std::string> kubeconfigs;  ///< Empty: the Pod's account, else KUBECONFIG.
  std::string context;
  std::string server;               ///< Of an API that wants no credentials.
  std::vector<std::string> spaces;  ///< Empty: all.
  std::string label_selector;
  std::string member_image;  ///< Of clusters that name none; empty: they have to.
  size_t workers = 8;
  Duration pass_timeout = std::chrono::seconds(60);
  Duration resync_interval = std::chrono::hours(10);
  /// With tls.managed. Zero: as the release has it.
  Duration certificate_life{};
  Duration authority_life{};
  Duration certificate_spread{};
  bool elects_leader = true;
  std::string lease_name = "quorate-operator";
  std::string lease_space;   ///< Empty: the process's own namespace.
  kube::LeaseOptions lease;  ///< Times only.
  std::string probe_address = ":8081";
  std::string metrics_address = ":8080";
  log::Options log{.format = log::Format::kJson};
};

/// The process ends before it began: after --help, or because of a mistake.
struct FlagsEnd {
  int code = 0;
};

/// Reads the command line; what is wrong goes to standard error.
[[nodiscard]] std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv);

/// Where the API is: --server, --kubeconfig, the Pod's account, KUBECONFIG, ~/.kube/config, in this
/// order.
[[nodiscard]] Result<transport::Cluster> find_cluster(const Flags& flags,
                                                      const transport::Environment& environment);

}  // namespace quorate::controller
