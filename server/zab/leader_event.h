// What can happen to a leader: the inputs of its machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/wire/quorum_packet.h"
#include "server/zab/history.h"
#include "server/zab/link.h"
#include "server/zab/sync_plan.h"

namespace quorate::zab {

/// A learner has connected; nothing was read yet.
struct LinkOpened {
  LinkId link;
};
/// The link is gone; nothing can be sent on it any more.
struct LinkClosed {
  LinkId link;
};
/// Borrowed for the duration of the step.
struct LearnerPacket {
  LinkId link;
  wire::QuorumPacket packet;
};
/// So many bytes of what was sent on the link, snapshots not counted, have left for the network.
struct LinkFlushed {
  LinkId link;
  size_t bytes = 0;
};

/// The epoch files are on disk as SaveEpochs wanted them.
struct EpochsSaved {
  Epoch accepted;
  Epoch current;
};
/// Everything up to `zxid` is durable in this member's own log.
struct OwnLogSynced {
  Zxid zxid;
};
/// A transaction that this leader has numbered; it goes to its own log as well. Requires
/// is_established(), and continuity. `next` is set for a reconfig.
struct Proposed {
  Zxid zxid;
  std::string txn;
  std::optional<quorum::Configuration> next;
};

/// Answers to ProbeLog, ReadLog, SendSnapshot and Revalidate.
struct LogProbed {
  LinkId link;
  LogProbe probe;
};
struct LogRead {
  LinkId link;
  /// What follows `after` of the action, in order; empty: the log does not have it.
  std::vector<History::Entry> txns;
};
/// Part of the snapshot's stream has left for the network: the learner is alive.
struct SnapshotProgress {
  LinkId link;
};
struct SnapshotSent {
  LinkId link;
};
struct SessionRevalidated {
  LinkId link;
  SessionId session;
  bool is_valid = false;
};
/// A learner's sync, after everything that it asked for before was proposed.
struct SyncRequested {
  LinkId link;
};
/// This leader is about to leave: Quorate's learners are to hear who follows it.
struct SuccessorNamed {
  ServerId successor;
};
/// The deadline that next_deadline() named has come.
struct LeaderDeadline {};

using LeaderEvent =
    std::variant<LinkOpened, LinkClosed, LearnerPacket, LinkFlushed, EpochsSaved, OwnLogSynced,
                 Proposed, LogProbed, LogRead, SnapshotProgress, SnapshotSent, SessionRevalidated,
                 SyncRequested, SuccessorNamed, LeaderDeadline>;

}  // namespace quorate::zab
