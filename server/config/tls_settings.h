// TLS keys of one kind of connection: ssl.* for clients, ssl.quorum.* for members.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/secret.h"

namespace quorate::config {

/// A file of keys or certificates.
struct StoreSettings {
  /// How the file is read. kByExtension (.p12, .pkcs12 and .pfx, .jks, else PEM) is resolved by
  /// parse(), so it remains only where there is no location.
  enum class Type { kByExtension, kPem, kPkcs12, kJks } type = Type::kByExtension;
  /// Path of the file; empty: not configured. Default empty.
  std::string location;
  /// Password of the store, and of a PEM key that is encrypted. Default empty.
  Secret password;
  /// File that holds the password and wins over it; empty: not configured. Default empty.
  std::string password_path;
};

/// How one kind of connection uses TLS.
struct TlsSettings {
  /// Our private key and certificate chain; for PEM, both in one file.
  StoreSettings key_store;
  /// Certificates that we trust.
  StoreSettings trust_store;
  /// Directory with tls.crt, tls.key and ca.crt, as Kubernetes mounts a Secret; wins over the
  /// stores. Empty: not configured. Default empty.
  std::string directory;
  /// Versions of TLS that are spoken. Default both.
  bool tls_1_2_enabled = true;
  bool tls_1_3_enabled = true;
  /// Cipher suites by their TLS (RFC) or OpenSSL names; empty: the library's. Default empty.
  std::vector<std::string> cipher_suites;
  /// Whether the other side must show a certificate that we trust. Default kNeed.
  enum class ClientAuth { kNone, kWant, kNeed } client_auth = ClientAuth::kNeed;
  /// Whether names are matched with certificates at all: that of a server that we connect to, and,
  /// with client_hostname_verification too, the address of a client. Default true.
  bool hostname_verification = true;
  /// Whether a client's certificate must name the address that it comes from. Default false.
  bool client_hostname_verification = false;
  /// Whether certificates on a revocation list are refused. Default false.
  bool check_revocation = false;
  /// PEM file of revocation lists; empty: those in the trust store. Default empty.
  std::string revocation_file;
  /// Milliseconds that a handshake may take. Default 5000.
  int32_t handshake_timeout_ms = 5000;
  /// Whether changed files are loaded while running. Default true (ZooKeeper: false).
  bool reload_files = true;
  /// Whether TLS and plain connections share the port. Default false.
  bool port_unification = false;
};

}  // namespace quorate::config
