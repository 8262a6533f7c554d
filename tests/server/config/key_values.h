// A good and a bad value of every key, for tests that go through the whole table.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "server/config/key.h"

namespace quorate::config {

struct Values {
  std::string good;
  std::string bad;
};

/// Values of the keys whose syntax is their own.
inline const std::map<std::string, Values>& custom_values() {
  static const std::map<std::string, Values> kValues = {
      {"quorate.listen", {"10.0.0.1,[::1]", "a b"}},
      {"clientPortAddress", {"localhost,127.0.0.2", "h:2181"}},
      {"secureClientPortAddress", {"[::1]", "["}},
      {"4lw.commands.whitelist", {"mntr,srvr", ""}},
      {"snapshot.compression.method", {"gz", "zip"}},
      {"autopurge.snapRetainCount", {"5", "x"}},
      {"autopurge.purgeInterval", {"24", "-1"}},
      {"DigestAuthenticationProvider.digestAlg", {"SHA-256", "CRC32"}},
      {"DigestAuthenticationProvider.superDigest", {"super:abc=", "super"}},
      {"ssl.x509.clientCertIdType", {"SAN", "CN"}},
      {"ssl.x509.clientCertIdSanMatchType", {"2", "3"}},
      {"ssl.x509.clientCertIdSanMatchRegex", {"^a", "("}},
      {"ssl.x509.clientCertIdSanExtractRegex", {"(b)", "[z-a]"}},
      {"enforce.auth.schemes", {"digest,x509", "kerberos"}},
      {"ssl.keyStore.type", {"JKS", "ZIP"}},
      {"ssl.trustStore.type", {"PKCS12", "ZIP"}},
      {"ssl.quorum.keyStore.type", {"PEM", "ZIP"}},
      {"ssl.quorum.trustStore.type", {"PEM", "ZIP"}},
      {"ssl.protocol", {"TLSv1.2", "TLSv1"}},
      {"ssl.quorum.protocol", {"TLSv1.2", "TLSv1"}},
      {"ssl.enabledProtocols", {"TLSv1.3", ""}},
      {"ssl.quorum.enabledProtocols", {"TLSv1.3", "TLSv2"}},
      {"ssl.clientAuth", {"want", "true"}},
      {"ssl.quorum.clientAuth", {"none", "true"}},
      {"admin.serverAddress", {"0.0.0.0", "a/b"}},
      {"admin.commandURL", {"/zk", "zk"}},
      {"metricsProvider.httpHost", {"[::1]", ""}},
      {"metricsProvider.httpPort", {"7001", "70000"}},
      {"metricsProvider.className",
       {"org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider", ""}},
      {"quorate.log.format", {"json", "yaml"}},
      {"quorate.log.level", {"debug", "loud"}},
      {"peerType", {"observer", "leader"}},
      {"electionAlg", {"3", "2"}},
      {"quorate.ensembleId", {"e-1", "a b"}},
      {"quorate.bootstrap", {"join", "boot"}},
      {"quorate.recoverFrom", {"33:e-1", "e-1"}},
      {"server.", {"a:1:2", "a"}},
      {"group.", {"1:2", "x"}},
      {"weight.", {"3", "-1"}},
      {"authProvider.", {"org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider", ""}},
  };
  return kValues;
}

/// Keys for which no text is an error, because a class that is not known is only warned of.
inline bool is_lenient(const Key& key) {
  return key.name == "metricsProvider.className" || key.name == "authProvider." ||
         key.name == "4lw.commands.whitelist";
}

struct ValuesOf {
  const Key& key;

  Values operator()(const Flag& flag) const {
    // The word that is not the default, so that the test sees a change.
    const bool is_default_true = value_text(key, Config{}) == flag.word_true;
    return {std::string(is_default_true ? flag.word_false : flag.word_true), "maybe"};
  }
  Values operator()(const Int32& number) const {
    return {std::to_string(number.max),
            number.min == INT32_MIN ? "x" : std::to_string(int64_t{number.min} - 1)};
  }
  Values operator()(const Int64& number) const {
    return {std::to_string(number.max), std::to_string(number.min - 1)};
  }
  Values operator()(const Decimal& decimal) const {
    return {"0.75", std::to_string(decimal.min - 0.1)};
  }
  Values operator()(const Port&) const { return {"65535", "65536"}; }
  Values operator()(const OptionalPort&) const { return {"65535", "-1"}; }
  Values operator()(const Text&) const { return {"/some/text", {}}; }
  Values operator()(const SecretText&) const { return {"hunter2", {}}; }
  Values operator()(const List&) const { return {"a,b", {}}; }
  Values operator()(const Custom&) const { return custom_values().at(key.name); }
  Values operator()(const Family&) const { return custom_values().at(key.name); }
  Values operator()(const Ignored&) const { return {}; }
  Values operator()(const Refused& refused) const {
    return {std::string(refused.harmless), "something else"};
  }
};

inline std::string spelled(const Key& key) {
  return key.name.ends_with('.') ? key.name + "1" : key.name;
}

/// A value of the key that is right and not the default; empty where no field is behind it.
inline std::string good_value(const Key& key) { return std::visit(ValuesOf{key}, key.target).good; }

}  // namespace quorate::config
