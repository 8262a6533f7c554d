// Fields of an OpenSSL certificate as text and time.
#pragma once

#include <string>

#include "server/base/time.h"
#include "server/net/peer_certificate.h"
#include "server/net/tls_handles.h"

namespace quorate::net {

/// Subject as RFC 2253 text, as Java's X500Principal.getName() writes it.
[[nodiscard]] std::string subject_text(const X509* certificate);
/// End of validity; the end of time if the field cannot be read.
[[nodiscard]] WallMillis not_after(const X509* certificate);
/// End of validity for a message: "2026-03-01 12:00:00 UTC".
[[nodiscard]] std::string date_text(const X509* certificate);
[[nodiscard]] std::vector<AlternativeName> alternative_names(const X509* certificate);
[[nodiscard]] PeerCertificate describe_certificate(X509* certificate);

}  // namespace quorate::net
