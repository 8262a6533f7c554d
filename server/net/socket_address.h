// Socket addresses: resolving what to listen on, and a compact key for counting by client address.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/base/result.h"

namespace quorate::net {

/// A numeric address without port: 16 bytes, IPv4 as an IPv4-mapped IPv6 address.
struct HostKey {
  std::array<uint8_t, 16> bytes{};
  friend bool operator==(const HostKey&, const HostKey&) = default;
};

/// Address and port of an end of a connection.
struct SocketAddress {
  HostKey host;
  uint32_t scope = 0;  ///< Interface of a link-local IPv6 address.
  uint16_t port = 0;

  [[nodiscard]] static SocketAddress from(const sockaddr_storage& raw);
  /// Numeric text; IPv4-mapped addresses as IPv4.
  [[nodiscard]] std::string host_text() const;
};

/// An address in the system's form, ready for bind().
struct RawAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// setsockopt with an int; an option that the system lacks is left alone.
void set_socket_option(int fd, int level, int option, int value);

/// Addresses to listen on for `host` (numeric, in brackets or not, or a name; empty: every
/// interface, IPv6 and IPv4 in one socket where the system has IPv6). May block.
Result<std::vector<RawAddress>> resolve_listen_addresses(const std::string& host, uint16_t port);

}  // namespace quorate::net

template <>
struct std::hash<quorate::net::HostKey> {
  size_t operator()(const quorate::net::HostKey& key) const noexcept;
};
