// What a reconfig request makes of the configuration, or why it is refused.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/quorum/majority.h"
#include "server/wire/error_code.h"
#include "server/wire/request.h"

namespace quorate::quorum {

/// What the leader knows when it decides on a reconfig.
struct ReconfigureContext {
  bool reconfig_enabled = false;
  /// Part of an ensemble, as opposed to standalone.
  bool has_quorum_mode = true;
  /// Whether a single voter would run standalone: then there must be two.
  bool standalone_enabled = true;
};

/// Why a reconfig is refused.
struct Refusal {
  wire::ErrorCode code = wire::ErrorCode::kBadArguments;
  std::string reason;  ///< For the log and the admin port: the protocol carries the code alone.
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// Refusals that depend on no configuration, as the request arrives.
[[nodiscard]] std::optional<Refusal> refuse_reconfigure(const ReconfigureContext& context);

/// The configuration that `request` asks for, with `version` (the zxid of its transaction), or the
/// first refusal in ZooKeeper's order: disabled, standalone, one in progress, wrong version,
/// arguments, too few voters. Not decided here: the session before all of that, and after it that a
/// quorum of the new configuration is connected (refuse_without_quorum) and that the author may
/// write.
///
/// With `new_members`, the whole configuration (lines separated by commas or line ends); the other
/// two are ignored. Otherwise `leaving` (ids) goes first and `joining` (`server.N=spec`, each with
/// three ports) replaces or adds. Unknown ids may leave. Addresses are compared as written; those
/// that are loopback or wildcard addresses may be shared.
/// Source: ZooKeeper 3.9 PrepRequestProcessor.pRequest2Txn; where that fails with an exception
/// (an id that is no number, observers only) the code is its kMarshallingError.
[[nodiscard]] std::variant<Configuration, Refusal> reconfigure(const ReconfigureContext& context,
                                                               const Configuration& committed,
                                                               const Configuration& last_seen,
                                                               const wire::ReconfigRequest& request,
                                                               ConfigVersion version);

/// The refusal of a new configuration of which no quorum is connected and synced. `synced` are the
/// members that are, the leader among them.
[[nodiscard]] std::optional<Refusal> refuse_without_quorum(const Configuration& next,
                                                           const std::vector<ServerId>& synced);

/// Who leads after the reconfig whose transaction is `zxid`: `self` if it still votes at the same
/// quorum addresses (its election port may change), or else the voter of `next` that has
/// acknowledged most, the smallest id among equals. Nothing if no such voter has acknowledged the
/// reconfig itself; a quorum of them has when it commits. Source: ZooKeeper 3.9
/// Leader.getDesignatedLeader.
[[nodiscard]] std::optional<ServerId> designated_leader(ServerId self,
                                                        const Configuration& committed,
                                                        const Configuration& next, Zxid zxid,
                                                        const AckTracker& acks);

}  // namespace quorate::quorum
