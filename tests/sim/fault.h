// Which kinds of faults there are, and which of them show a planted bug.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/sim/settings.h"

namespace quorate::sim {

enum class Fault : uint8_t {
  kCrash,        ///< A process, or a machine's power; starts again later.
  kCrashAtStep,  ///< At a durable step that comes soon.
  kCrashAll,     ///< Power for all at once.
  kCrashLeader,
  kPause,
  kPauseLeader,
  kIsolate,  ///< A member from all others.
  kIsolateLeader,
  kSplit,   ///< Two sides.
  kOneWay,  ///< One direction between two hosts.
  kBridge,  ///< Two members do not see each other.
  kReset,   ///< A few connections.
  kSlowHost,
  kSlowDisk,
  kFsyncError,  ///< Ends the process.
  kLowSpace,
  kWipe,
  kDamage,
  kRollBack,
  kFlipBit,
  kSwapDisks,
  kFullDisk,  ///< Ends the process, and lets it write nothing for a while.
  kClockJump,
  kSnapshot,
  kClientVanishes,
  kRollingRestart,
  kFlap,  ///< A member is cut off and joined again several times.
  kReconfigure,
  kReconfigureSoon,  ///< Several, one behind the other.
  kHandOver,         ///< An order to transfer the lead.
  kStopLeader,       ///< SIGTERM; starts again later.
  kRollingStop,      ///< SIGTERM to each in turn, when the one before serves again.
  kCount,
};

/// Those that the bug shows itself by, for a run that is to find it soon. Nothing: any will do.
[[nodiscard]] std::vector<Fault> faults_for(Bug bug);
/// An ensemble of the kind that the bug needs.
void favour(Bug bug, Settings& settings);

}  // namespace quorate::sim
