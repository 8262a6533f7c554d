// How a leader brings one learner to its own history: DIFF, TRUNC or SNAP.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "server/base/ids.h"
#include "server/zab/history.h"

namespace quorate::zab {

enum class SyncMethod : uint8_t {
  kDiff,   ///< The learner's history is a prefix of the leader's.
  kTrunc,  ///< It is, once what is behind the packet's zxid has been cut off.
  kSnap,   ///< The learner starts from a snapshot.
};

[[nodiscard]] const char* name_of(SyncMethod method);

/// What is sent: the packet of `method` with `zxid`, then every committed transaction behind
/// `after`, as far as the leader has them when it sends.
struct SyncPlan {
  SyncMethod method = SyncMethod::kSnap;
  Zxid zxid;  ///< DIFF: what the transactions lead up to; TRUNC: where to cut; SNAP: of the
              ///< snapshot.
  Zxid after;
  bool from_log = false;  ///< The first of them come from the log on disk.
  friend bool operator==(const SyncPlan&, const SyncPlan&) = default;
};

/// What the log on disk knows around a learner's zxid.
struct LogProbe {
  std::optional<Zxid> floor;  ///< The greatest logged zxid <= the learner's.
  std::optional<Zxid> next;   ///< The smallest one greater than the learner's.
  /// From `floor` to the history in memory there is no gap.
  bool is_contiguous = false;
  int64_t bytes = 0;  ///< Of those transactions; greater than bytes_max: of some of them.
};
/// The log has to be asked first.
struct LogProbeWanted {
  Zxid zxid;              ///< The learner's.
  Zxid until;             ///< The oldest committed transaction in memory.
  int64_t bytes_max = 0;  ///< With more bytes up to there nobody needs to know the rest.
};

struct SyncOptions {
  bool force_snapshot = false;  ///< forceSnapshotSync.
  /// So many bytes of the log cost less than a snapshot; negative: the log is not used.
  int64_t log_bytes_max = -1;
  /// The leader is not established yet: its whole history will be committed when it is.
  bool commits_all = false;
  /// The learner can cut its log across the border of epochs, and notices if it never had the
  /// transaction to cut at. Apache's cannot, Quorate's can.
  bool cuts_across_epochs = false;
};

/// Decides for a learner whose last transaction is `learner`. `last_processed` is the leader's: the
/// last one committed, or epoch<<32 since it leads and before its first. Of an epoch of which the
/// learner's zxid is the mere beginning (counter 0) it has no transaction.
///
/// Anything that cannot be proved contiguous is a SNAP (ZOOKEEPER-2846, 4352, 4925). For Apache's
/// learners a TRUNC never crosses the border of an epoch unless it goes back to the end of the
/// leader's history; for them an old leader's last proposals cost a snapshot.
/// Source: ZooKeeper 3.9 LearnerHandler.syncFollower and queueCommittedProposals.
[[nodiscard]] std::variant<SyncPlan, LogProbeWanted> plan_sync(
    Zxid learner, Zxid last_processed, const History& history, const SyncOptions& options,
    const std::optional<LogProbe>& probe = std::nullopt);

}  // namespace quorate::zab
