// TlsMaterial: authorities and client certificate as OpenSSL takes them, checked before use.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "operator/transport/credentials.h"
#include "server/base/result.h"

namespace quorate::transport {

/// Why the last handshakes failed; OpenSSL's callbacks know, the HTTP library does not say.
class TlsDiagnosis {
 public:
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  /// The last reason, once.
  [[nodiscard]] std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

/// What a new connection needs. Immutable, and so shared by threads.
class TlsMaterial {
 public:
  /// Parses. Errors: kInvalidInput, no PEM, or a key that does not belong to its certificate.
  [[nodiscard]] static Result<std::shared_ptr<const TlsMaterial>> make(
      const std::string& ca_pem, const ClientIdentity& identity);

  /// Sets up a context of a client: TLS 1.2 or later, only these authorities (the system's if there
  /// are none), the certificate. It cannot fail. Failures of verification go to `diagnosis`.
  void apply(SSL_CTX* context, const std::shared_ptr<TlsDiagnosis>& diagnosis) const;

 private:
  struct Free {
    void operator()(X509* each) const { X509_free(each); }
    void operator()(EVP_PKEY* each) const { EVP_PKEY_free(each); }
  };
  using Certificate = std::unique_ptr<X509, Free>;

  static Result<std::vector<Certificate>> parse_certificates(const std::string& pem,
                                                             const std::string& what);

  std::vector<Certificate> authorities_;
  std::vector<Certificate> chain_;  ///< Own certificate first.
  std::unique_ptr<EVP_PKEY, Free> key_;
};

}  // namespace quorate::transport
