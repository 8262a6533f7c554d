// JKS and JCEKS: parsing with bounds, the integrity digest, and both key protections.
#include "server/net/java_key_store.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <optional>

#include "server/base/bytes.h"
#include "server/net/tls_handles.h"

namespace quorate::net {
namespace {

constexpr size_t kSha1Bytes = 20;
constexpr std::string_view kWhitener = "Mighty Aphrodite";
constexpr std::string_view kSunProtector = "1.3.6.1.4.1.42.2.17.1.1";
constexpr std::string_view kJceksProtector = "1.3.6.1.4.1.42.2.19.1";
constexpr int64_t kIterationsMax = 5'000'000;  // As Java allows.

using ProtectedHandle = std::unique_ptr<X509_SIG, OpenSslFree<X509_SIG_free>>;
using CipherHandle = std::unique_ptr<EVP_CIPHER_CTX, OpenSslFree<EVP_CIPHER_CTX_free>>;

std::string digest(const EVP_MD* kind, std::initializer_list<std::string_view> parts) {
  unsigned char result[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, kind, nullptr);
  for (const std::string_view part : parts) {
    EVP_DigestUpdate(context, part.data(), part.size());
  }
  EVP_DigestFinal_ex(context, result, &size);
  EVP_MD_CTX_free(context);
  return {reinterpret_cast<const char*>(result), size};
}

// Java hashes the UTF-16 units of the password, big-endian. Characters beyond ASCII are taken from
// UTF-8; malformed bytes stand for themselves.
std::string utf16(const std::string& password) {
  std::string units;
  for (size_t i = 0; i < password.size();) {
    const auto lead = static_cast<unsigned char>(password[i]);
    const size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    size_t k = 1;
    while (k < length && i + k < password.size()) {
      code = (code << 6) | (static_cast<unsigned char>(password[i + k]) & 0x3FU);
      ++k;
    }
    i += k;
    if (code >= 0x10000) {
      append_big_endian(units, static_cast<uint16_t>(0xD800 + ((code - 0x10000) >> 10)));
      append_big_endian(units, static_cast<uint16_t>(0xDC00 + ((code - 0x10000) & 0x3FF)));
    } else {
      append_big_endian(units, static_cast<uint16_t>(code));
    }
  }
  return units;
}

// Reads the store's primitives; the first impossible length makes it fail for good.
class StoreReader {
 public:
  explicit StoreReader(std::string_view from) : from_(from) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t remaining() const { return from_.size(); }
  uint32_t get_int() { return load<uint32_t>(); }
  uint64_t get_long() { return load<uint64_t>(); }
  std::string get_utf() { return std::string(take(load<uint16_t>())); }
  std::string get_bytes() { return std::string(take(get_int())); }
  void fail() { ok_ = false; }

 private:
  template <typename T>
  T load() {
    const std::string_view raw = take(sizeof(T));
    return raw.size() == sizeof(T) ? load_big_endian<T>(raw.data()) : T{0};
  }
  std::string_view take(size_t size) {
    if (!ok_ || size > from_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = from_.substr(0, size);
    from_.remove_prefix(size);
    return taken;
  }

  std::string_view from_;
  bool ok_ = true;
};

std::string get_certificate(StoreReader& reader, uint32_t version) {
  if (version == 2) {
    reader.get_utf();  // "X.509".
  }
  return reader.get_bytes();
}

JavaKeyEntry get_key(StoreReader& reader, uint32_t version, std::string alias) {
  JavaKeyEntry entry{.alias = std::move(alias), .protected_key = reader.get_bytes(), .chain = {}};
  const uint32_t count = reader.get_int();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    entry.chain.push_back(get_certificate(reader, version));
  }
  return entry;
}

Error malformed() { return {ErrorKind::kCorrupt, "the JKS store is truncated or malformed"}; }

// Sun's protector: salt (20), key XOR stream, SHA-1 of password and key (20). The stream is the
// chain of SHA-1(password, previous block), from the salt on.
Result<std::string> unprotect_sun(std::string_view body, const std::string& password) {
  if (body.size() < 2 * kSha1Bytes) {
    return malformed();
  }
  const std::string secret = utf16(password);
  const std::string_view check = body.substr(body.size() - kSha1Bytes);
  const std::string_view encrypted = body.substr(kSha1Bytes, body.size() - 2 * kSha1Bytes);
  std::string block(body.substr(0, kSha1Bytes));
  std::string key;
  for (size_t at = 0; at < encrypted.size(); ++at) {
    if (at % kSha1Bytes == 0) {
      block = digest(EVP_sha1(), {secret, block});
    }
    key += static_cast<char>(encrypted[at] ^ block[at % kSha1Bytes]);
  }
  const std::string expected = digest(EVP_sha1(), {secret, key});
  if (CRYPTO_memcmp(expected.data(), check.data(), kSha1Bytes) != 0) {
    return Error{ErrorKind::kDenied, "wrong password for the private key"};
  }
  return key;
}

struct PbeParameters {
  std::string salt;
  int64_t iterations = 0;
};

// SEQUENCE { OCTET STRING salt, INTEGER iterations }
std::optional<PbeParameters> pbe_parameters(const X509_ALGOR* algorithm) {
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) {
    return std::nullopt;
  }
  const auto* sequence = static_cast<const ASN1_STRING*>(value);
  const unsigned char* at = ASN1_STRING_get0_data(sequence);
  PBEPARAM* decoded = d2i_PBEPARAM(nullptr, &at, ASN1_STRING_length(sequence));
  if (decoded == nullptr) {
    return std::nullopt;
  }
  PbeParameters parameters;
  parameters.salt.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(decoded->salt)),
                         static_cast<size_t>(ASN1_STRING_length(decoded->salt)));
  parameters.iterations = ASN1_INTEGER_get(decoded->iter);
  PBEPARAM_free(decoded);
  if (parameters.salt.size() != 8 || parameters.iterations < 1 ||
      parameters.iterations > kIterationsMax) {
    return std::nullopt;
  }
  return parameters;
}

// 24 bytes of key and 8 of vector: MD5, iterated, of each half of the salt with the password.
std::string jceks_key(PbeParameters parameters, const std::string& password) {
  std::string secret = password;
  for (char& c : secret) {
    c = static_cast<char>(c & 0x7F);
  }
  std::string& salt = parameters.salt;
  if (std::string_view(salt).substr(0, 4) == std::string_view(salt).substr(4)) {
    // Equal halves would give equal keys, so Java permutes the first one, in its own way.
    std::swap(salt[0], salt[2]);
    std::swap(salt[1], salt[2]);
  }
  std::string result;
  for (const size_t half : {size_t{0}, size_t{4}}) {
    std::string block = salt.substr(half, 4);
    for (int64_t i = 0; i < parameters.iterations; ++i) {
      block = digest(EVP_md5(), {block, secret});
    }
    result += block;
  }
  return result;
}

Result<std::string> unprotect_jceks(const X509_ALGOR* algorithm, std::string_view body,
                                    const std::string& password) {
  const std::optional<PbeParameters> parameters = pbe_parameters(algorithm);
  if (!parameters) {
    return malformed();
  }
  const std::string key = jceks_key(*parameters, password);
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  const CipherHandle cipher(EVP_CIPHER_CTX_new());
  std::string plain(body.size() + 8, '\0');
  auto* to = reinterpret_cast<unsigned char*>(plain.data());
  int size = 0;
  int last = 0;
  const bool decrypted =
      EVP_DecryptInit_ex(cipher.get(), EVP_des_ede3_cbc(), nullptr, bytes, bytes + 24) == 1 &&
      EVP_DecryptUpdate(cipher.get(), to, &size,
                        reinterpret_cast<const unsigned char*>(body.data()),
                        static_cast<int>(body.size())) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), to + size, &last) == 1;
  if (!decrypted) {
    return Error{ErrorKind::kDenied, "wrong password for the private key"};
  }
  plain.resize(static_cast<size_t>(size + last));
  return plain;
}

}  // namespace

Result<JavaKeyStore> parse_java_key_store(std::string_view bytes, const std::string& password) {
  if (bytes.size() < 12 + kSha1Bytes) {
    return malformed();
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kSha1Bytes);
  const std::string expected = digest(EVP_sha1(), {utf16(password), kWhitener, body});
  const bool intact = CRYPTO_memcmp(expected.data(), bytes.data() + body.size(), kSha1Bytes) == 0;
  StoreReader reader(body);
  const uint32_t magic = reader.get_int();
  const uint32_t version = reader.get_int();
  const uint32_t count = reader.get_int();
  if ((magic != kJksMagic && magic != kJceksMagic) || version < 1 || version > 2) {
    return Error{ErrorKind::kInvalidInput, "not a JKS store of version 1 or 2"};
  }
  if (!intact) {
    return Error{ErrorKind::kDenied, "wrong password, or the store is damaged"};
  }
  JavaKeyStore store;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t tag = reader.get_int();
    std::string alias = reader.get_utf();
    reader.get_long();  // Date of the entry.
    if (tag == 1) {
      store.keys.push_back(get_key(reader, version, std::move(alias)));
    } else if (tag == 2) {
      store.trusted.push_back(get_certificate(reader, version));
    } else if (tag == 3 && reader.ok()) {
      return Error{ErrorKind::kInvalidInput,
                   "the secret key \"" + alias + "\" cannot be read: remove it from the store"};
    } else {
      reader.fail();
    }
  }
  if (!reader.ok() || reader.remaining() != 0) {
    return malformed();
  }
  return store;
}

Result<std::string> unprotect_java_key(std::string_view protected_key,
                                       const std::string& password) {
  const auto* at = reinterpret_cast<const unsigned char*>(protected_key.data());
  const ProtectedHandle sealed(d2i_X509_SIG(nullptr, &at, static_cast<long>(protected_key.size())));
  if (sealed == nullptr) {
    return malformed();
  }
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* data = nullptr;
  X509_SIG_get0(sealed.get(), &algorithm, &data);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  char number[64] = "";
  OBJ_obj2txt(number, sizeof number, object, 1);
  const std::string_view body(reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)),
                              static_cast<size_t>(ASN1_STRING_length(data)));
  if (number == kSunProtector) {
    return unprotect_sun(body, password);
  }
  if (number == kJceksProtector) {
    return unprotect_jceks(algorithm, body, password);
  }
  return Error{ErrorKind::kInvalidInput,
               std::string("the private key is protected by an unknown algorithm, ") + number};
}

}  // namespace quorate::net
