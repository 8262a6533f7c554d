// What leaders and learners share: connections, timing and why one is closed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/ids.h"
#include "server/base/time.h"

namespace quorate::zab {

/// ZooKeeper's limits count ticks; they hold between any two members. Heartbeats are faster and
/// only among Quorate's.
struct Timing {
  Duration tick = std::chrono::milliseconds(2000);
  int32_t init_limit_ticks = 10;
  int32_t sync_limit_ticks = 5;
  /// The leader pings peers that understand it so often; 0: every half tick, as all others.
  Duration heartbeat = std::chrono::milliseconds(50);
  /// A Quorate peer that was silent for so long is dead; 0: as all others, sync_limit.
  Duration silence_max = std::chrono::milliseconds(0);

  [[nodiscard]] Duration init_limit() const { return tick * init_limit_ticks; }
  [[nodiscard]] Duration sync_limit() const { return tick * sync_limit_ticks; }
  /// For the connection to a leader that others have elected: whose packets they still get may be
  /// out of reach all the same. As long as a leader waits for a voter to come back.
  [[nodiscard]] Duration connect_limit() const {
    return std::min(init_limit(), std::max<Duration>(tick, std::chrono::seconds(1)));
  }
  [[nodiscard]] Duration silence_limit(bool is_quorate) const {
    return is_quorate && silence_max > Duration::zero() ? silence_max : sync_limit();
  }
  [[nodiscard]] Duration ping_interval(bool is_quorate) const {
    return is_quorate && heartbeat > Duration::zero() ? heartbeat : tick / 2;
  }
};

/// Why one side closes a link, or gives up. A line in the log and a label of a metric.
enum class CloseReason : uint8_t {
  kMalformed,           ///< A packet that cannot be read.
  kUnexpected,          ///< A packet that does not belong into this phase.
  kWrongEnsemble,       ///< The peer's disk belongs to another ensemble.
  kOldProtocol,         ///< From before ZooKeeper 3.4.
  kReplaced,            ///< The same member has connected again.
  kConfigurationAhead,  ///< The learner has a later configuration than this leader.
  kOlderDisk,           ///< The learner has less than it is known to have had.
  kLearnerAhead,        ///< The learner has a later epoch or history than this leader.
  kLeaderBehind,        ///< The leader's epoch is lower than one that this member has accepted.
  kGap,                 ///< A transaction that does not follow the one before it.
  kCommitOutOfOrder,    ///< A commit of something else than the oldest pending transaction.
  kCannotTruncate,      ///< After a TRUNC the history does not end where it should.
  kSnapshotBusy,        ///< Another learner is being sent a snapshot.
  kSnapshotFailed,      ///< The snapshot was broken off or could not be stored.
  kHistoryGone,         ///< Slow: what it needs next is neither in memory nor in the log.
  kSilent,              ///< Nothing was heard for too long.
  kAcksOverdue,         ///< Nothing acknowledged for too long.
  kTooSlowToSync,       ///< initLimit is over.
  kReconfigured,        ///< The configuration changed who leads, or this member's part in it.
  kLinkLost,            ///< The other side closed, or the network did.
  kLeaderStopped,       ///< This member leads no longer.
};
[[nodiscard]] const char* name_of(CloseReason reason);

}  // namespace quorate::zab
