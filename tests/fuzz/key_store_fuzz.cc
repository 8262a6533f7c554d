// Key and trust stores: PEM, PKCS12, JKS. The first byte of the input says which reader gets it;
// JKS stores get the digest that their password demands, or nothing behind it would be reached.
#include "server/net/key_store.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include "server/base/bytes.h"
#include "server/net/java_key_store.h"
#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {
namespace {

const std::string kPassword = "changeit";

void append_utf(std::string& to, std::string_view text) {
  append_big_endian(to, static_cast<uint16_t>(text.size()));
  to.append(text);
}

// Content and, as its last 20 bytes, what proves the password.
std::string with_digest(std::string_view content) {
  std::string hashed;
  for (const char character : kPassword) {
    hashed.push_back('\0');
    hashed.push_back(character);
  }
  hashed += "Mighty Aphrodite";
  hashed += content;
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size(), digest);
  return std::string(content).append(reinterpret_cast<const char*>(digest), sizeof digest);
}

void check_jks(std::string_view content) {
  const std::string store = with_digest(content);
  {
    const AllocationLimit limit(65536 + 64 * store.size());
    const auto parsed = net::parse_java_key_store(store, kPassword);
    if (parsed.ok()) {
      for (const net::JavaKeyEntry& entry : parsed->keys) {
        (void)net::unprotect_java_key(entry.protected_key, kPassword);
      }
    }
  }
  (void)net::read_jks_keys(store, kPassword);
  (void)net::read_jks_trust(store, kPassword);
  FUZZ_CHECK(!net::parse_java_key_store(store, "another").ok());
}

void check_pem(std::string_view bytes) {
  (void)net::read_pem_trust(bytes);
  (void)net::read_pem_keys(bytes, bytes, kPassword);
}

void check_pkcs12(std::string_view bytes) {
  (void)net::read_pkcs12_keys(bytes, kPassword);
  (void)net::read_pkcs12_trust(bytes, kPassword);
}

// A certificate in DER and its key, of no use to anybody.
constexpr std::string_view kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLX6qFXdUlZdDCbn0\n"
    "-----END PRIVATE KEY-----\n"
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUFq2YlM\n"
    "-----END CERTIFICATE-----\n"
    "-----BEGIN X509 CRL-----\n"
    "MIIBdTCCARug\n"
    "-----END X509 CRL-----\n";

std::string sample_jks(uint32_t magic, uint32_t version) {
  std::string store;
  append_big_endian(store, magic);
  append_big_endian(store, version);
  append_big_endian(store, uint32_t{2});
  append_big_endian(store, uint32_t{1});
  append_utf(store, "key");
  append_big_endian(store, uint64_t{0});
  append_big_endian(store, uint32_t{8});
  store += std::string("0\6\6\1\1\1\1\1", 8);
  append_big_endian(store, uint32_t{1});
  for (int count = 0; count < 2; ++count) {
    if (version == 2) {
      append_utf(store, "X.509");
    }
    append_big_endian(store, uint32_t{4});
    store += std::string("0\2\5\0", 4);
    if (count == 0) {
      append_big_endian(store, uint32_t{2});
      append_utf(store, "trusted");
      append_big_endian(store, uint64_t{0});
    }
  }
  return store;
}

}  // namespace

std::vector<std::string> seeds() {
  return {"0" + sample_jks(0xFEEDFEED, 2), "0" + sample_jks(0xFEEDFEED, 1),
          "0" + sample_jks(0xCECECECE, 2), "1" + std::string(kPem),
          "2" + std::string("0\x82\1\0\2\1\3"
                            "0\x80\6\11*\x86H\x86\xf7\15\1\7\1",
                            20)};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes = fuzz::as_view(data + 1, size - 1);
  (void)net::detect_store_type(bytes);
  switch (data[0] % 3) {
    case '0' % 3:
      fuzz::check_jks(bytes);
      break;
    case '1' % 3:
      fuzz::check_pem(bytes);
      break;
    default:
      fuzz::check_pkcs12(bytes);
  }
  ERR_clear_error();
  return 0;
}
