// What the node machine of a member of an ensemble wants done: towards its peers, and its disk.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/quorum/witness.h"
#include "server/zab/leader_actions.h"

namespace quorate::node {

/// Part of Actions, to be performed in the order of the fields here; what belongs to the log
/// (truncate, then Actions::appends) keeps its order from step to step as well.
struct QuorumActions {
  /// A range of `bytes`.
  struct Notify {
    ServerId to;
    size_t begin = 0;  ///< A whole frame of the election port.
    size_t end = 0;
  };
  struct Configure {
    quorum::Configuration configuration;
    bool is_committed = false;  ///< Else it is proposed: it takes part in elections already.
  };
  struct Connect {
    ServerId leader;
    std::vector<quorum::PeerAddress> addresses;
  };
  /// Cut the log behind `zxid`. `reload`: state went beyond it; load what is left from the disk.
  /// Answer with LogTruncated.
  struct Truncate {
    Zxid zxid;
    bool reload = false;
  };

  std::string bytes;

  /// To be stored before anything else of the step, durably.
  std::vector<Configure> configurations;
  std::optional<zab::LeaderActions::SaveEpochs> save_epochs;  ///< Answer with EpochsSaved.
  /// True: mark the disk as one that has to be filled before it may vote. False: remove the mark.
  std::optional<bool> marks_unfit;

  /// To be stored durably, soon: what comes before it need not wait. The newest counts.
  std::optional<quorum::Witness> witness;

  /// The member has no role any more: close the quorum port and the connection to the leader.
  bool leaves_role = false;
  bool listens = false;  ///< Open the quorum port: this member was elected.
  std::optional<Connect> connect;

  std::vector<Notify> notifications;
  bool wanted_changed = false;  ///< Node::wanted_peers() is another now.

  std::optional<Truncate> truncate;

  /// To learners: ranges of `bytes`. Those with `snapshot_follows` begin a stream, whose slices are
  /// asked for with LearnerSnapshotWanted.
  std::vector<zab::LeaderActions::Send> sends;
  /// The next slice of the snapshot for `snapshot_link`.
  std::string snapshot_bytes;
  LinkId snapshot_link;
  bool snapshot_ends = false;
  std::vector<zab::LeaderActions::Close> closes;
  std::vector<zab::LeaderActions::ProbeLog> probes;
  std::vector<zab::LeaderActions::ReadLog> reads;

  std::string leader_bytes;  ///< To the leader.
  /// What follows the packet is the snapshot of this zxid; answer with SnapshotReceived.
  std::optional<Zxid> receive_snapshot;

  void clear();
};

}  // namespace quorate::node
