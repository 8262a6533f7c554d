// What a seed decides before the first event: the ensemble, its timing, its clients and its faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/time.h"

namespace quorate::sim {

/// Faults of the program itself, planted so that the checkers can prove that they would find them.
enum class Bug : uint8_t {
  kNone,
  kAckBeforeSync,         ///< The log is reported as durable when it was only written.
  kWrongQuorum,           ///< A member believes that there are fewer voters.
  kEpochWrittenEarly,     ///< currentEpoch is written with the acceptance (ZOOKEEPER-4643).
  kEpochLost,             ///< The epoch files are reported as stored and are not.
  kLostTruncation,        ///< TRUNC is reported as done; the log comes back with the next restart.
  kEmptyDiskVotes,        ///< A member votes although its disk was wiped.
  kOlderDiskVotes,        ///< A member votes although its disk was rolled back.
  kSnapshotNotStored,     ///< A received snapshot is reported as stored and is not.
  kFsyncErrorIgnored,     ///< What an fsync did not write is reported as durable.
  kLostWatch,             ///< One watch event in twenty is not sent.
  kDoubledWatch,          ///< One watch event in twenty is sent twice.
  kLateWatch,             ///< A watch event is sent behind the reply that follows it.
  kSwappedReplies,        ///< Two replies of one step change places.
  kDoubleApply,           ///< A forwarded request is taken twice.
  kLostTouches,           ///< The leader does not hear which sessions were used.
  kMoveNotCommitted,      ///< A session's move is confirmed before it is committed.
  kReaskWithoutLooking,   ///< After a change of leader all requests in flight are asked again.
  kMatchedByCxidAlone,    ///< Requests in flight are matched without regard to their session.
  kServesWhileLooking,    ///< A member without a leader answers.
  kDeafLeader,            ///< A leader never notices that its followers are silent.
  kSyncNotAsked,          ///< A follower answers a sync without its leader.
  kOldMajorityOnly,       ///< While a reconfig is in flight only the old voters are asked.
  kNewMajorityOnly,       ///< Only the new ones.
  kMajorityNotRenewed,    ///< Behind a reconfig the leader goes on counting the old voters.
  kActivatedEarly,        ///< A configuration holds when it is proposed.
  kRemovedVotes,          ///< Who is no member any more votes.
  kConfigurationLost,     ///< version-2/configuration is reported as stored and is not.
  kVersionIgnored,        ///< A reconfig is not held against the version that it names.
  kReconfigTwice,         ///< One is proposed while another is in flight.
  kHandOverForgets,       ///< What a leader has proposed for its clients is forgotten when it ends.
  kHandOverDrops,         ///< A leader that hands over has its followers close their clients.
  kBitFlipBelieved,       ///< The log's checksums are not looked at.
  kSnapshotFlipBelieved,  ///< Those of snapshots.
  kPartingNotSeen,        ///< The log is said to have whatever a learner ends with.
  kGapInLog,              ///< The last transaction of an epoch is left out of a DIFF from the log.
  kCount,
};
[[nodiscard]] std::string_view name_of(Bug bug);
[[nodiscard]] std::optional<Bug> bug_named(std::string_view name);

struct Settings {
  uint64_t seed = 1;
  Bug bug = Bug::kNone;
  bool has_faults = true;
  bool is_quiet = false;  ///< Nothing but orderly stops and changes of leader: no client notices.

  size_t voters = 3;
  size_t observers = 0;
  size_t spares = 0;             ///< Machines that may join.
  bool may_reconfigure = false;  ///< reconfigEnabled.
  size_t clients = 6;
  size_t operations_min = 1000;  ///< The safety phase goes on until so many were answered or lost.
  size_t faults_min = 10;
  Duration safety = std::chrono::seconds(20);      ///< At least.
  Duration safety_max = std::chrono::seconds(90);  ///< At most.
  Duration liveness_max = std::chrono::seconds(90);

  // Of the members.
  Duration tick = std::chrono::milliseconds(1000);
  Duration heartbeat = std::chrono::milliseconds(50);
  Duration silence_max = std::chrono::milliseconds(400);
  int32_t init_limit_ticks = 10;
  int32_t sync_limit_ticks = 5;
  size_t window_count = 500;
  double snapshot_size_factor = -1;
  bool force_snapshot = false;
  size_t link_bytes_max = size_t{8} << 20;
  int64_t snapshot_txn_count = 100000;
  size_t snapshot_slice_bytes = size_t{64} << 10;

  /// A promise that is not kept yet; with it seeds fail. A bit of the last batch in the log flips:
  /// it is taken for a torn tail and cut.
  bool flips_last_batch = false;

  // Of the network and the disks.
  Duration delay_min = std::chrono::microseconds(50);
  Duration delay_max = std::chrono::microseconds(500);
  Duration sync_min = std::chrono::microseconds(100);
  Duration sync_max = std::chrono::microseconds(3000);

  // Of the clients.
  Duration think_max = std::chrono::milliseconds(150);
  int32_t session_timeout_ms = 5000;

  // Which kinds of faults there are, in percent of all; drawn for each seed.
  Duration fault_interval = std::chrono::milliseconds(1500);
};

[[nodiscard]] Settings settings_of(uint64_t seed, Bug bug);

}  // namespace quorate::sim
