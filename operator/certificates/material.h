// Keys and certificates by OpenSSL: making, signing, reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/secret.h"
#include "server/base/time.h"

namespace quorate::certificates {

/// A certificate and its key in PEM.
struct KeyPair {
  std::string certificate_pem;
  Secret key_pem;
};

/// What a certificate says.
struct CertificateFacts {
  std::string id;         ///< Of its key.
  std::string authority;  ///< Id of the key that signed it.
  WallMillis made;
  WallMillis expires;
  std::vector<std::string> hosts;  ///< DNS names, sorted.
};

/// Nothing when it is no certificate.
[[nodiscard]] std::optional<CertificateFacts> read_certificate(std::string_view pem);
/// Whether the key is that of the certificate.
[[nodiscard]] bool is_pair(const KeyPair& pair);

/// An authority of P-256 that signs itself. It is dated a little back, for clocks that differ,
/// which `made` of the facts takes into account.
[[nodiscard]] Result<KeyPair> make_authority(const std::string& name, WallMillis now,
                                             int64_t life_ms);
/// A certificate of a member, as server and as client, no longer than its authority's. `hosts` are
/// DNS names; the first is its common name where it is short enough.
[[nodiscard]] Result<KeyPair> issue(const KeyPair& authority, const std::vector<std::string>& hosts,
                                    WallMillis now, int64_t life_ms);

}  // namespace quorate::certificates
