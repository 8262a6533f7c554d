// PKCS12 key and trust stores, those of old Java versions (RC2, 3DES) included.
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <optional>

#include "server/net/key_store.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

using Pkcs12Handle = std::unique_ptr<PKCS12, OpenSslFree<PKCS12_free>>;

struct Contents {
  KeyHandle key;
  CertificateHandle certificate;
  std::vector<CertificateHandle> others;
};

// A library context of its own with the old algorithms, so that they stay unknown to everything
// else. Null if this installation has no legacy provider.
OSSL_LIB_CTX* legacy_context() {
  static OSSL_LIB_CTX* const context = []() -> OSSL_LIB_CTX* {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    if (made == nullptr || OSSL_PROVIDER_load(made, "default") == nullptr ||
        OSSL_PROVIDER_load(made, "legacy") == nullptr) {
      OSSL_LIB_CTX_free(made);
      return nullptr;
    }
    return made;
  }();
  return context;
}

Pkcs12Handle decode(std::string_view bytes, OSSL_LIB_CTX* context) {
  PKCS12* store = PKCS12_init_ex(NID_pkcs7_data, context, nullptr);
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  if (d2i_PKCS12(&store, &at, static_cast<long>(bytes.size())) == nullptr) {
    return nullptr;  // d2i freed it.
  }
  return Pkcs12Handle(store);
}

std::optional<Contents> unpack(PKCS12* store, const std::string& password) {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store, password.c_str(), &key, &certificate, &others) != 1) {
    return std::nullopt;
  }
  Contents contents;
  contents.key.reset(key);
  contents.certificate.reset(certificate);
  while (others != nullptr && sk_X509_num(others) > 0) {
    contents.others.emplace_back(sk_X509_shift(others));
  }
  sk_X509_free(others);
  return contents;
}

// Key and certificates made anew in the default library context, where TLS uses them.
std::optional<Contents> rehomed(const Contents& foreign) {
  const auto certificate_copy = [](X509* from) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(from, &der);
    const unsigned char* at = der;
    CertificateHandle copy(size > 0 ? d2i_X509(nullptr, &at, size) : nullptr);
    OPENSSL_free(der);
    return copy;
  };
  Contents contents;
  if (foreign.key != nullptr) {
    unsigned char* der = nullptr;
    const int size = i2d_PrivateKey(foreign.key.get(), &der);
    const unsigned char* at = der;
    contents.key.reset(size > 0 ? d2i_AutoPrivateKey(nullptr, &at, size) : nullptr);
    OPENSSL_clear_free(der, size > 0 ? static_cast<size_t>(size) : 0);
    if (contents.key == nullptr) {
      return std::nullopt;
    }
  }
  if (foreign.certificate != nullptr) {
    contents.certificate = certificate_copy(foreign.certificate.get());
  }
  for (const CertificateHandle& other : foreign.others) {
    contents.others.push_back(certificate_copy(other.get()));
  }
  return contents;
}

Result<Contents> read_contents(std::string_view bytes, const std::string& password) {
  ERR_clear_error();
  const Pkcs12Handle store = decode(bytes, nullptr);
  if (store == nullptr) {
    ERR_clear_error();
    return Error{ErrorKind::kCorrupt, "not a PKCS12 store"};
  }
  // A store without a password is protected by the empty one, or by none at all.
  if (PKCS12_verify_mac(store.get(), password.c_str(), -1) != 1 &&
      !(password.empty() && PKCS12_verify_mac(store.get(), nullptr, 0) == 1)) {
    ERR_clear_error();
    return Error{ErrorKind::kDenied, "wrong password, or the store is damaged"};
  }
  std::optional<Contents> contents = unpack(store.get(), password);
  if (!contents && legacy_context() != nullptr) {
    const Pkcs12Handle again = decode(bytes, legacy_context());
    const std::optional<Contents> foreign =
        again != nullptr ? unpack(again.get(), password) : std::nullopt;
    if (foreign) {
      contents = rehomed(*foreign);
    }
  }
  if (!contents) {
    return Error{ErrorKind::kInvalidInput,
                 "the PKCS12 store cannot be opened: " + take_tls_errors("unknown reason") +
                     "; write it again with a current keytool or openssl"};
  }
  ERR_clear_error();
  return std::move(*contents);
}

}  // namespace

Result<KeyMaterial> read_pkcs12_keys(std::string_view bytes, const std::string& password) {
  Result<Contents> contents = read_contents(bytes, password);
  if (!contents) {
    return contents.error();
  }
  if (contents->key == nullptr || contents->certificate == nullptr) {
    return Error{ErrorKind::kInvalidInput, "no private key with a certificate inside"};
  }
  KeyMaterial material;
  material.key = std::move(contents->key);
  material.certificate = std::move(contents->certificate);
  material.chain = std::move(contents->others);
  return material;
}

Result<TrustMaterial> read_pkcs12_trust(std::string_view bytes, const std::string& password) {
  Result<Contents> contents = read_contents(bytes, password);
  if (!contents) {
    return contents.error();
  }
  TrustMaterial trust;
  trust.certificates = std::move(contents->others);
  if (contents->certificate != nullptr) {
    trust.certificates.push_back(std::move(contents->certificate));
  }
  return trust;
}

}  // namespace quorate::net
