// JavaKeyStore: the JKS and JCEKS file formats, and the key protection that goes with them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::net {

/// First four bytes of a store, big-endian.
inline constexpr uint32_t kJksMagic = 0xFEEDFEEDU;
inline constexpr uint32_t kJceksMagic = 0xCECECECEU;

/// A private key and its certificates, leaf first.
struct JavaKeyEntry {
  std::string alias;
  std::string protected_key;       ///< DER EncryptedPrivateKeyInfo.
  std::vector<std::string> chain;  ///< DER certificates.
};

/// Content of a store.
struct JavaKeyStore {
  std::vector<JavaKeyEntry> keys;
  std::vector<std::string> trusted;  ///< DER certificates.
};

/// Parses a store and checks its integrity with the password.
/// Layout, big-endian, utf = 2 bytes of length + bytes, bytes = 4 bytes of length + bytes:
///     magic 0xFEEDFEED (JKS) or 0xCECECECE (JCEKS), version 1 or 2, count of entries
///     an entry: tag, alias (utf), date (8 bytes), then by tag
///       1 key: protected key (bytes), count, that many certificates
///       2 trusted: a certificate
///       3 secret key (JCEKS): a serialized Java object, which is refused
///     a certificate: type (utf, version 2 only), DER (bytes)
///     SHA-1 over the password as UTF-16, the words "Mighty Aphrodite" and all of the above.
/// Errors: kDenied wrong password (or damaged), kCorrupt truncated or malformed.
[[nodiscard]] Result<JavaKeyStore> parse_java_key_store(std::string_view bytes,
                                                        const std::string& password);

/// The PKCS8 PrivateKeyInfo (DER) inside an EncryptedPrivateKeyInfo under Sun's key protector
/// (1.3.6.1.4.1.42.2.17.1.1) or JCEKS's PBEWithMD5AndTripleDES (1.3.6.1.4.1.42.2.19.1).
[[nodiscard]] Result<std::string> unprotect_java_key(std::string_view protected_key,
                                                     const std::string& password);

}  // namespace quorate::net
