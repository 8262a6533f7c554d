// Names of cipher suites: Java's (which are IANA's) and OpenSSL's, sorted by TLS version.
#pragma once

#include <string>
#include <vector>

#include "server/base/result.h"

namespace quorate::net {

/// Lists for OpenSSL, names separated by ':'; an empty one means that no suite of that version is
/// asked for.
struct CipherLists {
  std::string tls12;
  std::string tls13;
};

/// Accepts Java names ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", the old "SSL_" prefix too) and
/// OpenSSL names. Error: a name that is unknown here, or known and switched off as unsafe.
[[nodiscard]] Result<CipherLists> translate_cipher_suites(const std::vector<std::string>& names);

}  // namespace quorate::net
