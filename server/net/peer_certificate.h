// The identity in a peer's X.509 certificate: subject, alternative names, end of validity.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"

namespace quorate::net {

/// One subject alternative name. `type` is the number of RFC 5280's GeneralName choice, as
/// ZooKeeper's clientCertIdSanMatchType: 1 rfc822, 2 DNS, 6 URI, 7 IP address (as text).
struct AlternativeName {
  int type = 0;
  std::string value;
};

/// What a certificate says. For a connection it was verified by the handshake.
struct PeerCertificate {
  std::string der;
  std::string subject;  ///< RFC 2253 text as Java's X500Principal.getName(): "CN=a,O=b,C=de".
  std::vector<AlternativeName> alternative_names;
  WallMillis not_after;
};

/// Parses a DER certificate; nothing if it is not one.
[[nodiscard]] std::optional<PeerCertificate> parse_certificate(std::string_view der);

}  // namespace quorate::net
