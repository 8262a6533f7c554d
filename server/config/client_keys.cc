// Keys of the ports that clients use, of sessions and of the four-letter words.
#include <algorithm>
#include <array>
#include <utility>

#include "server/base/text.h"
#include "server/config/host_list.h"
#include "server/config/key_tables.h"

namespace quorate::config {
namespace {

/// The words that we answer, sorted.
constexpr std::array<std::string_view, 18> kWords = {
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro",
    "mntr", "ruok", "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs"};

/// `srvr` is always allowed, because zkServer.sh needs it. Source: ZooKeeper 3.9
/// FourLetterCommands.isEnabled.
Verdict set_words(Config& config, std::string_view value) {
  std::vector<std::string> allowed = {"srvr"};
  std::vector<std::string> unknown;
  for (const std::string& part : split_list(value)) {
    const std::string word = to_lower(part);
    if (word == "*") {
      allowed.insert(allowed.end(), kWords.begin(), kWords.end());
    } else if (std::ranges::binary_search(kWords, word)) {
      allowed.push_back(word);
    } else {
      unknown.push_back(part);
    }
  }
  std::ranges::sort(allowed);
  const auto duplicates = std::ranges::unique(allowed);
  allowed.erase(duplicates.begin(), duplicates.end());
  config.four_letter_words_allowed = std::move(allowed);
  if (unknown.empty()) {
    return {};
  }
  return Verdict{
      .kind = Verdict::Kind::kWarning,
      .message = "has words that do not exist and are left out: " + quoted(join(unknown, ", "))};
}

std::string get_words(const Config& config) {
  const bool is_all = config.four_letter_words_allowed.size() == kWords.size();
  return is_all ? "*" : join(config.four_letter_words_allowed, ",");
}

Verdict set_addresses(Listener& listener, std::string_view value) {
  Result<std::vector<std::string>> hosts = parse_hosts(value);
  if (!hosts) {
    return Verdict{.kind = Verdict::Kind::kError, .message = hosts.error().message};
  }
  listener.addresses = std::move(*hosts);
  return {};
}

Verdict set_client_addresses(Config& config, std::string_view value) {
  return set_addresses(config.client, value);
}
std::string get_client_addresses(const Config& config) {
  return hosts_text(config.client.addresses);
}
Verdict set_secure_addresses(Config& config, std::string_view value) {
  return set_addresses(config.secure_client, value);
}
std::string get_secure_addresses(const Config& config) {
  return hosts_text(config.secure_client.addresses);
}

/// Spreads to every port; the keys of single ports come later in the table and win.
Verdict set_listen_addresses(Config& config, std::string_view value) {
  Result<std::vector<std::string>> hosts = parse_hosts(value);
  if (!hosts) {
    return Verdict{.kind = Verdict::Kind::kError, .message = hosts.error().message};
  }
  config.client.addresses = *hosts;
  config.secure_client.addresses = *hosts;
  config.admin.address = hosts->front();
  config.metrics.address = hosts->front();
  config.listen_addresses = std::move(*hosts);
  return {};
}
std::string get_listen_addresses(const Config& config) {
  return hosts_text(config.listen_addresses);
}

constexpr std::string_view kHosts = "host names or addresses joined by commas";

std::vector<Key> port_keys() {
  return {
      {"quorate.listen",
       Custom{set_listen_addresses, get_listen_addresses, kHosts},
       "Addresses of every port that has none of its own, for administration and metrics too.",
       {},
       Key::RawName::kOurs},
      {"clientPort", OptionalPort{[](Config& c) { return &c.client.port; }},
       "TCP port of clients; 0 lets the system choose one; without it the port is off."},
      {"clientPortAddress", Custom{set_client_addresses, get_client_addresses, kHosts},
       "Addresses on which clientPort listens; all of the machine when not set."},
      {"secureClientPort", OptionalPort{[](Config& c) { return &c.secure_client.port; }},
       "TCP port of clients that use TLS; 0 lets the system choose one; off when not set."},
      {"secureClientPortAddress", Custom{set_secure_addresses, get_secure_addresses, kHosts},
       "Addresses on which secureClientPort listens; all of the machine when not set."},
      {"clientPortListenBacklog", Int32{[](Config& c) { return &c.listen_backlog; }, -1},
       "Connections that wait to be accepted; -1: what the system allows."},
      {"clientTcpKeepAlive", Flag{[](Config& c) { return &c.client_tcp_keep_alive; }},
       "TCP keep-alive on client connections."},
      {"tcpKeepAlive",
       Flag{[](Config& c) { return &c.peer_tcp_keep_alive; }},
       "TCP keep-alive between members.",
       {},
       Key::RawName::kNone,
       {kNeedsEnsemble,
        {[](const Config&) { return false; }, "here: heartbeats find connections that are dead"}}},
      {"4lw.commands.whitelist",
       Custom{set_words, get_words, "four-letter words joined by commas, or *"},
       "Four-letter words that are answered; srvr always is."},
      {"readonlymode.enabled",
       Flag{[](Config& c) { return &c.read_only_mode_enabled; }},
       "Serve clients that accept it read-only while there is no leader, and answer the word isro.",
       {},
       Key::RawName::kOnly},
  };
}

std::vector<Key> session_keys() {
  return {
      {"tickTime", Int32{[](Config& c) { return &c.session.tick_time_ms; }, 1},
       "Length of a tick, milliseconds."},
      {"minSessionTimeout", Int32{[](Config& c) { return &c.session.min_session_timeout_ms; }, -1},
       "Least session timeout that a client gets, milliseconds; -1: 2 ticks."},
      {"maxSessionTimeout", Int32{[](Config& c) { return &c.session.max_session_timeout_ms; }, -1},
       "Greatest session timeout that a client gets, milliseconds; -1: 20 ticks."},
      {"nio.sessionlessCnxnTimeout",
       Int32{[](Config& c) { return &c.session.handshake_timeout_ms; }, 1},
       "Time that a connection has until it has a session, milliseconds."},
      {"closeSessionTxn.enabled",
       Flag{[](Config& c) { return &c.session.close_session_lists_paths; }},
       "Whether the log lists the ephemerals that the end of a session deletes."},
  };
}

}  // namespace

std::vector<Key> client_keys() {
  std::vector<Key> rows = port_keys();
  append(rows, session_keys());
  return rows;
}

}  // namespace quorate::config
