// JKS stores as key and trust material.
#include <openssl/err.h>

#include "server/net/java_key_store.h"
#include "server/net/key_store.h"

namespace quorate::net {
namespace {

CertificateHandle decode_certificate(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate;
}

KeyHandle decode_key(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  KeyHandle key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return key;
}

Error bad_certificate() { return {ErrorKind::kCorrupt, "a certificate cannot be read"}; }

}  // namespace

Result<KeyMaterial> read_jks_keys(std::string_view bytes, const std::string& password) {
  const Result<JavaKeyStore> store = parse_java_key_store(bytes, password);
  if (!store) {
    return store.error();
  }
  if (store->keys.empty() || store->keys.front().chain.empty()) {
    return Error{ErrorKind::kInvalidInput, "no private key with a certificate inside"};
  }
  const JavaKeyEntry& entry = store->keys.front();
  const Result<std::string> der = unprotect_java_key(entry.protected_key, password);
  if (!der) {
    return Error{der.error().kind, "key \"" + entry.alias + "\": " + der.error().message};
  }
  KeyMaterial material;
  material.key = decode_key(*der);
  if (material.key == nullptr) {
    return Error{ErrorKind::kCorrupt, "key \"" + entry.alias + "\": not a private key"};
  }
  for (const std::string& one : entry.chain) {
    CertificateHandle certificate = decode_certificate(one);
    if (certificate == nullptr) {
      return bad_certificate();
    }
    if (material.certificate == nullptr) {
      material.certificate = std::move(certificate);
    } else {
      material.chain.push_back(std::move(certificate));
    }
  }
  return material;
}

Result<TrustMaterial> read_jks_trust(std::string_view bytes, const std::string& password) {
  const Result<JavaKeyStore> store = parse_java_key_store(bytes, password);
  if (!store) {
    return store.error();
  }
  TrustMaterial trust;
  for (const std::string& one : store->trusted) {
    CertificateHandle certificate = decode_certificate(one);
    if (certificate == nullptr) {
      return bad_certificate();
    }
    trust.certificates.push_back(std::move(certificate));
  }
  return trust;
}

}  // namespace quorate::net
