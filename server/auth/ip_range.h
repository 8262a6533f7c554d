// IP addresses and ranges of the ip scheme: "10.0.0.0/8", "2001:db8::/32", "192.0.2.7".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace quorate::auth {

/// An address as 16 bytes in network order. IPv4, and IPv4-mapped IPv6, is held in the mapped form
/// ::ffff:a.b.c.d, so that a client is the same whichever socket family accepted it.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  bool v4 = false;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Parses a textual address; an IPv6 zone ("%eth0") is ignored, since an ACL cannot name one.
/// Decimal parts of IPv4 may have leading zeros, as in ZooKeeper.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);

/// An address and how many of its leading bits count.
struct IpRange {
  IpAddress address;
  int bits = 128;  ///< In terms of the 16 bytes: an IPv4 /8 is 104.

  /// An IPv6 range never contains an IPv4 client: "::/0" is every IPv6 address and nothing else.
  [[nodiscard]] bool contains(const IpAddress& candidate) const;
};

/// Parses `address` or `address/bits`. The bits are at most 32 for IPv4 and 128 for IPv6; a mapped
/// IPv6 address takes 96 to 128. Host bits may be set and do not count.
[[nodiscard]] std::optional<IpRange> parse_ip_range(std::string_view text);

}  // namespace quorate::auth
