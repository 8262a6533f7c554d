// Lists of addresses to listen on, as clientPortAddress holds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::config {

/// Parses `host[,host]...` where a host is a name, an IPv4 address or an IPv6 address with or
/// without brackets. Brackets are dropped; duplicates too. The error says what is allowed.
[[nodiscard]] Result<std::vector<std::string>> parse_hosts(std::string_view text);

/// Parses one host.
[[nodiscard]] Result<std::string> parse_host(std::string_view text);

/// The hosts with IPv6 addresses in brackets, joined by commas.
[[nodiscard]] std::string hosts_text(const std::vector<std::string>& hosts);

}  // namespace quorate::config
