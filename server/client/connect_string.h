// Connect strings: "host:port[,host:port...][/chroot]".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::client {

inline constexpr uint16_t kDefaultPort = 2181;

/// A host, name or numeric address, and a port.
struct Endpoint {
  std::string host;  ///< IPv6 addresses without brackets.
  uint16_t port = kDefaultPort;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
/// "host:port", IPv6 in brackets.
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

struct ConnectString {
  std::vector<Endpoint> servers;  ///< invariant: not empty.
  std::string chroot;             ///< "/a/b", or empty for the root.
  friend bool operator==(const ConnectString&, const ConnectString&) = default;
};

/// Parses a connect string; the port may be left out. Errors name the part that is wrong.
[[nodiscard]] Result<ConnectString> parse_connect_string(std::string_view text);

}  // namespace quorate::client
