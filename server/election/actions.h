// What an election wants done: the outputs of one or more steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/quorum/configuration.h"
#include "server/wire/election_message.h"
#include "server/wire/witnessed_disk.h"

namespace quorate::election {

/// What made a vote final.
enum class DecidedBy : uint8_t {
  kEveryVoter,  ///< Every voter that is not suspected has reported: nothing better can come.
  kWaiting,     ///< A quorum agreed, and no better vote came for as long as Apache waits.
  kJoining,     ///< A quorum follows this leader already, and it says itself that it leads.
};

/// The member has a leader now. Safety does not rest on it: the leader leads when a quorum accepts
/// its epoch, and LeaderEstablished tells.
struct Decision {
  wire::PeerState role = wire::PeerState::kLooking;  ///< Any but kLooking.
  wire::Vote vote;                                   ///< Names the leader.
  wire::Round round;
  DecidedBy by = DecidedBy::kEveryVoter;
  Duration looked_for{};  ///< Since StartLooking: the time to elect.
};

/// Why a decision that is not established cannot come true.
enum class Revocation : uint8_t {
  kNoQuorumLeft,     ///< Leading: those who moved on are too many.
  kLeaderMovedOn,    ///< Following: the leader looks for another, or follows one.
  kLeaderSuspected,  ///< Following: the leader's connection is gone.
};

/// A configuration that is newer than this member's, from a member of this one's.
struct ConfigurationSeen {
  ServerId from;
  quorum::Configuration configuration;
  bool is_in_flight = false;  ///< It is proposed, not committed.
};

/// Lines for the log.
enum class NoteKind : uint8_t {
  kRoundStarted,        ///< By this member.
  kRoundRaised,         ///< To that of `peer`.
  kVoteChanged,         ///< To that of `peer`.
  kCandidateSuspected,  ///< `peer`, for which this member voted.
};
struct Note {
  NoteKind kind = NoteKind::kRoundStarted;
  ServerId peer;
  wire::Round round;
  wire::Vote vote;  ///< This member's, after it.
};

/// Filled by Election::step; the shell performs everything in it, then calls clear().
struct Actions {
  /// `notification` borrows from the machine until its next step.
  struct Send {
    ServerId to;
    wire::Notification notification;
  };

  /// At most one a peer: what is newer replaces what was not sent yet, as Apache's queue does.
  std::vector<Send> sends;
  std::optional<Decision> decision;
  /// Answer with StartLooking, in this step.
  std::optional<Revocation> revoked;
  /// Adopt it (durably) and answer with MembershipChanged; or do not.
  std::optional<ConfigurationSeen> configuration_seen;
  /// What a looking member has heard that disks must have, its own among them: if that has less,
  /// answer with StartLooking without a vote.
  std::vector<wire::WitnessedDisk> witnessed;
  /// Election::wanted() is another now.
  bool wanted_changed = false;
  std::vector<Note> notes;

  void clear();
  void send(ServerId to, const wire::Notification& notification);
};

}  // namespace quorate::election
