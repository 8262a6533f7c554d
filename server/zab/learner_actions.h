// What a learner wants done: the outputs of one or more steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/wire/quorum_packet.h"
#include "server/wire/witnessed_disk.h"
#include "server/zab/leader_actions.h"
#include "server/zab/link.h"

namespace quorate::zab {

/// Filled by Learner::step; the shell performs everything in it, then calls clear(). What concerns
/// the log (truncate, then appends) keeps its order, and the log's answers come in that order. What
/// is still due when the learner gives up has to be awaited before the history has its next user.
struct LearnerActions {
  /// To the leader, in this order.
  std::string bytes;
  /// Write the files if they differ, accepted first; answer with EpochsSaved.
  std::optional<LeaderActions::SaveEpochs> save_epochs;
  /// Cut the log behind this zxid, which must be in it; answer with LogTruncated.
  std::optional<Zxid> truncate;
  /// What follows the packet in the stream is a snapshot of this zxid; answer with
  /// SnapshotInstalled. Packets behind it may be handed in before that.
  std::optional<Zxid> receive_snapshot;
  /// Log these, which the history holds; answer with LogSynced.
  std::vector<Zxid> appends;
  /// Everything up to here is committed: apply it. It may be ahead of LogSynced.
  std::optional<Zxid> committed;
  /// A configuration to be remembered durably: it takes part in elections.
  std::optional<quorum::Configuration> last_seen;
  std::optional<Activated> activated;
  /// `activated` has made a voter of this observer, which has acknowledged it and follows.
  bool promoted = false;
  /// The member follows in this epoch and serves; `committed` of the same step comes first.
  std::optional<Epoch> up_to_date;
  std::vector<wire::RevalidateResponse> revalidated;
  /// So many of this member's syncs, oldest first, are answered once `committed` is applied.
  uint32_t syncs_done = 0;
  /// The leader is about to leave, and names the voter that is to lead next.
  std::optional<ServerId> successor;
  /// As LeaderActions'.
  std::vector<wire::WitnessedDisk> witnessed;
  /// Close the connection and look for a leader.
  std::optional<CloseReason> gave_up;

  void clear();
};

}  // namespace quorate::zab
