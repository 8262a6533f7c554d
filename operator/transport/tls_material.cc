// PEM into OpenSSL's objects, and these into contexts.
#include "operator/transport/tls_material.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace quorate::transport {

namespace {

struct FreeBio {
  void operator()(BIO* each) const { BIO_free(each); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio memory_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// A key that is encrypted is refused; nobody is asked at the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string last_error() {
  std::string text(256, '\0');
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  text.resize(text.find('\0'));
  ERR_clear_error();
  return text;
}

/// Verifies as OpenSSL does by default, the callback of the HTTP library included, and keeps why it
/// failed.
int verify(X509_STORE_CTX* store, void* argument) {
  const int is_good = X509_verify_cert(store);
  if (is_good <= 0) {
    const int code = X509_STORE_CTX_get_error(store);
    // The library's own check of the name leaves no reason.
    static_cast<TlsDiagnosis*>(argument)->set(code == X509_V_OK || code == X509_V_ERR_UNSPECIFIED
                                                  ? "the server's certificate is for another name"
                                                  : std::string("the server's certificate: ") +
                                                        X509_verify_cert_error_string(code));
  }
  return is_good;
}

/// Keeps the diagnosis alive as long as the context.
int diagnosis_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<std::shared_ptr<TlsDiagnosis>*>(pointer);
      });
  return index;
}

}  // namespace

Result<std::vector<TlsMaterial::Certificate>> TlsMaterial::parse_certificates(
    const std::string& pem, const std::string& what) {
  std::vector<Certificate> found;
  const Bio bio = memory_of(pem);
  ERR_clear_error();
  while (Certificate each{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    found.push_back(std::move(each));
  }
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  if (found.empty() || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return Error{ErrorKind::kInvalidInput, what + " holds no certificate in PEM, or a broken one"};
  }
  return found;
}

Result<std::shared_ptr<const TlsMaterial>> TlsMaterial::make(const std::string& ca_pem,
                                                             const ClientIdentity& identity) {
  auto material = std::make_shared<TlsMaterial>();
  if (!ca_pem.empty()) {
    auto parsed = parse_certificates(ca_pem, "the certificate authority");
    if (!parsed) {
      return parsed.error();
    }
    material->authorities_ = std::move(*parsed);
  }
  if (identity.certificate_pem.empty() && identity.key_pem.empty()) {
    return std::shared_ptr<const TlsMaterial>(std::move(material));
  }
  auto chain = parse_certificates(identity.certificate_pem, "the client certificate");
  if (!chain) {
    return chain.error();
  }
  material->chain_ = std::move(*chain);
  const Bio bio = memory_of(identity.key_pem.reveal());
  material->key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (material->key_ == nullptr) {
    return Error{ErrorKind::kInvalidInput,
                 "the client key is no unencrypted key in PEM: " + last_error()};
  }
  if (X509_check_private_key(material->chain_.front().get(), material->key_.get()) != 1) {
    ERR_clear_error();
    return Error{ErrorKind::kInvalidInput, "the client key does not belong to its certificate"};
  }
  return std::shared_ptr<const TlsMaterial>(std::move(material));
}

void TlsMaterial::apply(SSL_CTX* context, const std::shared_ptr<TlsDiagnosis>& diagnosis) const {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (!authorities_.empty()) {
    X509_STORE* store = X509_STORE_new();
    for (const Certificate& each : authorities_) {
      X509_STORE_add_cert(store, each.get());
    }
    // An intermediate authority may be the one that is given.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_cert_store(context, store);
  }
  if (key_ != nullptr) {
    SSL_CTX_use_certificate(context, chain_.front().get());
    SSL_CTX_use_PrivateKey(context, key_.get());
    for (size_t i = 1; i < chain_.size(); ++i) {
      SSL_CTX_add1_chain_cert(context, chain_[i].get());
    }
  }
  SSL_CTX_set_ex_data(context, diagnosis_index(), new std::shared_ptr<TlsDiagnosis>(diagnosis));
  SSL_CTX_set_cert_verify_callback(context, verify, diagnosis.get());
  ERR_clear_error();
}

}  // namespace quorate::transport
