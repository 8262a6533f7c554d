// The id that a TLS client certificate stands for: its subject, or one of its alternative names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace quorate::auth {

/// Settings under zookeeper.X509AuthenticationProvider.; the names follow the property names.
struct CertificateIdOptions {
  bool use_san = false;                  ///< clientCertIdType=SAN
  std::optional<int> san_match_type;     ///< Kind of name as in RFC 5280; 1, 2, 4, 6, 7 or 8.
  std::string san_match_regex = ".*";    ///< Exactly one name of that kind must contain a match.
  std::string san_extract_regex = ".*";  ///< Its first match in that name is the id ...
  int san_extract_group = 0;             ///< ... or this group of the match.
};

/// Longest alternative name that is matched; a longer one counts as no match. The standard
/// library's matcher uses stack in proportion to the text.
inline constexpr size_t kSanBytesMax = 1024;

/// The id of a certificate, and why it is not the one that was asked for.
struct CertificateId {
  std::string id;
  std::string warning;  ///< Not empty: no alternative name fitted and the subject stands in.
};

/// A checked set of options. Immutable; may be used by several threads.
class CertificateIdRule {
 public:
  /// Fails on an impossible type, a wrong expression or a group that the expression has not.
  [[nodiscard]] static Result<CertificateIdRule> make(const CertificateIdOptions& options);

  /// The id of the certificate `der`. As in ZooKeeper the subject is used, with a warning, when no
  /// or more than one alternative name fits. Fails only on bytes that are no certificate.
  [[nodiscard]] Result<CertificateId> id_of(std::string_view der) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;  ///< Null: the subject is the id.
};

/// Subject of the certificate `der` as Java's X500Principal.getName() prints it (RFC 2253): last
/// attribute first, keywords CN, C, L, ST, O, OU, STREET, DC and UID, anything else as an OID with
/// its value in hex.
[[nodiscard]] Result<std::string> subject_of(std::string_view der);

}  // namespace quorate::auth
