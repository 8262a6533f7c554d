// The providers of opcode 100.
#include "server/auth/authenticate.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/auth/secret.h"
#include "server/auth/utf8.h"
#include "server/base/assert.h"

namespace quorate::auth {

namespace {

struct NamedAlgorithm {
  std::string_view name;
  DigestAlgorithm algorithm;
};
constexpr std::array kAlgorithms = {
    NamedAlgorithm{"SHA1", DigestAlgorithm::kSha1},
    NamedAlgorithm{"SHA-1", DigestAlgorithm::kSha1},
    NamedAlgorithm{"SHA", DigestAlgorithm::kSha1},
    NamedAlgorithm{"SHA-256", DigestAlgorithm::kSha256},
    NamedAlgorithm{"SHA-384", DigestAlgorithm::kSha384},
    NamedAlgorithm{"SHA-512", DigestAlgorithm::kSha512},
    NamedAlgorithm{"SHA3-256", DigestAlgorithm::kSha3_256},
    NamedAlgorithm{"SHA3-384", DigestAlgorithm::kSha3_384},
    NamedAlgorithm{"SHA3-512", DigestAlgorithm::kSha3_512},
};

const EVP_MD* method_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::kSha1:
      return EVP_sha1();
    case DigestAlgorithm::kSha256:
      return EVP_sha256();
    case DigestAlgorithm::kSha384:
      return EVP_sha384();
    case DigestAlgorithm::kSha512:
      return EVP_sha512();
    case DigestAlgorithm::kSha3_256:
      return EVP_sha3_256();
    case DigestAlgorithm::kSha3_384:
      return EVP_sha3_384();
    case DigestAlgorithm::kSha3_512:
      return EVP_sha3_512();
  }
  return nullptr;
}

std::string base64(std::string_view bytes) {
  // Four characters for three bytes, and OpenSSL's terminating zero.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

// What Java's generateDigest makes of text with or without a colon.
std::string digest_id_of_text(std::string_view credentials, DigestAlgorithm algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  const int done = EVP_Digest(credentials.data(), credentials.size(), digest.data(), &size,
                              method_of(algorithm), nullptr);
  // Fails only without memory or without the algorithm, which the build's OpenSSL has.
  QR_ASSERT(done == 1);
  std::string id(credentials.substr(0, credentials.find(':')));
  id.push_back(':');
  id += base64({reinterpret_cast<const char*>(digest.data()), size});
  return id;
}

AuthResult authenticate_digest(wire::NullableBytes payload, const AuthOptions& options) {
  if (!options.digest_enabled || !payload) {
    return {};
  }
  std::string id = digest_id_of_text(utf8_repaired(*payload), options.digest_algorithm);
  AuthResult result{.outcome = AuthOutcome::kAccepted};
  if (!options.super_digest.empty() && equal_in_constant_time(id, options.super_digest)) {
    result.added.push_back({"super", ""});
  }
  result.added.push_back({"digest", std::move(id)});
  return result;
}

AuthResult authenticate_ensemble(wire::NullableBytes payload, const AuthOptions& options) {
  const auto& names = options.ensemble_names;
  if (names.empty() && !options.ensemble_enabled) {
    return {};
  }
  if (names.empty() || payload.value_or("").empty()) {
    return {.outcome = AuthOutcome::kAccepted};
  }
  const bool known = std::find(names.begin(), names.end(), *payload) != names.end();
  return {.outcome = known ? AuthOutcome::kAccepted : AuthOutcome::kCloseSilently};
}

bool has_scheme(const Identities* who, std::string_view scheme) {
  return who != nullptr && std::any_of(who->ids.begin(), who->ids.end(),
                                       [&](const wire::Id& id) { return id.scheme == scheme; });
}

}  // namespace

std::optional<DigestAlgorithm> digest_algorithm_of(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  for (const NamedAlgorithm& known : kAlgorithms) {
    if (known.name == upper) {
      return known.algorithm;
    }
  }
  return std::nullopt;
}

AuthResult authenticate(std::string_view scheme, wire::NullableBytes payload,
                        const AuthOptions& options, const Identities* who) {
  if (scheme == "digest") {
    return authenticate_digest(payload, options);
  }
  if (scheme == "ensemble") {
    return authenticate_ensemble(payload, options);
  }
  if (scheme == "ip" || (scheme == "x509" && has_scheme(who, scheme))) {
    return {.outcome = AuthOutcome::kAccepted};
  }
  return {};
}

std::optional<std::string> digest_id(std::string_view credentials, DigestAlgorithm algorithm) {
  if (credentials.find(':') == std::string_view::npos) {
    return std::nullopt;
  }
  return digest_id_of_text(credentials, algorithm);
}

std::vector<wire::Id> x509_ids(std::string_view certificate_id, const AuthOptions& options) {
  std::vector<wire::Id> ids;
  if (!options.x509_super_user.empty() && certificate_id == options.x509_super_user) {
    ids.push_back({"super", std::string(certificate_id)});
  }
  ids.push_back({"x509", std::string(certificate_id)});
  return ids;
}

}  // namespace quorate::auth
