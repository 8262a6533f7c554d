// Certificates for tests, made with OpenSSL calls.
#include "tests/server/net/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "server/base/assert.h"

namespace quorate::net::test {
namespace {

constexpr long kDaySeconds = 86400;

template <typename Write>
std::string to_pem(Write write) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  QR_ASSERT(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  QR_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_common_name(X509* certificate, const std::string& name) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "O", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("Quorate"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
}

// Without issuer: self-signed.
Issued make(const IssueOptions& options, long serial, bool authority, const Issued* issuer) {
  Issued made{KeyHandle(EVP_EC_gen("P-256")), CertificateHandle(X509_new())};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.valid_from_days * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.valid_to_days * kDaySeconds);
  set_common_name(certificate, options.common_name);
  X509_set_pubkey(certificate, made.key.get());
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (authority) {
    add_extension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  std::string names;
  for (const std::string& name : options.alternative_names) {
    names += (names.empty() ? "" : ",") + name;
  }
  if (!names.empty()) {
    add_extension(certificate, signer, NID_subject_alt_name, names);
  }
  EVP_PKEY* signing_key = issuer != nullptr ? issuer->key.get() : made.key.get();
  QR_ASSERT(X509_sign(certificate, signing_key, EVP_sha256()) > 0);
  return made;
}

}  // namespace

WallMillis wall_now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string Issued::certificate_pem() const {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string Issued::key_pem(const std::string& password) const {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(),
                                         password.empty() ? nullptr : EVP_aes_256_cbc(),
                                         password.empty() ? nullptr : password.data(),
                                         static_cast<int>(password.size()), nullptr, nullptr);
  });
}

std::string Issued::pkcs12(const std::string& password) const {
  PKCS12* store =
      PKCS12_create(password.c_str(), "test", key.get(), certificate.get(), nullptr, 0, 0, 0, 0, 0);
  QR_ASSERT(store != nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_PKCS12(store, &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  PKCS12_free(store);
  return bytes;
}

Authority::Authority(const std::string& common_name)
    : own_(make({.common_name = common_name, .valid_to_days = 3650}, 1, true, nullptr)) {}

Issued Authority::issue(const IssueOptions& options) {
  return make(options, next_serial_++, false, &own_);
}

Authority Authority::subordinate(const std::string& common_name) {
  return Authority(
      make({.common_name = common_name, .valid_to_days = 365}, next_serial_++, true, &own_));
}

std::string Authority::revocations_pem(const std::vector<const Issued*>& revoked) {
  const CrlHandle list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(own_.certificate.get()));
  ASN1_TIME* time = ASN1_TIME_new();
  X509_gmtime_adj(time, -kDaySeconds);
  X509_CRL_set1_lastUpdate(list.get(), time);
  for (const Issued* one : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_gmtime_adj(time, 30 * kDaySeconds);
  X509_CRL_set1_nextUpdate(list.get(), time);
  ASN1_TIME_free(time);
  QR_ASSERT(X509_CRL_sign(list.get(), own_.key.get(), EVP_sha256()) > 0);
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "quorate-net-XXXXXX").string();
  QR_ASSERT(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  return file.string();
}

ClientContext::ClientContext(const std::string& trusted_pem, const Issued* own)
    : context_(SSL_CTX_new(TLS_client_method())) {
  if (!trusted_pem.empty()) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    const BioHandle bio(BIO_new_mem_buf(trusted_pem.data(), static_cast<int>(trusted_pem.size())));
    for (;;) {
      const CertificateHandle one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
      if (one == nullptr) {
        break;
      }
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), one.get());
    }
  }
  if (own != nullptr) {
    QR_ASSERT(SSL_CTX_use_certificate(context_, own->certificate.get()) == 1);
    QR_ASSERT(SSL_CTX_use_PrivateKey(context_, own->key.get()) == 1);
  }
}

std::string testdata(const std::string& name) {
  return std::string(QUORATE_SOURCE_DIR) + "/tests/server/net/testdata/" + name;
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace quorate::net::test
