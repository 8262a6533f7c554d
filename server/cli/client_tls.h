// TLS settings of client commands: flags, client configuration files, and Java's properties.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/net/tls_context.h"

namespace quorate::cli {

/// Properties by name, "zookeeper.client.secure" and so on.
using ClientProperties = std::map<std::string, std::string, std::less<>>;

/// Adds the -Dname=value words of `flags` (CLIENT_JVMFLAGS); other words are ignored.
void add_jvm_flags(std::string_view flags, ClientProperties& to);
/// Adds the lines of a client configuration file.
[[nodiscard]] Status add_properties_file(const std::string& file, ClientProperties& to);

/// The TLS settings that the properties ask for; nothing if zookeeper.client.secure is not true.
[[nodiscard]] Result<std::optional<net::TlsOptions>> tls_options(
    const ClientProperties& properties);
/// Loads the files. Errors name them.
[[nodiscard]] Result<std::shared_ptr<net::TlsContext>> tls_context(net::TlsOptions options);

}  // namespace quorate::cli
