// From the configuration to the options of each part.
#pragma once

#include <memory>
#include <vector>

#include "server/admin/options.h"
#include "server/app/connection_gate.h"
#include "server/app/housekeeping_thread.h"
#include "server/app/request_throttle.h"
#include "server/auth/certificate.h"
#include "server/config/config.h"
#include "server/log/logger.h"
#include "server/net/client_options.h"
#include "server/net/tls_options.h"
#include "server/node/options.h"
#include "server/storage/log_writer.h"
#include "server/storage/recover.h"
#include "server/tree/tree.h"

namespace quorate::app {

[[nodiscard]] node::Options node_options(const config::Config& config, uint64_t random_seed);
[[nodiscard]] tree::TreeOptions tree_options(const config::Config& config);
[[nodiscard]] net::ClientLimits client_limits(const config::Config& config);
[[nodiscard]] storage::LogOptions log_options(const config::Config& config);
[[nodiscard]] HousekeepingOptions housekeeping_options(const config::Config& config,
                                                       const storage::Directories& directories);
[[nodiscard]] storage::RecoverOptions recover_options(const config::Config& config);
[[nodiscard]] GateOptions gate_options(const config::Config& config);
[[nodiscard]] RequestThrottleOptions request_throttle_options(const config::Config& config);
/// Every address on which clients connect; `tls` is used by those that speak it.
[[nodiscard]] std::vector<net::ListenOptions> client_listeners(
    const config::Config& config, std::shared_ptr<net::TlsContext> tls);
/// How the lines of the log are written.
[[nodiscard]] log::Options logger_options(const config::Config& config);
/// How the id of a client certificate is chosen.
[[nodiscard]] auth::CertificateIdOptions certificate_id_options(const config::Config& config);
/// The HTTP ports; `tls` is the context of admin_tls_options(), or null.
[[nodiscard]] admin::AdminOptions admin_options(const config::Config& config,
                                                std::shared_ptr<net::TlsContext> tls);
/// TLS of the client port.
[[nodiscard]] net::TlsOptions client_tls_options(const config::Config& config);
/// TLS between members, for one side of it. Requires sslQuorum.
[[nodiscard]] net::TlsOptions quorum_tls_options(const config::Config& config, net::TlsSide side);
/// TLS of the HTTP server of commands. Requires config::admin_tls().
[[nodiscard]] net::TlsOptions admin_tls_options(const config::Config& config);

}  // namespace quorate::app
