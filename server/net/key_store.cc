// Loading of stores: picks the format, names the file in errors, checks key and validity.
#include "server/net/key_store.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>

#include "server/base/bytes.h"
#include "server/net/certificate.h"
#include "server/net/java_key_store.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

Error in_file(const std::string& path, const Error& error) {
  return {error.kind, path + ": " + error.message};
}

Error unknown_format(const std::string& path) {
  return {ErrorKind::kInvalidInput, path + ": neither PEM, PKCS12 nor JKS"};
}

// PEM: the certificates may stand in the key's file or in one of their own.
Result<KeyMaterial> load_pem_keys(const StoreOptions& store, const TlsFiles& files,
                                  const std::string& certificates, const std::string& password) {
  if (store.key_path.empty()) {
    return read_pem_keys(certificates, certificates, password);
  }
  const Result<std::string> key = files.content(store.key_path);
  if (!key) {
    return key.error();
  }
  return read_pem_keys(certificates, *key, password);
}

Result<KeyMaterial> read_keys(const StoreOptions& store, const TlsFiles& files) {
  const Result<std::string> bytes = files.content(store.path);
  if (!bytes) {
    return bytes.error();  // Names the file.
  }
  const Result<std::string> password = files.password(store);
  if (!password) {
    return password.error();
  }
  switch (store.type == StoreType::kAuto ? detect_store_type(*bytes) : store.type) {
    case StoreType::kPem: {
      Result<KeyMaterial> keys = load_pem_keys(store, files, *bytes, *password);
      return keys ? std::move(keys) : in_file(store.path, keys.error());
    }
    case StoreType::kPkcs12: {
      Result<KeyMaterial> keys = read_pkcs12_keys(*bytes, *password);
      return keys ? std::move(keys) : in_file(store.path, keys.error());
    }
    case StoreType::kJks: {
      Result<KeyMaterial> keys = read_jks_keys(*bytes, *password);
      return keys ? std::move(keys) : in_file(store.path, keys.error());
    }
    case StoreType::kAuto:
      break;
  }
  return unknown_format(store.path);
}

Result<TrustMaterial> read_trust(const StoreOptions& store, const TlsFiles& files) {
  const Result<std::string> bytes = files.content(store.path);
  if (!bytes) {
    return bytes.error();
  }
  const Result<std::string> password = files.password(store);
  if (!password) {
    return password.error();
  }
  switch (store.type == StoreType::kAuto ? detect_store_type(*bytes) : store.type) {
    case StoreType::kPem:
      return read_pem_trust(*bytes);
    case StoreType::kPkcs12:
      return read_pkcs12_trust(*bytes, *password);
    case StoreType::kJks:
      return read_jks_trust(*bytes, *password);
    case StoreType::kAuto:
      break;
  }
  return Error{ErrorKind::kInvalidInput, "neither PEM, PKCS12 nor JKS"};
}

// Leaves in the chain what leads from the certificate to its authority, in that order. Stores also
// hold certificates that have nothing to do with it, or the same one twice.
void keep_issuers(KeyMaterial& keys) {
  std::vector<CertificateHandle> ordered;
  X509* below = keys.certificate.get();
  while (X509_check_issued(below, below) != X509_V_OK) {
    const auto issuer =
        std::find_if(keys.chain.begin(), keys.chain.end(), [&](const CertificateHandle& one) {
          return one != nullptr && X509_check_issued(one.get(), below) == X509_V_OK;
        });
    if (issuer == keys.chain.end()) {
      break;
    }
    ordered.push_back(std::move(*issuer));  // Taken out, so that a circle ends.
    below = ordered.back().get();
  }
  keys.chain = std::move(ordered);
}

}  // namespace

bool parse_store_type(const std::string& text, StoreType& to) {
  std::string lower;
  std::transform(text.begin(), text.end(), std::back_inserter(lower),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.empty()) {
    to = StoreType::kAuto;
  } else if (lower == "pem") {
    to = StoreType::kPem;
  } else if (lower == "pkcs12" || lower == "p12" || lower == "pfx") {
    to = StoreType::kPkcs12;
  } else if (lower == "jks" || lower == "jceks") {
    to = StoreType::kJks;
  } else {
    return false;
  }
  return true;
}

StoreType detect_store_type(std::string_view bytes) {
  if (bytes.size() >= 4) {
    const auto magic = load_big_endian<uint32_t>(bytes.data());
    if (magic == kJksMagic || magic == kJceksMagic) {
      return StoreType::kJks;
    }
  }
  if (!bytes.empty() && bytes.front() == '\x30') {
    return StoreType::kPkcs12;  // A DER sequence.
  }
  return bytes.find("-----BEGIN ") != std::string_view::npos ? StoreType::kPem : StoreType::kAuto;
}

Result<KeyMaterial> load_key_store(const StoreOptions& store, const TlsFiles& files,
                                   WallMillis now) {
  Result<KeyMaterial> keys = read_keys(store, files);
  if (!keys) {
    return keys;
  }
  if (X509_check_private_key(keys->certificate.get(), keys->key.get()) != 1) {
    (void)take_tls_errors("");
    const std::string& where = store.key_path.empty() ? store.path : store.key_path;
    return Error{ErrorKind::kInvalidInput,
                 where + ": the private key does not match the certificate of " +
                     subject_text(keys->certificate.get()) + " in " + store.path};
  }
  keep_issuers(*keys);
  const WallMillis end = not_after(keys->certificate.get());
  if (end <= now) {
    return Error{ErrorKind::kDenied, store.path + ": the certificate of " +
                                         subject_text(keys->certificate.get()) + " expired on " +
                                         date_text(keys->certificate.get())};
  }
  return keys;
}

Result<TrustMaterial> load_trust_store(const StoreOptions& store, const TlsFiles& files,
                                       WallMillis now) {
  Result<TrustMaterial> trust = read_trust(store, files);
  if (!trust) {
    const std::string& message = trust.error().message;
    return message.starts_with(store.path) ||
                   (!store.password_path.empty() && message.starts_with(store.password_path))
               ? trust.error()
               : in_file(store.path, trust.error());
  }
  if (trust->certificates.empty()) {
    return Error{ErrorKind::kInvalidInput, store.path + ": no trusted certificate inside"};
  }
  const bool all_expired = std::all_of(
      trust->certificates.begin(), trust->certificates.end(),
      [&](const CertificateHandle& certificate) { return not_after(certificate.get()) <= now; });
  if (all_expired) {
    return Error{ErrorKind::kDenied, store.path +
                                         ": every trusted certificate expired, the first on " +
                                         date_text(trust->certificates.front().get())};
  }
  return trust;
}

}  // namespace quorate::net
