// AdminServer: the http thread with the ports of commands and metrics.
#pragma once

#include <memory>
#include <optional>

#include "server/admin/options.h"
#include "server/admin/status_source.h"
#include "server/base/result.h"
#include "server/net/client_options.h"
#include "server/report/inputs.h"

namespace quorate::admin {

/// Serves, in a thread of its own:
///
///     COMMAND_PATH, COMMAND_PATH/NAME    ZooKeeper's commands
///     /livez, /readyz                    probes
///     /v1/status                         for the operator, with the token
///     /metrics                           on the metrics port
///
/// The functions may be called by any thread.
class AdminServer {
 public:
  /// Binds the ports and starts the thread. `source` outlives the server. Errors: as
  /// HttpServer::listen().
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(AdminOptions options,
                                                                  StatusSource& source);
  /// Closes all connections and joins the thread.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// What is bound; absent if that part is off.
  [[nodiscard]] std::optional<net::BoundAddress> command_address() const;
  [[nodiscard]] std::optional<net::BoundAddress> metrics_address() const;
  /// Counters, for the inputs of reports.
  [[nodiscard]] report::AdminFacts facts() const;

 private:
  class Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::admin
