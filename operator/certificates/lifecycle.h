// When certificates and their authority are renewed, and who is trusted meanwhile: without a clock,
// a key or a Secret, so that years pass in a test.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/base/time.h"

namespace quorate::certificates {

/// An authority's certificate. `id` is its key's.
struct Authority {
  std::string id;
  WallMillis made;
  WallMillis expires;
  bool has_key = true;  ///< Without it, it is trusted but signs nothing.
};

/// A member's certificate.
struct Leaf {
  std::string authority;  ///< Id of who signed it.
  WallMillis made;
  WallMillis expires;
  std::vector<std::string> hosts;  ///< Sorted.
};

/// Members and the names that they are reached by, sorted.
using Hosts = std::map<std::string, std::vector<std::string>>;

struct Held {
  std::vector<Authority> authorities;  ///< Oldest first; two while one takes the other's place.
  std::map<std::string, Leaf> leaves;  ///< By member.
};

struct Terms {
  int64_t leaf_life_ms = int64_t{90} * 24 * 3600 * 1000;
  int64_t authority_life_ms = int64_t{5} * 365 * 24 * 3600 * 1000;
  /// Within this time every member has what its Secret says: the kubelet's interval and the
  /// member's own, with room.
  int64_t spread_ms = int64_t{10} * 60 * 1000;
};

struct Decision {
  bool makes_authority = false;
  /// Who signs; empty: the authority that is to be made.
  std::string signer;
  std::vector<std::string> issued;   ///< Members that get a certificate.
  std::vector<std::string> removed;  ///< Names of certificates whose member is gone.
  std::vector<std::string> dropped;  ///< Authorities that are trusted no longer.
  [[nodiscard]] bool is_empty() const {
    return !makes_authority && issued.empty() && removed.empty() && dropped.empty();
  }
};

/// What is to be done now. Certificates are renewed at two thirds of their life, or when the names
/// of their member change. An authority at two thirds of its life gets a successor, in steps that
/// each wait until the one before has spread:
///
///   1. both are trusted, the old one signs;
///   2. both are trusted, the new one signs, and signs every certificate anew;
///   3. the new one alone is trusted.
///
/// invariant: a certificate of a member is signed by an authority that every member has trusted for
/// `spread_ms`, unless there was none before.
[[nodiscard]] Decision decide(const Held& held, const Hosts& members, const Terms& terms,
                              WallMillis now);

/// How things are, for the condition CertificatesValid.
struct Health {
  bool is_valid = false;
  std::string reason;
  std::string message;
};
[[nodiscard]] Health health_of(const Held& held, const Hosts& members, const Terms& terms,
                               WallMillis now);

}  // namespace quorate::certificates
