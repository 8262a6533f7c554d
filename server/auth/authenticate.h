// What opcode 100 and a TLS certificate prove: the schemes digest, ip, x509, super, ensemble.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/identity.h"
#include "server/wire/acl.h"
#include "server/wire/jute.h"

namespace quorate::auth {

enum class DigestAlgorithm { kSha1, kSha256, kSha384, kSha512, kSha3_256, kSha3_384, kSha3_512 };

/// The algorithm of a Java name such as "SHA1", "SHA-256", "SHA3-256", in any case.
[[nodiscard]] std::optional<DigestAlgorithm> digest_algorithm_of(std::string_view name);

/// Settings of the providers, from the configuration.
struct AuthOptions {
  bool digest_enabled = true;
  DigestAlgorithm digest_algorithm = DigestAlgorithm::kSha1;
  std::string super_digest;     ///< "super:<base64>"; empty: no super user by digest.
  std::string x509_super_user;  ///< Subject DN (or SAN id) that becomes super; may be empty.
  std::vector<std::string> ensemble_names;
  bool ensemble_enabled = false;  ///< The provider is registered though it has no names.
};

enum class AuthOutcome {
  kAccepted,       ///< Reply err 0; `added` joins the connection's ids.
  kRefused,        ///< Reply kAuthFailed, then close.
  kCloseSilently,  ///< Wrong ensemble name: close without a reply.
};
struct AuthResult {
  AuthOutcome outcome = AuthOutcome::kRefused;
  std::vector<wire::Id> added;
};

/// Handles opcode 100. Comparison with the super digest takes constant time.
/// Scheme ip is accepted and adds nothing, since the address is known; x509 likewise, but only for
/// a connection in `who` that has shown a certificate (nullptr: none has). As in ZooKeeper a digest
/// payload without a colon is a user without a password.
[[nodiscard]] AuthResult authenticate(std::string_view scheme, wire::NullableBytes payload,
                                      const AuthOptions& options, const Identities* who = nullptr);

/// "user:" + base64(digest("user:password")), what a digest ACL holds. `credentials` is
/// "user:password"; nothing if it has no colon.
[[nodiscard]] std::optional<std::string> digest_id(std::string_view credentials,
                                                   DigestAlgorithm algorithm);

/// Ids for a verified client certificate: x509:<id>, and super if it is the configured super user.
[[nodiscard]] std::vector<wire::Id> x509_ids(std::string_view certificate_id,
                                             const AuthOptions& options);

}  // namespace quorate::auth
