// Settings of a TLS context, named as ZooKeeper's ssl.* and ssl.quorum.* keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quorate::net {

/// Formats of key and trust stores. kAuto looks at the content.
enum class StoreType { kAuto, kPem, kPkcs12, kJks };

/// Where keys or trusted certificates lie.
struct StoreOptions {
  std::string path;                   ///< keyStore.location, trustStore.location.
  std::string key_path;               ///< PEM key stores only: the key, if not in `path`.
  StoreType type = StoreType::kAuto;  ///< keyStore.type; JCEKS is kJks.
  std::string password;               ///< keyStore.password. Empty: none.
  std::string password_path;  ///< keyStore.passwordPath: a file, read at each load; its first line.
};

/// What a server asks of its clients: ssl.clientAuth.
enum class ClientAuthentication { kNone, kWant, kNeed };

enum class TlsSide { kServer, kClient };

struct TlsOptions {
  TlsSide side = TlsSide::kServer;
  StoreOptions key_store;    ///< A server needs one; a client may leave the path empty.
  StoreOptions trust_store;  ///< A server needs one unless client authentication is kNone. A client
                             ///< without one trusts the system's authorities.
  ClientAuthentication client_authentication = ClientAuthentication::kNeed;  ///< Server only.
  std::vector<std::string> protocols;  ///< "TLSv1.2", "TLSv1.3"; empty: both.
  /// Java (IANA) or OpenSSL names; empty: OpenSSL's defaults without weak ones.
  std::vector<std::string> cipher_suites;
  bool verify_host_name = true;  ///< Client: the certificate must be for the host it connects to.
  /// Server: a client's certificate must name the address it comes from
  /// (ssl.clientHostnameVerification).
  bool verify_client_host_name = false;
  bool check_revocation = false;  ///< ssl.crl: certificates on a list in crl_path are refused.
  std::string crl_path;           ///< PEM lists; without it the trust store's lists are used.
};

/// "jks", "JKS", "pem", "pkcs12", "p12", "jceks", empty for kAuto; false if it is none of them.
[[nodiscard]] bool parse_store_type(const std::string& text, StoreType& to);

}  // namespace quorate::net
