// Making of certificates with OpenSSL.
#include "operator/local/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "operator/local/pod_files.h"

namespace quorate::local {

namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr long kLife_s = 10L * 365 * 24 * 3600;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Certificate make_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* raw = certificate.get();
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  X509_set_version(raw, 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), kLife_s);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  const bool is_authority = issuer == nullptr;
  X509* signer = is_authority ? raw : issuer;
  X509_set_issuer_name(raw, X509_get_subject_name(signer));
  bool ok = add_extension(raw, signer, NID_basic_constraints,
                          is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
            add_extension(raw, signer, NID_subject_key_identifier, "hash");
  if (is_authority) {
    ok = ok && add_extension(raw, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    ok = ok && add_extension(raw, signer, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost") &&
         add_extension(raw, signer, NID_ext_key_usage, "serverAuth");
  }
  ok = ok && X509_sign(raw, issuer_key, EVP_sha256()) > 0;
  return ok ? std::move(certificate) : nullptr;
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

Result<Certificates> make_certificates() {
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  const Certificate authority =
      authority_key ? make_certificate("quorate-local authority", authority_key.get(), nullptr,
                                       authority_key.get())
                    : nullptr;
  const Certificate certificate =
      authority && key
          ? make_certificate("quorate-local", key.get(), authority.get(), authority_key.get())
          : nullptr;
  unsigned char random[24];
  if (!certificate || RAND_bytes(random, sizeof(random)) != 1) {
    return Error{ErrorKind::kIo, "OpenSSL cannot make certificates"};
  }
  std::string token;
  for (const unsigned char byte : random) {
    constexpr const char* kDigits = "0123456789abcdef";
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  return Certificates{.authority = pem_of(authority.get()),
                      .certificate = pem_of(certificate.get()),
                      .key = pem_of(key.get()),
                      .token = token};
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Result<Certificates> load_certificates(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  ::chmod(folder.c_str(), 0700);
  Certificates found{.authority = read(folder + "/ca.crt"),
                     .certificate = read(folder + "/server.crt"),
                     .key = read(folder + "/server.key"),
                     .token = read(folder + "/token")};
  if (!found.authority.empty() && !found.certificate.empty() && !found.key.empty() &&
      !found.token.empty()) {
    return found;
  }
  auto made = make_certificates();
  if (!made) {
    return made.error();
  }
  for (const auto& [name, content] :
       {std::pair{"/ca.crt", &made->authority}, std::pair{"/server.crt", &made->certificate},
        std::pair{"/server.key", &made->key}, std::pair{"/token", &made->token}}) {
    if (const Status written = write_file(folder + name, *content, 0600); !written) {
      return written.error();
    }
  }
  return made;
}

}  // namespace quorate::local
