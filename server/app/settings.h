// From the configuration to the options of each part.
#pragma once

#include "server/admin/options.h"
#include "server/app/housekeeping_thread.h"
#include "server/auth/certificate.h"
#include "server/base/result.h"
#include "server/config/config.h"
#include "server/net/client_options.h"
#include "server/net/tls_options.h"
#include "server/node/options.h"
#include "server/storage/log_writer.h"
#include "server/tree/tree.h"

namespace quorate::app {

[[nodiscard]] node::Options node_options(const config::Config& config, uint64_t random_seed);
[[nodiscard]] tree::TreeOptions tree_options(const config::Config& config);
[[nodiscard]] net::ClientLimits client_limits(const config::Config& config);
[[nodiscard]] storage::LogOptions log_options(const config::Config& config);
[[nodiscard]] HousekeepingOptions housekeeping_options(const config::Config& config,
                                                       const storage::Directories& directories);
/// How the id of a client certificate is chosen; an error names the property.
[[nodiscard]] Result<auth::CertificateIdRule> certificate_rule(const config::Config& config);
/// The HTTP ports; `tls` is the client port's context, which they share, or null.
[[nodiscard]] admin::AdminOptions admin_options(const config::Config& config,
                                                std::shared_ptr<net::TlsContext> tls);
/// TLS of the client port.
[[nodiscard]] net::TlsOptions client_tls_options(const config::Config& config);

}  // namespace quorate::app
