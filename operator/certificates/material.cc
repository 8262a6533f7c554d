// Keys, certificates and signatures, by OpenSSL.
#include "operator/certificates/material.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace quorate::certificates {

namespace {

constexpr int64_t kBackdateS = 300;
/// Of a common name; alternative names have no such bound.
constexpr size_t kCommonNameBytesMax = 64;

struct Free {
  void operator()(EVP_PKEY* each) const { EVP_PKEY_free(each); }
  void operator()(X509* each) const { X509_free(each); }
  void operator()(BIO* each) const { BIO_free(each); }
  void operator()(GENERAL_NAMES* each) const { GENERAL_NAMES_free(each); }
  void operator()(X509_EXTENSION* each) const { X509_EXTENSION_free(each); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

Error failed(const char* what) { return {ErrorKind::kIo, std::string("OpenSSL cannot ") + what}; }

Bio bio_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

Certificate certificate_of(std::string_view pem) {
  const Bio bio = bio_of(pem);
  return Certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

Key key_of(const Secret& pem) {
  const Bio bio = bio_of(pem.reveal());
  return Key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

std::string hex(const ASN1_OCTET_STRING* bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int i = 0; bytes != nullptr && i < ASN1_STRING_length(bytes); ++i) {
    const unsigned char byte = ASN1_STRING_get0_data(bytes)[i];
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::nullopt;
  }
  return static_cast<int64_t>(timegm(&parts));
}

std::vector<std::string> hosts_of(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
  }
  std::ranges::sort(hosts);
  return hosts;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Number, dates, name and key; no extensions, no signature.
Certificate blank(const std::string& name, EVP_PKEY* key, int64_t from_s, int64_t to_s) {
  Certificate certificate(X509_new());
  X509* const raw = certificate.get();
  unsigned char serial[16];
  if (raw == nullptr || RAND_bytes(serial, sizeof(serial)) != 1) {
    return nullptr;
  }
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3f) | 0x40);  // Positive, and never short.
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(serial, sizeof(serial), nullptr), &BN_free);
  const bool is_set =
      number && X509_set_version(raw, 2) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(raw)) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(raw), from_s) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(raw), to_s) != nullptr && X509_set_pubkey(raw, key) == 1 &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<int>(name.size()), -1, 0) == 1;
  return is_set ? std::move(certificate) : nullptr;
}

Result<KeyPair> pems_of(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  const bool is_written =
      certificate_bio && key_bio && PEM_write_bio_X509(certificate_bio.get(), certificate) == 1 &&
      PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!is_written) {
    return failed("write a certificate");
  }
  return KeyPair{.certificate_pem = text_of(certificate_bio.get()),
                 .key_pem = Secret(text_of(key_bio.get()))};
}

std::string short_name(const std::string& name) {
  return name.size() <= kCommonNameBytesMax ? name : name.substr(0, kCommonNameBytesMax);
}

}  // namespace

std::optional<CertificateFacts> read_certificate(std::string_view pem) {
  const Certificate certificate = certificate_of(pem);
  if (!certificate) {
    return std::nullopt;
  }
  const auto from = seconds_of(X509_get0_notBefore(certificate.get()));
  const auto to = seconds_of(X509_get0_notAfter(certificate.get()));
  if (!from || !to) {
    return std::nullopt;
  }
  CertificateFacts facts{.id = hex(X509_get0_subject_key_id(certificate.get())),
                         .authority = hex(X509_get0_authority_key_id(certificate.get())),
                         .made = {(*from + kBackdateS) * 1000},
                         .expires = {*to * 1000},
                         .hosts = hosts_of(certificate.get())};
  return facts.id.empty() ? std::nullopt : std::optional(std::move(facts));
}

bool is_pair(const KeyPair& pair) {
  const Certificate certificate = certificate_of(pair.certificate_pem);
  const Key key = key_of(pair.key_pem);
  return certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
}

Result<KeyPair> make_authority(const std::string& name, WallMillis now, int64_t life_ms) {
  const Key key(EVP_EC_gen("P-256"));
  const int64_t now_s = now.value / 1000;
  const Certificate certificate =
      key ? blank(short_name(name), key.get(), now_s - kBackdateS, now_s + life_ms / 1000)
          : nullptr;
  X509* const raw = certificate.get();
  const bool is_signed =
      raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
      add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(raw, raw, NID_subject_key_identifier, "hash") &&
      X509_sign(raw, key.get(), EVP_sha256()) > 0;
  return is_signed ? pems_of(raw, key.get()) : failed("make an authority");
}

Result<KeyPair> issue(const KeyPair& authority, const std::vector<std::string>& hosts,
                      WallMillis now, int64_t life_ms) {
  const Certificate issuer = certificate_of(authority.certificate_pem);
  const Key issuer_key = key_of(authority.key_pem);
  const Key key(EVP_EC_gen("P-256"));
  const auto issuer_end = issuer ? seconds_of(X509_get0_notAfter(issuer.get())) : std::nullopt;
  if (!issuer_key || !key || !issuer_end || hosts.empty()) {
    return failed("sign: the authority is none");
  }
  std::string names;
  for (const std::string& host : hosts) {
    names += (names.empty() ? "DNS:" : ",DNS:") + host;
  }
  const int64_t now_s = now.value / 1000;
  const Certificate certificate = blank(short_name(hosts.front()), key.get(), now_s - kBackdateS,
                                        std::min(now_s + life_ms / 1000, *issuer_end));
  X509* const raw = certificate.get();
  const bool is_signed =
      raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(issuer.get())) == 1 &&
      add_extension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature") &&
      add_extension(raw, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(raw, issuer.get(), NID_subject_key_identifier, "hash") &&
      add_extension(raw, issuer.get(), NID_authority_key_identifier, "keyid:always") &&
      add_extension(raw, issuer.get(), NID_subject_alt_name, names) &&
      X509_sign(raw, issuer_key.get(), EVP_sha256()) > 0;
  return is_signed ? pems_of(raw, key.get()) : failed("sign a certificate");
}

}  // namespace quorate::certificates
