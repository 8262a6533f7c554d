// Who is in the ensemble: the dynamic configuration, as text and as a value.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/quorum/majority.h"
#include "server/quorum/server_spec.h"

namespace quorate::quorum {

/// A dynamic configuration: what /zookeeper/config, NEWLEADER and notifications carry.
///
///     server.1=host:quorumPort:electionPort:participant;clientHost:clientPort
///     ...
///     version=100000000
///
/// Lines end in \n, the last one has none. Addresses are compared as they are written, never
/// resolved: a name that resolves differently on two members, or not at all, changes nothing.
struct Configuration {
  std::map<ServerId, ServerSpec> servers;
  ConfigVersion version;

  [[nodiscard]] bool contains(ServerId server) const { return servers.contains(server); }
  [[nodiscard]] bool is_voter(ServerId server) const;
  [[nodiscard]] std::vector<ServerId> voters() const;     ///< Ascending.
  [[nodiscard]] std::vector<ServerId> observers() const;  ///< Ascending.
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

/// Why a text is no configuration. The kind decides which error a reconfig is answered with.
struct ConfigurationError {
  enum class Kind {
    kMalformed,      ///< A line that cannot be read, or a key that does not belong there.
    kUnreadableId,   ///< A server line whose id is no number.
    kWithoutVoters,  ///< Observers only.
  };
  Kind kind = Kind::kMalformed;
  std::string message;  ///< Names the line and what it may be.
};
struct ParsedConfiguration {
  Configuration configuration;  ///< Valid without an error only.
  std::optional<ConfigurationError> error;
  [[nodiscard]] bool ok() const { return !error.has_value(); }
};

/// Parses the text of a configuration. Without a line `version=` the version is 0. A server that
/// is named twice is what the last line says. Lines that start with # or ! are comments; keys may
/// be followed by `=` or `:` as in a properties file, but there are no escapes and no continued
/// lines. Groups and weights are refused by name. No servers at all is a configuration too.
/// Source: ZooKeeper 3.9 QuorumPeerConfig.parseDynamicConfig and QuorumMaj.
[[nodiscard]] ParsedConfiguration parse_configuration(std::string_view text);

/// The text as Apache writes it, servers by ascending id. (Apache's order is that of a Java hash
/// map: ascending for ids below 16, and beyond that dependent on how its map came about.)
[[nodiscard]] std::string to_text(const Configuration& configuration);

/// The version in a configuration's text, found without reading the rest; nothing if there is none.
[[nodiscard]] std::optional<ConfigVersion> version_in(std::string_view text);

/// What a quorum is while `committed` holds and `last_seen`, if newer, is to replace it.
[[nodiscard]] Majority majority_of(const Configuration& committed, const Configuration& last_seen);

}  // namespace quorate::quorum
