// Owning handles of OpenSSL objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

namespace quorate::net {

/// Calls an OpenSSL free function, as the deleter of a unique_ptr.
template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioHandle = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using CrlHandle = std::unique_ptr<X509_CRL, OpenSslFree<X509_CRL_free>>;

/// A private key with its certificate and the certificates that lead to the authority.
struct KeyMaterial {
  KeyHandle key;
  CertificateHandle certificate;
  std::vector<CertificateHandle> chain;  ///< Without `certificate`.
};

/// Certificates that are believed, and lists of those that no longer are.
struct TrustMaterial {
  std::vector<CertificateHandle> certificates;
  std::vector<CrlHandle> revocations;
};

}  // namespace quorate::net
