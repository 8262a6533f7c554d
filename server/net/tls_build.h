// Makes OpenSSL's context from options and files.
#pragma once

#include <memory>
#include <string>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/tls_files.h"
#include "server/net/tls_handles.h"
#include "server/net/tls_options.h"

namespace quorate::net {

/// A context with all keys loaded, and what it says about itself.
struct BuiltContext {
  std::shared_ptr<SSL_CTX> context;
  std::string subject;
  WallMillis not_after;
};

[[nodiscard]] Result<BuiltContext> build_tls_context(const TlsOptions& options,
                                                     const TlsFiles& files, WallMillis now);

}  // namespace quorate::net
