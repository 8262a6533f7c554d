// What makes a member part of an ensemble: its id, the others, and the options that follow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/app/quorum_ports.h"
#include "server/base/result.h"
#include "server/config/config.h"
#include "server/net/tls_context.h"
#include "server/node/options.h"
#include "server/quorum/configuration.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/recover.h"

namespace quorate::app {

/// TLS between members: each is a server to some and a client to others.
struct QuorumTls {
  std::shared_ptr<net::TlsContext> server;
  std::shared_ptr<net::TlsContext> client;
};

/// In version-2, with reconfigEnabled: the configuration that holds, and the newest that was
/// proposed. They take the place of the server lines once they are newer.
inline constexpr const char* kConfigurationFile = "configuration";
inline constexpr const char* kEnsembleIdFile = "ensembleId";
inline constexpr const char* kNextConfigurationFile = "configuration.next";
/// What other members' disks must have, and the mark of a disk that must not vote yet.
inline constexpr const char* kWitnessFile = "witness";
inline constexpr const char* kUnfitFile = "unfit";

struct EnsembleSetup {
  ServerId self;
  quorum::Configuration configuration;
  std::optional<quorum::Configuration> last_seen;  ///< Newer, not known to be committed.
  std::optional<quorum::ServerSpec> own;           ///< Where this member listens.
  bool is_reconfigured = false;                    ///< The configuration is one from the disk.
  quorum::Witness witness;
  bool is_marked_unfit = false;
  QuorumTls tls;  ///< Null without sslQuorum.
  /// The disk is that of the former ensemble of quorate.recoverFrom: take_over_disk() comes before
  /// anything else is done with it.
  bool is_to_take_over = false;
};

/// Nothing for a standalone member. Reads the dynamic configuration file, if zoo.cfg names one, and
/// the file myid, unless zoo.cfg gives the member a name. Errors say which file and what to write
/// into it.
[[nodiscard]] Result<std::optional<EnsembleSetup>> set_up_ensemble(
    storage::FileSystem& fs, const storage::Directories& directories, const config::Config& config);

/// Where clients connect.
struct ClientListeners {
  config::Listener plain;
  config::Listener secure;
  friend bool operator==(const ClientListeners&, const ClientListeners&) = default;
};

/// Where clients are to connect by the member's own server line; `configured` is what zoo.cfg says
/// without it. A server line of zoo.cfg counts for a member without clientPort; one that
/// `is_reconfigured` goes before clientPort. The host 0.0.0.0 stands for the configured addresses.
/// Only a secure port that is configured is moved: it needs keys, which no server line gives.
[[nodiscard]] ClientListeners listeners_by_line(const quorum::ServerSpec& own, bool is_reconfigured,
                                                const ClientListeners& configured);

[[nodiscard]] node::EnsembleOptions ensemble_options(const config::Config& config,
                                                     const EnsembleSetup& setup,
                                                     const storage::Recovered& recovered);
[[nodiscard]] QuorumPortsOptions quorum_ports_options(const config::Config& config,
                                                      const EnsembleSetup& setup);

}  // namespace quorate::app
