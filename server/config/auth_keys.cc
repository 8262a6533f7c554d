// Keys of authentication and access control.
#include <algorithm>
#include <array>

#include "server/base/text.h"
#include "server/config/expression.h"
#include "server/config/key_tables.h"
#include "server/config/words.h"

namespace quorate::config {
namespace {

// Java's names; each algorithm has its canonical one first.
constexpr std::array<Word<DigestAlgorithm>, 9> kAlgorithms = {{
    {"SHA1", DigestAlgorithm::kSha1},
    {"SHA-1", DigestAlgorithm::kSha1},
    {"SHA", DigestAlgorithm::kSha1},
    {"SHA-256", DigestAlgorithm::kSha256},
    {"SHA-384", DigestAlgorithm::kSha384},
    {"SHA-512", DigestAlgorithm::kSha512},
    {"SHA3-256", DigestAlgorithm::kSha3_256},
    {"SHA3-384", DigestAlgorithm::kSha3_384},
    {"SHA3-512", DigestAlgorithm::kSha3_512},
}};

Verdict set_algorithm(Config& config, std::string_view value) {
  return set_word<DigestAlgorithm>(kAlgorithms, config.auth.digest_algorithm, value);
}
std::string get_algorithm(const Config& config) {
  return word_of<DigestAlgorithm>(kAlgorithms, config.auth.digest_algorithm);
}

/// `user:hash`; a wrong one would silently leave nobody above the ACLs.
Verdict set_super_digest(Config& config, std::string_view value) {
  const size_t colon = value.find(':');
  const bool has_both = colon != std::string_view::npos && colon > 0 && colon + 1 < value.size();
  if (!value.empty() && !has_both) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message =
                       "must be user:base64(hash of user:password), as `quorate digest` "
                       "prints it"};
  }
  config.auth.super_digest = Secret(std::string(value));
  return {};
}
std::string get_super_digest(const Config& config) {
  return std::string(config.auth.super_digest.empty() ? std::string_view() : Secret::kRedacted);
}

Verdict set_schemes(Config& config, std::string_view value) {
  static constexpr std::array<std::string_view, 4> kSchemes = {"digest", "ip", "x509", "ensemble"};
  std::vector<std::string> schemes = split_list(value);
  for (const std::string& scheme : schemes) {
    if (std::ranges::find(kSchemes, scheme) == kSchemes.end()) {
      return Verdict{.kind = Verdict::Kind::kError,
                     .message = "is " + quoted(value) +
                                ", must be of digest, ip, x509 and ensemble, joined by commas" +
                                (scheme == "sasl" ? " (SASL is not supported)" : "")};
    }
  }
  config.auth.enforced_schemes = std::move(schemes);
  return {};
}
std::string get_schemes(const Config& config) { return join(config.auth.enforced_schemes, ","); }

enum class Provider { kDigest, kIp, kX509, kEnsemble, kSasl, kKey };
constexpr std::array<Word<Provider>, 6> kProviders = {{
    {"org.apache.zookeeper.server.auth.DigestAuthenticationProvider", Provider::kDigest},
    {"org.apache.zookeeper.server.auth.IPAuthenticationProvider", Provider::kIp},
    {"org.apache.zookeeper.server.auth.X509AuthenticationProvider", Provider::kX509},
    {"org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider", Provider::kEnsemble},
    {"org.apache.zookeeper.server.auth.SASLAuthenticationProvider", Provider::kSasl},
    {"org.apache.zookeeper.server.auth.KeyAuthenticationProvider", Provider::kKey},
}};

/// A class that we have no counterpart of is warned of: without its scheme nobody gains access,
/// because an ACL of an unknown scheme matches no one.
Verdict set_provider(Config& config, std::string_view, std::string_view value) {
  const std::optional<Provider> provider = parse_word<Provider>(kProviders, value);
  if (provider == Provider::kX509) {
    config.auth.x509_enabled = true;
    return {};
  }
  if (provider == Provider::kEnsemble) {
    config.auth.ensemble_scheme_enabled = true;
    return {};
  }
  if (provider == Provider::kDigest || provider == Provider::kIp) {
    return {};
  }
  const std::string_view reason = provider == Provider::kSasl  ? "SASL is not supported"
                                  : provider == Provider::kKey ? "it is a sample without security"
                                                               : "classes cannot be loaded here";
  return Verdict{.kind = Verdict::Kind::kWarning,
                 .message = "names " + quoted(value) +
                            ", whose scheme is not offered: " + std::string(reason)};
}

std::vector<FamilyMember> get_providers(const Config& config) {
  std::vector<FamilyMember> members;
  if (config.auth.x509_enabled) {
    members.push_back({"x509", std::string(word_of<Provider>(kProviders, Provider::kX509))});
  }
  if (config.auth.ensemble_scheme_enabled) {
    members.push_back(
        {"ensemble", std::string(word_of<Provider>(kProviders, Provider::kEnsemble))});
  }
  return members;
}

constexpr std::array<Word<bool>, 3> kCertificateIds = {
    {{"SUBJECT_DN", false}, {"SDN", false}, {"SAN", true}}};

Verdict set_certificate_id(Config& config, std::string_view value) {
  return set_word<bool>(kCertificateIds, config.auth.x509_id_is_alternative_name, value);
}
std::string get_certificate_id(const Config& config) {
  return word_of<bool>(kCertificateIds, config.auth.x509_id_is_alternative_name);
}

constexpr std::string_view kNameTypes =
    "1 (email), 2 (DNS), 4 (directory), 6 (URI), 7 (IP address) or 8 (registered id)";

Verdict set_name_type(Config& config, std::string_view value) {
  static constexpr std::array<int64_t, 6> kTypes = {1, 2, 4, 6, 7, 8};
  const std::optional<int64_t> type = parse_integer(value, 0, 8);
  if (!type || std::ranges::find(kTypes, *type) == kTypes.end()) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be " + std::string(kNameTypes)};
  }
  config.auth.x509_name_type = static_cast<int32_t>(*type);
  return {};
}
std::string get_name_type(const Config& config) {
  const int32_t type = config.auth.x509_name_type;
  return type < 0 ? std::string() : std::to_string(type);
}

constexpr std::string_view kExpression = "a regular expression (ECMAScript), up to 512 bytes";

Verdict set_expression(std::string& field, std::string_view value) {
  const Result<size_t> groups = count_groups(value);
  if (!groups) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be " + std::string(kExpression) +
                              ": " + groups.error().message};
  }
  field = value;
  return {};
}
Verdict set_name_match(Config& config, std::string_view value) {
  return set_expression(config.auth.x509_name_match, value);
}
std::string get_name_match(const Config& config) { return config.auth.x509_name_match; }
Verdict set_name_extract(Config& config, std::string_view value) {
  return set_expression(config.auth.x509_name_extract, value);
}
std::string get_name_extract(const Config& config) { return config.auth.x509_name_extract; }

/// Each under two names: 3.9's guide says the longer one, the code that has it the shorter.
std::vector<Key> alternative_name_rows() {
  return {
      {"ssl.x509.clientCertIdSanMatchType",
       Custom{set_name_type, get_name_type, kNameTypes},
       "Kind of the alternative name that is the id.",
       {"X509AuthenticationProvider.clientCertIdSanMatchType"}},
      {"ssl.x509.clientCertIdSanMatchRegex",
       Custom{set_name_match, get_name_match, kExpression},
       "Exactly one name of that kind must have a match of it, or the subject is the id.",
       {"X509AuthenticationProvider.clientCertIdSanMatchRegex"}},
      {"ssl.x509.clientCertIdSanExtractRegex",
       Custom{set_name_extract, get_name_extract, kExpression},
       "Its first match in that name is the id.",
       {"X509AuthenticationProvider.clientCertIdSanExtractRegex"}},
      {"ssl.x509.clientCertIdSanExtractMatcherGroupIndex",
       Int32{[](Config& c) { return &c.auth.x509_name_extract_group; }, 0, 99},
       "Group of that match which is the id; 0: all of it.",
       {"X509AuthenticationProvider.clientCertIdSanExtractMatcherGroupIndex"}},
  };
}

constexpr Needs kNeedsDigest = {[](const Config& c) { return c.auth.digest_scheme_enabled; },
                                "while DigestAuthenticationProvider.enabled is false"};
constexpr Needs kNeedsCertificates = {
    [](const Config& c) { return clients_use_tls(c) || c.auth.x509_enabled; },
    kNeedsClientTls.otherwise};
constexpr Needs kNeedsAlternativeNames = {
    [](const Config& c) { return c.auth.x509_id_is_alternative_name; },
    "unless ssl.x509.clientCertIdType is SAN"};

constexpr std::string_view kSuperDigestAllowed =
    "user:base64(hash of user:password); never printed";

}  // namespace

std::vector<Key> auth_keys() {
  std::vector<Key> rows = {
      {"skipACL", Flag{[](Config& c) { return &c.auth.skip_acl; }, "yes", "no"},
       "Check no ACL at all."},
      {"DigestAuthenticationProvider.enabled",
       Flag{[](Config& c) { return &c.auth.digest_scheme_enabled; }}, "Offer the scheme digest."},
      {"DigestAuthenticationProvider.digestAlg",
       Custom{set_algorithm, get_algorithm,
              "SHA1, SHA-256, SHA-384, SHA-512, SHA3-256, SHA3-384 or SHA3-512"},
       "Hash of the scheme digest.",
       {},
       Key::RawName::kNone,
       {kNeedsDigest}},
      {"DigestAuthenticationProvider.superDigest",
       Custom{set_super_digest, get_super_digest, kSuperDigestAllowed},
       "The user whom no ACL binds.",
       {},
       Key::RawName::kNone,
       {kNeedsDigest}},
      {"authProvider.",
       Family{set_provider, get_providers, "N",
              "org.apache.zookeeper.server.auth.{Digest,IP,X509,Ensemble}AuthenticationProvider"},
       "Schemes that clients may authenticate by; digest and ip always may."},
      {"X509AuthenticationProvider.superUser",
       Text{[](Config& c) { return &c.auth.x509_super_user; }},
       "Id of the certificate that no ACL binds: its subject, such as CN=a,O=b.",
       {},
       Key::RawName::kNone,
       {kNeedsCertificates}},
      {"ssl.x509.clientCertIdType",
       Custom{set_certificate_id, get_certificate_id, "SUBJECT_DN or SAN"},
       "Part of a client certificate that is its x509 id: the subject, or an alternative name.",
       {"X509AuthenticationProvider.clientCertIdType"},
       Key::RawName::kNone,
       {kNeedsCertificates}},
      {"ensembleAuthName", List{[](Config& c) { return &c.auth.ensemble_names; }},
       "Names of this ensemble that a client of the scheme ensemble may state."},
      {"enforce.auth.enabled", Flag{[](Config& c) { return &c.auth.enforce_auth; }},
       "Serve only clients that have authenticated by one of enforce.auth.schemes."},
      {"enforce.auth.schemes",
       Custom{set_schemes, get_schemes, "of digest, ip, x509 and ensemble, joined by commas"},
       "Schemes that enforce.auth.enabled accepts.",
       {},
       Key::RawName::kNone,
       {{[](const Config& c) { return c.auth.enforce_auth; }, "without enforce.auth.enabled"}}},
  };
  append(rows, with_needs(alternative_name_rows(), kNeedsAlternativeNames));
  return rows;
}

}  // namespace quorate::config
