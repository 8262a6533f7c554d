// What a TLS connection tells about its peer, and why a handshake failed.
#pragma once

#include <optional>
#include <string>

#include "server/net/peer_certificate.h"

struct ssl_st;

namespace quorate::net {

/// The peer's certificate, verified by the handshake; nothing if it presented none.
[[nodiscard]] std::optional<PeerCertificate> peer_certificate(ssl_st* ssl);

/// True if the peer presented no certificate, or one with the numeric address among its alternative
/// names.
[[nodiscard]] bool certificate_names_address(ssl_st* ssl, const std::string& address);

/// True if the peer presented a certificate for the host: a name, of which wildcards match one
/// label, or a numeric address.
[[nodiscard]] bool certificate_names_host(ssl_st* ssl, const std::string& host);

/// One line for a log, from OpenSSL's error queue (which is cleared) and the verification result:
/// "certificate has expired", "the client does not speak TLS".
[[nodiscard]] std::string describe_handshake_failure(ssl_st* ssl);

}  // namespace quorate::net
