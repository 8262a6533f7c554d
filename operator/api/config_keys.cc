// The table of keys that the operator owns.
#include "operator/api/config_keys.h"

#include <algorithm>
#include <array>

namespace quorate::api {

namespace {

constexpr std::array<std::string_view, 27> kOwned{
    "DigestAuthenticationProvider.superDigest",
    "admin.commandURL",
    "admin.enableServer",
    "admin.forceHttps",
    "admin.needClientAuth",
    "admin.portUnification",
    "admin.serverAddress",
    "admin.serverPort",
    "admin.tokenFile",
    "clientPort",
    "clientPortAddress",
    "dataDir",
    "dataLogDir",
    "dynamicConfigFile",
    "electionAlg",
    "metricsProvider.className",
    "metricsProvider.httpHost",
    "metricsProvider.httpPort",
    "multiAddress.enabled",
    "peerType",
    "portUnification",
    "quorumListenOnAllIPs",
    "reconfigEnabled",
    "secureClientPort",
    "secureClientPortAddress",
    "sslQuorum",
    "standaloneEnabled",
};
constexpr std::array<std::string_view, 9> kOwnedPrefixes{
    "server.",
    "group.",
    "weight.",
    "quorate.",
    "ssl.keyStore.",
    "ssl.trustStore.",
    "zookeeper.",
    "ssl.quorum.keyStore.",
    "ssl.quorum.trustStore.",
};
constexpr std::array<std::string_view, 1> kFreePrefixes{"quorate.log."};

bool begins_with_one_of(std::string_view key, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return key.starts_with(p); });
}

std::string quoted_list(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    text += (text.empty() ? "'" : ", '") + std::string(word) + "'";
  }
  return text;
}

/// k.startsWith('a') || k.startsWith('b')
std::string starts_rule(std::span<const std::string_view> prefixes) {
  std::string text;
  for (const std::string_view prefix : prefixes) {
    text += (text.empty() ? "" : " || ") + ("k.startsWith('" + std::string(prefix)) + "')";
  }
  return text;
}

}  // namespace

std::span<const std::string_view> owned_keys() { return kOwned; }
std::span<const std::string_view> owned_prefixes() { return kOwnedPrefixes; }
std::span<const std::string_view> free_prefixes() { return kFreePrefixes; }

bool is_owned_key(std::string_view key) {
  if (begins_with_one_of(key, kFreePrefixes)) {
    return false;
  }
  return std::ranges::find(kOwned, key) != kOwned.end() || begins_with_one_of(key, kOwnedPrefixes);
}

bool is_config_key(std::string_view key) {
  return !key.empty() && key.size() <= 128 && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string owned_keys_rule() {
  return "self.all(k, !(k in [" + quoted_list(kOwned) + "]) && (" + starts_rule(kFreePrefixes) +
         " || !(" + starts_rule(kOwnedPrefixes) + ")))";
}

std::string owned_keys_message() {
  return "a key that the operator sets itself: ports, directories, servers, TLS files, "
         "administration and quorate.* (but quorate.log.*) are not set here";
}

}  // namespace quorate::api
