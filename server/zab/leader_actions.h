// What a leader wants done: the outputs of one or more steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/wire/quorum_packet.h"
#include "server/wire/witnessed_disk.h"
#include "server/zab/link.h"
#include "server/zab/sync_plan.h"

namespace quorate::zab {

/// Why this member leads no longer; it looks for a leader again.
enum class StepDownReason : uint8_t {
  kNoEpochQuorum,   ///< No quorum agreed on an epoch within initLimit.
  kNoSyncQuorum,    ///< No quorum synced within initLimit.
  kQuorumLost,      ///< Not enough voters are heard of.
  kZxidsExhausted,  ///< The epoch has no more zxids.
  kReconfigured,    ///< Another leads the new configuration, see LeaderActions::activated.
};
[[nodiscard]] const char* name_of(StepDownReason reason);

/// A configuration that holds from now on.
struct Activated {
  quorum::Configuration configuration;
  Zxid zxid;
  ServerId designated_leader;
};

/// Filled by Leader::step; the shell performs everything in it, then calls clear(). Sends and
/// snapshots of one link keep their order, and a close comes after them.
struct LeaderActions {
  /// A range of `bytes`; the same range may go to many.
  struct Send {
    LinkId link;
    size_t begin = 0;
    size_t end = 0;
    /// A snapshot of exactly `snapshot_zxid` follows these bytes as a raw stream, and nothing else
    /// until SnapshotSent.
    bool snapshot_follows = false;
    Zxid snapshot_zxid;
  };
  struct Close {
    LinkId link;
    CloseReason reason = CloseReason::kMalformed;
  };
  /// Write the files if they differ; answer with EpochsSaved.
  struct SaveEpochs {
    Epoch accepted;
    Epoch current;
  };
  struct ProbeLog {
    LinkId link;
    LogProbeWanted wanted;
  };
  /// Read committed transactions of the log from the first behind `after` to `until`, no more than
  /// `bytes_max` but one at least.
  struct ReadLog {
    LinkId link;
    Zxid after;
    Zxid until;
    size_t bytes_max = 0;
  };
  /// A client's request by way of a follower, to be prepared and proposed in this order; sync is
  /// answered with SyncRequested. Borrows from the event.
  struct Request {
    LinkId link;
    ServerId from;
    wire::ForwardedRequest request;
    wire::IdList authors;
  };
  /// A client has moved to this learner: is its session alive? Answer with SessionRevalidated.
  struct Revalidate {
    LinkId link;
    wire::SessionTouch session;
  };

  /// A learner is being brought up to date so; for counters and logs.
  struct Sync {
    ServerId learner;
    SyncPlan plan;
  };

  std::string bytes;
  std::vector<Send> sends;
  std::vector<Sync> syncs;
  std::vector<Close> closes;
  std::optional<SaveEpochs> save_epochs;
  std::vector<ProbeLog> probes;
  std::vector<ReadLog> reads;
  std::vector<Request> requests;
  std::vector<wire::SessionTouch> touches;  ///< Sessions that learners' clients have used.
  std::vector<Revalidate> revalidations;
  /// A newer configuration than the committed one, to be remembered durably: it takes part in
  /// elections.
  std::optional<quorum::Configuration> last_seen;
  /// This member leads a quorum in this epoch: its vote gets the epoch, it serves, and its first
  /// zxid is the epoch's first.
  std::optional<Epoch> established;
  /// Everything up to here is committed: apply it.
  std::optional<Zxid> committed;
  std::optional<Activated> activated;
  /// What members have on their disks, this one among them: to be remembered, durably soon.
  std::vector<wire::WitnessedDisk> witnessed;
  std::optional<StepDownReason> stepped_down;

  void clear();
};

}  // namespace quorate::zab
