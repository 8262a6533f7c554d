// The peer of a TLS connection: its certificate, its name, the reason of a failure.
#include "server/net/tls_peer.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "server/net/certificate.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

bool is_numeric_address(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

bool speaks_no_tls(int reason) {
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER ||
         reason == SSL_R_UNKNOWN_PROTOCOL || reason == SSL_R_BAD_RECORD_TYPE ||
         reason == SSL_R_UNEXPECTED_MESSAGE || reason == SSL_R_PACKET_LENGTH_TOO_LONG;
}

}  // namespace

std::optional<PeerCertificate> peer_certificate(ssl_st* ssl) {
  const CertificateHandle certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr) {
    return std::nullopt;
  }
  return describe_certificate(certificate.get());
}

bool certificate_names_address(ssl_st* ssl, const std::string& address) {
  const CertificateHandle certificate(SSL_get1_peer_certificate(ssl));
  return certificate == nullptr || X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1;
}

bool certificate_names_host(ssl_st* ssl, const std::string& host) {
  const CertificateHandle certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr) {
    return false;
  }
  return is_numeric_address(host)
             ? X509_check_ip_asc(certificate.get(), host.c_str(), 0) == 1
             : X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1;
}

std::string describe_handshake_failure(ssl_st* ssl) {
  const long verified = SSL_get_verify_result(ssl);  // NOLINT(google-runtime-int)
  const int reason = ERR_GET_REASON(ERR_peek_error());
  std::string text = take_tls_errors("handshake failed");
  if (verified != X509_V_OK) {
    return text + ": " + X509_verify_cert_error_string(verified);
  }
  if (speaks_no_tls(reason)) {
    return "the client does not speak TLS (" + text + ")";
  }
  return text;
}

Status prepare_client_handshake(ssl_st* ssl, const TlsOptions& options, const std::string& host) {
  const bool numeric = is_numeric_address(host);
  bool done = numeric || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (done && options.verify_host_name) {
    done = numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                   : SSL_set1_host(ssl, host.c_str()) == 1;
  }
  if (!done) {
    return Error{ErrorKind::kInvalidInput,
                 "TLS to \"" + host + "\": " + take_tls_errors("not a usable host name")};
  }
  return {};
}

}  // namespace quorate::net
