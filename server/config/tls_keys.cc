// Keys of TLS: ssl.* towards clients and, the same again, ssl.quorum.* between members.
#include <array>
#include <utility>

#include "server/base/text.h"
#include "server/config/key_tables.h"
#include "server/config/words.h"

namespace quorate::config {
namespace {

using StoreType = StoreSettings::Type;
constexpr std::array<Word<StoreType>, 4> kStoreTypes = {{
    {"", StoreType::kByExtension},
    {"PEM", StoreType::kPem},
    {"PKCS12", StoreType::kPkcs12},
    {"JKS", StoreType::kJks},
}};

using ClientAuth = TlsSettings::ClientAuth;
constexpr std::array<Word<ClientAuth>, 3> kClientAuths = {{
    {"none", ClientAuth::kNone},
    {"want", ClientAuth::kWant},
    {"need", ClientAuth::kNeed},
}};

constexpr std::string_view kProtocolsAllowed = "of TLSv1.3 and TLSv1.2, joined by commas";

/// Older versions are left out with a warning; nothing but older versions is an error.
Verdict set_enabled_protocols(TlsSettings& tls, std::string_view value) {
  bool has_1_2 = false;
  bool has_1_3 = false;
  std::vector<std::string> others;
  for (const std::string& part : split_list(value)) {
    if (equals_ignoring_case(part, "TLSv1.2")) {
      has_1_2 = true;
    } else if (equals_ignoring_case(part, "TLSv1.3")) {
      has_1_3 = true;
    } else {
      others.push_back(part);
    }
  }
  if (!has_1_2 && !has_1_3) {
    return Verdict{
        .kind = Verdict::Kind::kError,
        .message = "is " + quoted(value) + ", must be " + std::string(kProtocolsAllowed)};
  }
  tls.tls_1_2_enabled = has_1_2;
  tls.tls_1_3_enabled = has_1_3;
  if (others.empty()) {
    return {};
  }
  return Verdict{.kind = Verdict::Kind::kWarning,
                 .message = "leaves out " + quoted(join(others, ", ")) +
                            "; TLSv1.2 and TLSv1.3 are the versions that are spoken"};
}

std::string get_enabled_protocols(const TlsSettings& tls) {
  const std::string_view separator = tls.tls_1_3_enabled && tls.tls_1_2_enabled ? "," : "";
  return std::string(tls.tls_1_3_enabled ? "TLSv1.3" : "") + std::string(separator) +
         std::string(tls.tls_1_2_enabled ? "TLSv1.2" : "");
}

/// The newest version; enabledProtocols, whose row comes later, has the last word.
Verdict set_protocol(TlsSettings& tls, std::string_view value) {
  const bool is_any = equals_ignoring_case(value, "TLS");
  const bool is_1_3 = equals_ignoring_case(value, "TLSv1.3");
  if (!is_any && !is_1_3 && !equals_ignoring_case(value, "TLSv1.2")) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be TLSv1.3, TLSv1.2 or TLS"};
  }
  tls.tls_1_2_enabled = true;
  tls.tls_1_3_enabled = is_any || is_1_3;
  return {};
}

/// Functions of one section, so that the table's plain function pointers can reach it.
template <TlsSettings Config::*kSection, StoreSettings TlsSettings::*kStore>
struct StoreFields {
  static StoreSettings& store(Config& config) { return config.*kSection.*kStore; }
  static std::string* location(Config& config) { return &store(config).location; }
  static Secret* password(Config& config) { return &store(config).password; }
  static std::string* password_path(Config& config) { return &store(config).password_path; }
  static Verdict set_type(Config& config, std::string_view value) {
    return set_word<StoreType>(kStoreTypes, store(config).type, value);
  }
  static std::string get_type(const Config& config) {
    return word_of<StoreType>(kStoreTypes, (config.*kSection.*kStore).type);
  }
};

template <TlsSettings Config::*kSection, StoreSettings TlsSettings::*kStore>
std::vector<Key> store_rows(const std::string& prefix, std::string_view about) {
  using Fields = StoreFields<kSection, kStore>;
  return {
      {prefix + "location", Text{Fields::location}, about},
      {prefix + "password", SecretText{Fields::password}, "Password of that file."},
      {prefix + "passwordPath", Text{Fields::password_path},
       "File that holds the password and wins over it."},
      {prefix + "type", Custom{Fields::set_type, Fields::get_type, "nothing, PEM, PKCS12 or JKS"},
       "Format of that file; by its extension when not set."},
  };
}

template <TlsSettings Config::*kSection>
struct TlsFields {
  static TlsSettings& tls(Config& config) { return config.*kSection; }
  static Verdict set_protocol(Config& config, std::string_view value) {
    return config::set_protocol(tls(config), value);
  }
  static std::string get_protocol(const Config& config) {
    return (config.*kSection).tls_1_3_enabled ? "TLSv1.3" : "TLSv1.2";
  }
  static Verdict set_enabled_protocols(Config& config, std::string_view value) {
    return config::set_enabled_protocols(tls(config), value);
  }
  static std::string get_enabled_protocols(const Config& config) {
    return config::get_enabled_protocols(config.*kSection);
  }
  static std::vector<std::string>* cipher_suites(Config& config) {
    return &tls(config).cipher_suites;
  }
  static Verdict set_client_auth(Config& config, std::string_view value) {
    return set_word<ClientAuth>(kClientAuths, tls(config).client_auth, value);
  }
  static std::string get_client_auth(const Config& config) {
    return word_of<ClientAuth>(kClientAuths, (config.*kSection).client_auth);
  }
  static bool* hostname_verification(Config& config) { return &tls(config).hostname_verification; }
  static bool* client_hostname_verification(Config& config) {
    return &tls(config).client_hostname_verification;
  }
  static bool* check_revocation(Config& config) { return &tls(config).check_revocation; }
  static std::string* revocation_file(Config& config) { return &tls(config).revocation_file; }
  static int32_t* handshake_timeout_ms(Config& config) { return &tls(config).handshake_timeout_ms; }
};

constexpr Needs kNeedsTls = {
    [](const Config& c) { return clients_use_tls(c) || admin_tls(c) == &c.tls; },
    "while neither the ports of clients nor the admin port use it"};
constexpr Needs kNeedsQuorumTls = {
    [](const Config& c) { return kNeedsEnsemble.is_met(c) || admin_tls(c) == &c.quorum_tls; },
    kNeedsEnsemble.otherwise};

/// Keys of a section that need more than the others.
struct NarrowNeeds {
  std::string_view name;
  Needs needs;
};
constexpr Needs kNeedsClientNames = {
    [](const Config& c) { return c.tls.client_hostname_verification; },
    "without ssl.clientHostnameVerification, as this member connects to nobody by ssl.*"};
constexpr Needs kNeedsNames = {[](const Config& c) { return c.tls.hostname_verification; },
                               "while ssl.hostnameVerification is false"};
constexpr Needs kNeedsRevocation = {[](const Config& c) { return c.tls.check_revocation; },
                                    "without ssl.crl"};
constexpr Needs kNeedsQuorumRevocation = {
    [](const Config& c) { return c.quorum_tls.check_revocation; }, "without ssl.quorum.crl"};
constexpr Needs kNeedsNoDirectory = {[](const Config& c) { return c.tls.directory.empty(); },
                                     "beside quorate.tlsDir"};
constexpr Needs kNeedsNoQuorumDirectory = {
    [](const Config& c) { return c.quorum_tls.directory.empty(); }, "beside quorate.quorumTlsDir"};
constexpr Needs kNeedsSslQuorum = {
    [](const Config& c) { return c.quorum.tls_enabled || admin_tls(c) == &c.quorum_tls; },
    "without sslQuorum"};
constexpr Needs kNeedsNoGate = {[](const Config&) { return false; },
                                "here: what members may take to introduce themselves is fixed"};
constexpr Needs kNeedsOptionalNames = {
    [](const Config&) { return false; },
    "here: ssl.quorum.hostnameVerification decides for both sides of a connection"};
constexpr std::array<NarrowNeeds, 31> kNarrowNeeds = {{
    {"ssl.hostnameVerification", kNeedsClientTls},
    {"ssl.hostnameVerification", kNeedsClientNames},
    {"ssl.clientHostnameVerification", kNeedsClientTls},
    {"ssl.clientHostnameVerification", kNeedsNames},
    {"ssl.clientAuth", kNeedsClientTls},
    {"ssl.handshakeDetectionTimeoutMillis", kNeedsClientTls},
    {"ssl.crlFile", kNeedsRevocation},
    {"ssl.quorum.crlFile", kNeedsQuorumRevocation},
    {"ssl.quorum.clientAuth", kNeedsEnsemble},
    {"ssl.quorum.handshakeDetectionTimeoutMillis", kNeedsEnsemble},
    {"ssl.quorum.hostnameVerification", kNeedsEnsemble},
    {"ssl.quorum.clientHostnameVerification", kNeedsEnsemble},
    {"ssl.keyStore.location", kNeedsNoDirectory},
    {"ssl.keyStore.password", kNeedsNoDirectory},
    {"ssl.keyStore.passwordPath", kNeedsNoDirectory},
    {"ssl.keyStore.type", kNeedsNoDirectory},
    {"ssl.trustStore.location", kNeedsNoDirectory},
    {"ssl.trustStore.password", kNeedsNoDirectory},
    {"ssl.trustStore.passwordPath", kNeedsNoDirectory},
    {"ssl.trustStore.type", kNeedsNoDirectory},
    {"ssl.quorum.keyStore.location", kNeedsNoQuorumDirectory},
    {"ssl.quorum.keyStore.password", kNeedsNoQuorumDirectory},
    {"ssl.quorum.keyStore.passwordPath", kNeedsNoQuorumDirectory},
    {"ssl.quorum.keyStore.type", kNeedsNoQuorumDirectory},
    {"ssl.quorum.trustStore.location", kNeedsNoQuorumDirectory},
    {"ssl.quorum.trustStore.password", kNeedsNoQuorumDirectory},
    {"ssl.quorum.trustStore.passwordPath", kNeedsNoQuorumDirectory},
    {"ssl.quorum.trustStore.type", kNeedsNoQuorumDirectory},
    {"quorate.quorumTlsDir", kNeedsSslQuorum},
    {"ssl.quorum.handshakeDetectionTimeoutMillis", kNeedsNoGate},
    {"ssl.quorum.clientHostnameVerification", kNeedsOptionalNames},
}};

constexpr std::string_view kNoOcsp =
    "revocation is checked by lists only (ssl.crl), and ignoring the key would let in whom "
    "ZooKeeper keeps out";

template <TlsSettings Config::*kSection>
std::vector<Key> option_rows(const std::string& prefix) {
  using Fields = TlsFields<kSection>;
  return {
      {prefix + "protocol",
       Custom{Fields::set_protocol, Fields::get_protocol, "TLSv1.3, TLSv1.2 or TLS"},
       "Newest version of TLS; enabledProtocols has the last word."},
      {prefix + "enabledProtocols",
       Custom{Fields::set_enabled_protocols, Fields::get_enabled_protocols, kProtocolsAllowed},
       "Versions of TLS that are spoken."},
      {prefix + "ciphersuites", List{Fields::cipher_suites},
       "Cipher suites by their TLS or OpenSSL names; the library's choice when not set."},
      {prefix + "clientAuth",
       Custom{Fields::set_client_auth, Fields::get_client_auth, "none, want or need"},
       "Whether the other side must show a certificate that we trust."},
      {prefix + "hostnameVerification", Flag{Fields::hostname_verification},
       "Match names with certificates: that of a server that we connect to; with "
       "clientHostnameVerification, the address of a client too."},
      {prefix + "clientHostnameVerification", Flag{Fields::client_hostname_verification},
       "Refuse a client whose certificate does not name the address that it comes from; names are "
       "not looked up."},
      {prefix + "handshakeDetectionTimeoutMillis", Int32{Fields::handshake_timeout_ms, 1},
       "Time that a handshake may take, milliseconds."},
      {prefix + "crl", Flag{Fields::check_revocation},
       "Refuse certificates that are on a revocation list; every authority in the chain needs a "
       "list. Lists are read from crlFile or the trust store, not fetched."},
      {prefix + "crlFile", Text{Fields::revocation_file},
       "PEM file of revocation lists; those in a PEM trust store when not set. Ours."},
      {prefix + "ocsp", Refused{"false", kNoOcsp}, "Check revocation online."},
  };
}

template <TlsSettings Config::*kSection>
std::vector<Key> section_rows(const std::string& prefix, Needs needs) {
  std::vector<Key> rows = store_rows<kSection, &TlsSettings::key_store>(
      prefix + "keyStore.", "File of our private key and certificate chain.");
  append(rows, store_rows<kSection, &TlsSettings::trust_store>(
                   prefix + "trustStore.", "File of the certificates that we trust."));
  append(rows, option_rows<kSection>(prefix));
  return with_needs(std::move(rows), needs);
}

std::vector<Key> shared_rows() {
  return {
      {"client.certReload",
       Flag{[](Config& c) { return &c.tls.reload_files; }},
       "Load changed files of ssl.* while running; ZooKeeper's default is false.",
       {},
       Key::RawName::kNone,
       {kNeedsTls}},
      {"client.portUnification",
       Flag{[](Config& c) { return &c.tls.port_unification; }},
       "Serve clients that speak TLS on clientPort too.",
       {},
       Key::RawName::kNone,
       {{[](const Config& c) { return c.client.port.has_value(); }, "without clientPort"}}},
      {"quorate.tlsDir",
       Text{[](Config& c) { return &c.tls.directory; }},
       "Directory with tls.crt, tls.key and ca.crt for clients; wins over ssl.*Store.",
       {},
       Key::RawName::kOurs,
       {kNeedsTls}},
      {"quorate.quorumTlsDir",
       Text{[](Config& c) { return &c.quorum_tls.directory; }},
       "Directory with ca.crt and tls.crt, tls.key, or the two under quorate.name, for members; "
       "wins "
       "over ssl.quorum.*Store.",
       {},
       Key::RawName::kOurs,
       {kNeedsQuorumTls}},
      {"sslQuorumReloadCertFiles",
       Flag{[](Config& c) { return &c.quorum_tls.reload_files; }},
       "Load changed files of ssl.quorum.* while running; ZooKeeper's default is false.",
       {},
       Key::RawName::kNone,
       {kNeedsQuorumTls}},
      {"sslQuorum",
       Flag{[](Config& c) { return &c.quorum.tls_enabled; }},
       "Speak TLS between members.",
       {},
       Key::RawName::kNone,
       {kNeedsEnsemble}},
      {"portUnification",
       Flag{[](Config& c) { return &c.quorum.tls_port_unification; }},
       "Speak TLS and plain text between members on one port.",
       {},
       Key::RawName::kNone,
       {kNeedsEnsemble}},
  };
}

}  // namespace

std::vector<Key> tls_keys() {
  std::vector<Key> rows = section_rows<&Config::tls>("ssl.", kNeedsTls);
  append(rows, section_rows<&Config::quorum_tls>("ssl.quorum.", kNeedsQuorumTls));
  append(rows, shared_rows());
  for (Key& row : rows) {
    for (const NarrowNeeds& narrow : kNarrowNeeds) {
      if (row.name == narrow.name) {
        row.needs.push_back(narrow.needs);
      }
    }
  }
  return rows;
}

}  // namespace quorate::config
