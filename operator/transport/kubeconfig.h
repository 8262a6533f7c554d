// kubeconfig files: clusters, users and contexts as kubectl reads them.
#pragma once

#include <string>
#include <vector>

#include "operator/transport/credentials.h"
#include "operator/transport/in_cluster.h"
#include "server/base/result.h"

namespace quorate::transport {

struct KubeconfigOptions {
  /// Read in this order; of names that are there twice the first counts.
  std::vector<std::string> paths;
  std::string context;  ///< Empty: the current one.
};

/// What a context leads to. Understood: token, tokenFile, client-certificate(-data),
/// client-key(-data), exec, username and password; certificate-authority(-data),
/// insecure-skip-tls-verify, tls-server-name. Refused in clear words: proxy-url, auth-provider,
/// impersonation, and exec plugins that want a terminal. Files are relative to the file that names
/// them. Errors name file and field.
[[nodiscard]] Result<Cluster> load_kubeconfig(const KubeconfigOptions& options);

/// The files that KUBECONFIG names, or ~/.kube/config.
[[nodiscard]] std::vector<std::string> default_kubeconfig_paths(const Environment& environment);

}  // namespace quorate::transport
