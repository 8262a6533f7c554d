// Contradictions between keys of one member; those of the ensemble are in check_quorum.cc.
#include "server/config/check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/base/text.h"
#include "server/config/expression.h"

namespace quorate::config {
namespace {

/// Reports against the setting of a key, or against the file when the key is not set.
class Reporter {
 public:
  Reporter(const Settings& settings, const std::string& file_name, std::vector<Problem>& to)
      : settings_(settings), file_name_(file_name), to_(to) {}

  void operator()(std::string_view key, std::string message) const {
    const Setting* setting = settings_.find(key);
    to_.push_back({.place = setting != nullptr ? setting->place : Place{.source = file_name_},
                   .key = setting != nullptr ? setting->name : std::string(key),
                   .message = std::move(message)});
  }

 private:
  const Settings& settings_;
  const std::string& file_name_;
  std::vector<Problem>& to_;
};

void check_sessions(const SessionSettings& session, const Reporter& error) {
  if (session.max_session_timeout_ms < 1) {
    error("maxSessionTimeout", "is " + std::to_string(session.max_session_timeout_ms) +
                                   ", must be -1 or an integer of 1 to 2147483647");
    return;
  }
  if (session.min_session_timeout_ms > session.max_session_timeout_ms) {
    error("minSessionTimeout", "is " + std::to_string(session.min_session_timeout_ms) +
                                   " ms, must be at most maxSessionTimeout, which is " +
                                   std::to_string(session.max_session_timeout_ms) + " ms");
  }
}

struct Endpoint {
  std::string_view key;
  std::vector<std::string> addresses;
  std::optional<uint16_t> port;
};

bool is_wildcard(const std::vector<std::string>& addresses) {
  return addresses.empty() || std::ranges::any_of(addresses, [](const std::string& address) {
           return address == "0.0.0.0" || address == "::";
         });
}

bool do_overlap(const Endpoint& a, const Endpoint& b) {
  if (!a.port || !b.port || *a.port != *b.port || *a.port == 0) {
    return false;
  }
  return is_wildcard(a.addresses) || is_wildcard(b.addresses) ||
         std::ranges::find_first_of(a.addresses, b.addresses) != a.addresses.end();
}

void check_ports(const Config& config, const Reporter& error) {
  const std::array<Endpoint, 4> endpoints = {{
      {"clientPort", config.client.addresses, config.client.port},
      {"secureClientPort", config.secure_client.addresses, config.secure_client.port},
      {"metricsProvider.httpPort",
       {config.metrics.address},
       config.metrics.enabled ? std::optional(config.metrics.port) : std::nullopt},
      {"admin.serverPort",
       {config.admin.address},
       config.admin.enabled ? std::optional(config.admin.port) : std::nullopt},
  }};
  for (size_t i = 0; i < endpoints.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (do_overlap(endpoints[i], endpoints[j])) {
        error(endpoints[i].key, "is " + std::to_string(*endpoints[i].port) +
                                    " on the same address as " + std::string(endpoints[j].key) +
                                    ", must differ");
      }
    }
  }
}

void check_listeners(const Config& config, const Settings& settings, const Reporter& error,
                     const Reporter& warning) {
  if (settings.find("clientPortAddress") != nullptr && !config.client.port) {
    error("clientPortAddress", "is set, but clientPort is not");
  }
  if (settings.find("secureClientPortAddress") != nullptr && !config.secure_client.port) {
    error("secureClientPortAddress", "is set, but secureClientPort is not");
  }
  const bool has_servers =
      !config.quorum.servers.empty() || !config.quorum.dynamic_config_file.empty();
  const bool is_set =
      settings.find("clientPort") != nullptr || settings.find("secureClientPort") != nullptr;
  if (!is_set && !has_servers) {
    warning("clientPort", "is not set, and secureClientPort neither: no client can connect");
  }
}

/// Revocation lists have to come from somewhere, and stores of Java hold none.
void check_revocation(const TlsSettings& tls, const std::string& prefix, const Reporter& error) {
  using Type = StoreSettings::Type;
  const Type type = tls.trust_store.type;
  if (tls.check_revocation && tls.directory.empty() && tls.revocation_file.empty() &&
      (type == Type::kJks || type == Type::kPkcs12)) {
    error(prefix + "crl", "is true, but a JKS or PKCS12 store holds no revocation lists: set " +
                              prefix + "crlFile to a PEM file of them");
  }
}

/// `prefix` is that of the keys, `ssl.` or `ssl.quorum.`; `because` names who needs them.
void check_tls(const TlsSettings& tls, const std::string& prefix, const std::string& because,
               const Reporter& error) {
  check_revocation(tls, prefix, error);
  if (!tls.directory.empty()) {
    return;
  }
  if (tls.key_store.location.empty()) {
    error(prefix + "keyStore.location", "is not set, but needed by " + because);
  }
  if (tls.trust_store.location.empty() && tls.client_auth != TlsSettings::ClientAuth::kNone) {
    error(prefix + "trustStore.location",
          "is not set, but needed by " + because + " unless " + prefix + "clientAuth is none");
  }
}

void check_admin(const Config& config, const Reporter& error) {
  const TlsSettings* tls = admin_tls(config);
  if (tls == nullptr || !tls->directory.empty()) {
    return;
  }
  if (tls->key_store.location.empty()) {
    error(config.admin.force_https ? "admin.forceHttps" : "admin.portUnification",
          "is true, but neither ssl.keyStore.location nor ssl.quorum.keyStore.location is set, nor "
          "quorate.tlsDir or quorate.quorumTlsDir");
    return;
  }
  if (config.admin.need_client_auth && tls->trust_store.location.empty()) {
    const std::string prefix = tls == &config.tls ? "ssl." : "ssl.quorum.";
    error(prefix + "trustStore.location", "is not set, but needed by admin.needClientAuth");
  }
}

bool is_offered(const AuthSettings& auth, std::string_view scheme) {
  if (scheme == "digest") {
    return auth.digest_scheme_enabled;
  }
  if (scheme == "x509") {
    return auth.x509_enabled;
  }
  if (scheme == "ensemble") {
    return auth.ensemble_scheme_enabled || !auth.ensemble_names.empty();
  }
  return true;
}

/// The id of a certificate that is one of its alternative names.
void check_alternative_name(const AuthSettings& auth, const Reporter& error) {
  if (!auth.x509_id_is_alternative_name) {
    return;
  }
  if (auth.x509_name_type < 0) {
    error("ssl.x509.clientCertIdSanMatchType",
          "is not set, but needed by ssl.x509.clientCertIdType=SAN");
  }
  const Result<size_t> groups = count_groups(auth.x509_name_extract);
  if (groups && static_cast<size_t>(auth.x509_name_extract_group) > *groups) {
    error("ssl.x509.clientCertIdSanExtractMatcherGroupIndex",
          "is " + std::to_string(auth.x509_name_extract_group) +
              ", must be at most the groups of ssl.x509.clientCertIdSanExtractRegex, of which "
              "there are " +
              std::to_string(*groups));
  }
}

void check_auth(const AuthSettings& auth, const Reporter& error, const Reporter& warning) {
  check_alternative_name(auth, error);
  if (auth.enforce_auth && auth.enforced_schemes.empty()) {
    error("enforce.auth.schemes", "is not set, but needed by enforce.auth.enabled");
  }
  for (const std::string& scheme : auth.enforced_schemes) {
    if (auth.enforce_auth && !is_offered(auth, scheme)) {
      error("enforce.auth.schemes",
            "names " + scheme + ", which this configuration does not offer to clients");
    }
  }
  if (auth.skip_acl) {
    warning("skipACL", "is yes: every client may do everything");
  }
}

}  // namespace

void check(const Config& config, const Settings& settings, const std::string& file_name,
           std::vector<Problem>& errors, std::vector<Problem>& warnings) {
  const Reporter error(settings, file_name, errors);
  const Reporter warning(settings, file_name, warnings);
  if (config.storage.data_dir.empty()) {
    error("dataDir", "is required: the directory of snapshots and logs");
  }
  for (const auto& [key, path] : {std::pair("dataDir", config.storage.data_dir),
                                  std::pair("dataLogDir", config.storage.data_log_dir)}) {
    if (settings.find(key) != nullptr && !path.empty() && !path.starts_with('/')) {
      warning(key, "is relative to the directory in which the server is started");
    }
  }
  if (!config.storage.force_sync) {
    warning("forceSync", "is no: acknowledged writes can be lost when the machine stops");
  }
  check_sessions(config.session, error);
  check_listeners(config, settings, error, warning);
  check_ports(config, error);
  if (clients_use_tls(config)) {
    check_tls(config.tls, "ssl.",
              config.secure_client.port ? "secureClientPort" : "client.portUnification", error);
  }
  if (config.quorum.tls_enabled && needs_quorum(config.quorum)) {
    check_tls(config.quorum_tls, "ssl.quorum.", "sslQuorum", error);
  }
  check_admin(config, error);
  check_auth(config.auth, error, warning);
  check_quorum(config, settings, file_name, errors, warnings);
}

}  // namespace quorate::config
