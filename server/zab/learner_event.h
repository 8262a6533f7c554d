// What can happen to a learner: the inputs of its machine.
#pragma once

#include <cstdint>
#include <variant>

#include "server/base/ids.h"
#include "server/wire/quorum_packet.h"
#include "server/zab/leader_event.h"

namespace quorate::zab {

/// The connection to the leader is there.
struct LeaderConnected {};
/// It could not be made, or is gone.
struct LeaderLost {};
/// Borrowed for the duration of the step.
struct LeaderPacket {
  wire::QuorumPacket packet;
};
/// Everything up to `zxid` is durable in this member's log.
struct LogSynced {
  Zxid zxid;
};
/// The log ends with `last` now, durably, and state that went beyond it was loaded anew.
struct LogTruncated {
  Zxid last;
};
/// Some of the snapshot has arrived.
struct SnapshotArriving {};
/// The snapshot is durable under its final name, no log entry of the former history is left behind
/// it, and the state is the snapshot's. Or it was broken off or could not be stored: then, as when
/// the learner gives up before this event, the history has to be filled anew from the disk.
struct SnapshotInstalled {
  Zxid zxid;
  bool succeeded = false;
};
/// A client of this member has used its session: the leader hears of it with the next ping.
struct SessionTouched {
  wire::SessionTouch session;
};
/// A client's write for the leader; its body was decoded whole before. Requires is_up_to_date().
struct Forward {
  wire::ForwardedRequest request;
  wire::IdList authors;
};
/// A client has moved here with its session. Requires is_up_to_date().
struct AskRevalidation {
  wire::SessionTouch session;
};
/// The deadline that next_deadline() named has come.
struct LearnerDeadline {};

using LearnerEvent = std::variant<LeaderConnected, LeaderLost, LeaderPacket, EpochsSaved, LogSynced,
                                  LogTruncated, SnapshotArriving, SnapshotInstalled, SessionTouched,
                                  Forward, AskRevalidation, LearnerDeadline>;

}  // namespace quorate::zab
