// What can happen to an election: the inputs of the machine.
#pragma once

#include <optional>
#include <variant>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/quorum/witness.h"
#include "server/wire/election_message.h"

namespace quorate::election {

/// The member has no leader (any more): start to look for one. Also the answer to a revocation, and
/// allowed at any time: it begins a new round.
struct StartLooking {
  Zxid last_logged;       ///< The last transaction in this member's log.
  Epoch current_epoch;    ///< Of the file currentEpoch.
  bool may_vote = true;   ///< False while the disk is empty, older than it must be, or damaged.
  bool abstains = false;  ///< Leaves this election to others; follows whom they elect.
  /// Whom the former leader has named, which has everything that this member has: gets this
  /// member's vote in place of itself, until it is suspected.
  std::optional<ServerId> successor = std::nullopt;
  Epoch accepted_epoch;     ///< Of the file acceptedEpoch.
  quorum::Witness witness;  ///< Of other members' disks: a vote from less does not count.
};
/// A notification of `from`, whose id was proved as far as the transport proves ids. The shell has
/// turned away peers of another ensemble. Its views are borrowed for the duration of the step.
struct NotificationReceived {
  ServerId from;
  wire::Notification notification;
};
/// There is a new connection to a peer: what was sent before may be lost.
struct PeerConnected {
  ServerId peer;
};
/// A peer's connection was refused, reset or timed out, or there is no route to it. Not when one
/// connection replaces another. Lasts until PeerConnected or a notification of the peer.
struct PeerSuspected {
  ServerId peer;
};
/// The configuration has changed: `last_seen` is newer while a reconfiguration is in flight, or
/// the same.
struct MembershipChanged {
  quorum::Configuration committed;
  quorum::Configuration last_seen;
};
/// The decision holds: the leader that it named, which may be this member, leads a quorum in
/// `epoch`.
struct LeaderEstablished {
  Epoch epoch;
};
/// This member has observed, and goes on as a follower of the same leader.
struct Promoted {};
/// The deadline that next_deadline() named has come.
struct DeadlineReached {};

using Event = std::variant<StartLooking, NotificationReceived, PeerConnected, PeerSuspected,
                           MembershipChanged, LeaderEstablished, Promoted, DeadlineReached>;

}  // namespace quorate::election
