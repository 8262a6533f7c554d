// The value of a `server.N` line, in every form that zoo.cfg, its dynamic file and reconfig allow.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::quorum {

/// What a server is in the ensemble: participants vote, observers only follow.
enum class ServerRole { kParticipant, kObserver };

/// One address of a server. `host` is a name or a literal address, IPv6 without brackets; it is
/// kept as written and never resolved here, because addresses are compared as names.
struct PeerAddress {
  std::string host;
  uint16_t quorum_port = 0;
  uint16_t election_port = 0;
  friend auto operator<=>(const PeerAddress&, const PeerAddress&) = default;
};

/// Where the server's clients connect, when the line says so.
struct ClientAddress {
  std::string host = "0.0.0.0";
  uint16_t port = 0;
  friend bool operator==(const ClientAddress&, const ClientAddress&) = default;
};

/// One server:
///
///     host:quorumPort:electionPort[:role]['|' host:quorumPort:electionPort[:role]]...
///         [;[clientHost:]clientPort[;[secureHost:]securePort]]
///
/// Source: ZooKeeper 3.9 QuorumServer; the third part (secure clients) is that of 3.10.
struct ServerSpec {
  /// At least one.
  std::vector<PeerAddress> addresses;
  ServerRole role = ServerRole::kParticipant;
  std::optional<ClientAddress> client;
  std::optional<ClientAddress> secure_client;
  friend bool operator==(const ServerSpec&, const ServerSpec&) = default;
};

/// Parses the part after `server.N=`. The error's message says which part is wrong and what it
/// may be; it names neither the key nor the file.
[[nodiscard]] Result<ServerSpec> parse_server_spec(std::string_view text);

/// The line's value with the role always said, IPv6 in brackets, the client part only when there is
/// one. parse_server_spec() reads it back the same.
[[nodiscard]] std::string as_written(const ServerSpec& spec);

/// The same in the form in which ZooKeeper writes it: addresses by host and each once, IPv6 with
/// all eight groups. What parse_server_spec() reads back is written the same again.
[[nodiscard]] std::string to_text(const ServerSpec& spec);

}  // namespace quorate::quorum
