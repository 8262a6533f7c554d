// Key and trust stores from bytes: PEM, PKCS12 and JKS, told apart by their content.
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/tls_files.h"
#include "server/net/tls_handles.h"
#include "server/net/tls_options.h"

namespace quorate::net {

/// PEM, PKCS12 or JKS by the first bytes; kAuto if it is none of them.
[[nodiscard]] StoreType detect_store_type(std::string_view bytes);

/// The private key and certificates of a key store. Refused, with the file's name and the reason:
/// wrong password, no key or certificate inside, a key that does not match, an expired certificate.
[[nodiscard]] Result<KeyMaterial> load_key_store(const StoreOptions& store, const TlsFiles& files,
                                                 WallMillis now);

/// The trusted certificates of a store. Refused: wrong password, none inside, all expired.
[[nodiscard]] Result<TrustMaterial> load_trust_store(const StoreOptions& store,
                                                     const TlsFiles& files, WallMillis now);

/// The formats, from bytes; errors do not name the file yet.
[[nodiscard]] Result<KeyMaterial> read_pem_keys(std::string_view certificates, std::string_view key,
                                                const std::string& password);
[[nodiscard]] Result<TrustMaterial> read_pem_trust(std::string_view bytes);
[[nodiscard]] Result<KeyMaterial> read_pkcs12_keys(std::string_view bytes,
                                                   const std::string& password);
[[nodiscard]] Result<TrustMaterial> read_pkcs12_trust(std::string_view bytes,
                                                      const std::string& password);
[[nodiscard]] Result<KeyMaterial> read_jks_keys(std::string_view bytes,
                                                const std::string& password);
[[nodiscard]] Result<TrustMaterial> read_jks_trust(std::string_view bytes,
                                                   const std::string& password);

}  // namespace quorate::net
