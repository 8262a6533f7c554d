// PEM: certificates, private keys (PKCS8 or older forms, encrypted or not), revocation lists.
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

#include "server/net/key_store.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

BioHandle memory_bio(std::string_view bytes) {
  return BioHandle(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Gives OpenSSL the password; notes that it asked, which tells an encrypted key from a broken one.
struct PasswordAsked {
  const std::string& password;
  bool asked = false;
};

int give_password(char* to, int size, int, void* state) {
  auto& request = *static_cast<PasswordAsked*>(state);
  request.asked = true;
  if (request.password.empty() || request.password.size() > static_cast<size_t>(size)) {
    return -1;
  }
  std::memcpy(to, request.password.data(), request.password.size());
  return static_cast<int>(request.password.size());
}

bool is_end_of_pem() {
  return ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_PEM &&
         ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

Result<std::vector<CertificateHandle>> read_certificates(std::string_view bytes) {
  std::vector<CertificateHandle> certificates;
  const BioHandle bio = memory_bio(bytes);
  ERR_clear_error();
  for (;;) {
    CertificateHandle certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) {
      break;
    }
    certificates.push_back(std::move(certificate));
  }
  if (!is_end_of_pem()) {
    return Error{ErrorKind::kCorrupt, "certificate " + std::to_string(certificates.size() + 1) +
                                          " cannot be read: " + take_tls_errors("bad PEM")};
  }
  ERR_clear_error();
  return certificates;
}

Result<KeyHandle> read_key(std::string_view bytes, const std::string& password) {
  if (bytes.find("PRIVATE KEY-----") == std::string_view::npos) {
    return Error{ErrorKind::kInvalidInput, "no private key inside"};
  }
  const BioHandle bio = memory_bio(bytes);
  PasswordAsked request{password};
  ERR_clear_error();
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &request));
  if (key != nullptr) {
    return key;
  }
  const std::string detail = take_tls_errors("bad PEM");
  if (request.asked) {
    return Error{ErrorKind::kDenied, password.empty()
                                         ? "the private key is encrypted and no password is set"
                                         : "wrong password for the private key"};
  }
  return Error{ErrorKind::kCorrupt, "the private key cannot be read: " + detail};
}

}  // namespace

Result<KeyMaterial> read_pem_keys(std::string_view certificates, std::string_view key,
                                  const std::string& password) {
  Result<std::vector<CertificateHandle>> chain = read_certificates(certificates);
  if (!chain) {
    return chain.error();
  }
  if (chain->empty()) {
    return Error{ErrorKind::kInvalidInput, "no certificate inside"};
  }
  Result<KeyHandle> private_key = read_key(key, password);
  if (!private_key) {
    return private_key.error();
  }
  KeyMaterial material;
  material.key = std::move(*private_key);
  // The key's own certificate comes first by custom, not by rule.
  const auto own = std::find_if(chain->begin(), chain->end(), [&](const CertificateHandle& one) {
    return X509_check_private_key(one.get(), material.key.get()) == 1;
  });
  ERR_clear_error();
  if (own != chain->end()) {
    std::rotate(chain->begin(), own, own + 1);
  }
  material.certificate = std::move(chain->front());
  chain->erase(chain->begin());
  material.chain = std::move(*chain);
  return material;
}

Result<TrustMaterial> read_pem_trust(std::string_view bytes) {
  Result<std::vector<CertificateHandle>> certificates = read_certificates(bytes);
  if (!certificates) {
    return certificates.error();
  }
  TrustMaterial trust;
  trust.certificates = std::move(*certificates);
  const BioHandle bio = memory_bio(bytes);
  for (;;) {
    CrlHandle list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (list == nullptr) {
      break;
    }
    trust.revocations.push_back(std::move(list));
  }
  const bool complete = is_end_of_pem();
  const std::string detail = take_tls_errors("bad PEM");
  if (!complete) {
    return Error{ErrorKind::kCorrupt, "a revocation list cannot be read: " + detail};
  }
  return trust;
}

}  // namespace quorate::net
