// Which faults, in what kind of ensemble, show a planted bug.
#include "tests/sim/fault.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;

/// Learners are brought up by DIFF and TRUNC, and their logs are read from the beginning.
void keep_logs(Settings& settings) {
  settings.force_snapshot = false;
  settings.window_count = 500;
  settings.snapshot_txn_count = 100000;
}

/// Learners that were away are brought up from the log on disk.
void forget_soon(Settings& settings) {
  settings.is_quiet = false;
  settings.force_snapshot = false;
  settings.window_count = 3;
  settings.snapshot_size_factor = 100;
  settings.snapshot_txn_count = 100000;
}

void reconfigure_often(Settings& settings) {
  settings.may_reconfigure = true;
  settings.fault_interval = milliseconds(300);
}

}  // namespace

std::vector<Fault> faults_for(Bug bug) {
  switch (bug) {
    case Bug::kLostTruncation:
      return {Fault::kCrashLeader, Fault::kCrashLeader, Fault::kIsolateLeader,
              Fault::kIsolateLeader, Fault::kRollingRestart};
    case Bug::kEmptyDiskVotes:
      return {Fault::kWipe, Fault::kWipe, Fault::kCrashLeader, Fault::kSlowHost, Fault::kSlowDisk};
    case Bug::kOlderDiskVotes:
      return {Fault::kRollBack, Fault::kRollBack, Fault::kRollBack, Fault::kIsolate,
              Fault::kSlowHost};
    case Bug::kMoveNotCommitted:
      return {Fault::kReset, Fault::kReset,         Fault::kReset,
              Fault::kReset, Fault::kIsolateLeader, Fault::kCrashLeader};
    case Bug::kDeafLeader:
      return {Fault::kIsolateLeader, Fault::kIsolateLeader, Fault::kSplit};
    case Bug::kActivatedEarly:
      return {Fault::kReconfigure, Fault::kReconfigure, Fault::kCrashLeader, Fault::kIsolateLeader};
    case Bug::kNewMajorityOnly:
    case Bug::kVersionIgnored:
    case Bug::kReconfigTwice:
      return {Fault::kReconfigureSoon, Fault::kReconfigureSoon, Fault::kSlowDisk};
    case Bug::kHandOverForgets:
      return {Fault::kHandOver, Fault::kHandOver, Fault::kStopLeader};
    case Bug::kPartingNotSeen:
    case Bug::kGapInLog:
      return {Fault::kCrashLeader, Fault::kCrashLeader, Fault::kIsolateLeader,
              Fault::kIsolateLeader, Fault::kCrash};
    case Bug::kBitFlipBelieved:
      return {Fault::kFlipBit, Fault::kFlipBit, Fault::kCrash, Fault::kRollingRestart};
    case Bug::kSnapshotFlipBelieved:
      return {Fault::kFlipBit, Fault::kFlipBit, Fault::kFlipBit, Fault::kRollingRestart};
    default:
      return {};
  }
}

void favour(Bug bug, Settings& settings) {
  switch (bug) {
    case Bug::kLostTruncation:
      keep_logs(settings);
      settings.is_quiet = false;
      settings.fault_interval = milliseconds(400);
      return;
    case Bug::kEmptyDiskVotes:
    case Bug::kOlderDiskVotes:
      settings.is_quiet = false;
      settings.voters = 3;
      settings.fault_interval = milliseconds(300);
      return;
    case Bug::kMoveNotCommitted:
      settings.is_quiet = false;
      settings.clients = 8;
      settings.sync_max = milliseconds(30);
      settings.fault_interval = milliseconds(200);
      return;
    case Bug::kHandOverForgets:
      settings.is_quiet = false;
      settings.fault_interval = milliseconds(400);
      return;
    case Bug::kDeafLeader:
      settings.is_quiet = false;
      settings.fault_interval = milliseconds(1000);
      settings.silence_max = milliseconds(200);  // The bound on stale reads follows from both.
      settings.link_bytes_max = size_t{8} << 20;
      return;
    case Bug::kActivatedEarly:
    case Bug::kNewMajorityOnly:
    case Bug::kVersionIgnored:
    case Bug::kReconfigTwice:
      settings.is_quiet = false;
      reconfigure_often(settings);
      return;
    case Bug::kHandOverDrops:
      settings.is_quiet = true;
      settings.fault_interval = milliseconds(1500);
      settings.force_snapshot = false;
      settings.window_count = 500;
      return;
    case Bug::kPartingNotSeen:
    case Bug::kGapInLog:
      forget_soon(settings);
      settings.fault_interval = milliseconds(400);
      return;
    case Bug::kBitFlipBelieved:
      keep_logs(settings);
      settings.is_quiet = false;
      settings.fault_interval = milliseconds(300);
      return;
    case Bug::kSnapshotFlipBelieved:
      settings.is_quiet = false;
      settings.snapshot_txn_count = 40;
      settings.fault_interval = milliseconds(300);
      return;
    default:
      return;
  }
}

}  // namespace quorate::sim
