// Session: one connection to the API, and the objects that the verbs need, with errors in words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/request.h"
#include "operator/plugin/command.h"
#include "operator/plugin/complaint.h"
#include "operator/transport/http_transport.h"
#include "operator/transport/kube_client.h"
#include "operator/transport/write_gate.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// One thread uses it.
class Session {
 public:
  /// Reads the kubeconfig. Errors: no kubeconfig, or one that is broken; the API is not asked yet.
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const Connection& connection);

  /// One namespace; the kubeconfig's, or `default`, where the command line names none.
  [[nodiscard]] const std::string& space() const { return place_.space; }
  [[nodiscard]] const Place& place() const { return place_; }

  [[nodiscard]] Result<nlohmann::json> send(const kube::Request& request);
  /// As send(), for what asks about the refusal itself.
  [[nodiscard]] kube::ApiResult<nlohmann::json> try_send(const kube::Request& request);
  /// An answer that is no JSON, such as a log; at most `bytes_max` of it.
  [[nodiscard]] kube::ApiResult<std::string> try_get_text(const kube::Request& request,
                                                          size_t bytes_max);

  /// Objects of a kind of the namespace, or of all.
  [[nodiscard]] Result<std::vector<nlohmann::json>> list(const kube::ResourceKind& kind,
                                                         const std::string& label_selector = {},
                                                         bool all_spaces = false);
  /// QuorumClusters; where the kind is unknown the error says that there is no operator.
  [[nodiscard]] Result<std::vector<nlohmann::json>> clusters(bool all_spaces);
  /// The cluster of that name or, without one, the only one of the namespace.
  [[nodiscard]] Result<nlohmann::json> cluster(const std::string& name);
  /// Changes what `patch` has. A resourceVersion in it is a precondition.
  [[nodiscard]] Result<nlohmann::json> patch_cluster(const std::string& name,
                                                     const nlohmann::json& patch);

 private:
  Session(Connection connection, Place place, std::unique_ptr<transport::HttpTransport> transport);
  [[nodiscard]] transport::CallScope scope() const;

  const Connection connection_;
  const Place place_;
  transport::WriteGate gate_;
  std::unique_ptr<transport::HttpTransport> transport_;
  transport::KubeClient client_;
};

/// `metadata.name`.
[[nodiscard]] std::string name_of(const nlohmann::json& object);

}  // namespace quorate::plugin
