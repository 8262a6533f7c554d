// What can happen to a member: the inputs of the node machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/tree/database.h"
#include "server/wire/acl.h"
#include "server/wire/election_message.h"
#include "server/wire/quorum_packet.h"
#include "server/zab/leader_event.h"

namespace quorate::node {

/// A client has connected; nothing was read yet.
struct ConnectionOpened {
  ConnectionId connection;
  std::string address;  ///< Textual IP, without port or brackets.
  uint16_t port = 0;
  bool secure = false;
  std::vector<wire::Id> certificate_ids;  ///< What a verified client certificate proves.
};
/// One or more whole frames, each with its length, in the order in which they were read. Borrowed
/// for the duration of the step.
struct ClientFrames {
  ConnectionId connection;
  std::string_view frames;
  /// They have been held back for too long: what may be refused is answered with kThrottledOp.
  bool overdue = false;
};
/// The connection is gone; nothing can be sent to it any more.
struct ConnectionClosed {
  ConnectionId connection;
};
/// Every txn up to `zxid` is durable in this member's log.
struct LogSynced {
  Zxid zxid;
  int64_t log_bytes = 0;  ///< Bytes written to the log since the last snapshot began.
};
/// How much room the log's file system has.
enum class SpaceLevel : uint8_t {
  kEnough,
  kLow,        ///< Client writes are refused; sessions may still open, close and expire.
  kExhausted,  ///< Nothing new is logged but the end of sessions.
};
struct SpaceChanged {
  SpaceLevel level = SpaceLevel::kEnough;
};
/// The snapshot file takes another slice.
struct SnapshotWanted {};
/// The snapshot file is complete and durable, or was given up.
struct SnapshotFinished {
  Zxid zxid;
  bool succeeded = false;
};
/// Somebody asks for a snapshot now.
struct SnapshotRequested {};
/// The deadline that next_deadline() named has come.
struct DeadlineReached {};
/// Reset of counters: srst and crst.
struct ServerStatsReset {};
struct ConnectionStatsReset {};

// ---- Of members of an ensemble ----------------------------------------------------------------

/// On the election port; see election::Event. The notification is borrowed.
struct PeerConnected {
  ServerId peer;
};
struct PeerSuspected {
  ServerId peer;
};
struct PeerNotified {
  ServerId from;
  wire::Notification notification;
};
/// On the quorum port, to this member as the leader. The packet is borrowed.
struct LearnerConnected {
  LinkId link;
};
struct LearnerLost {
  LinkId link;
};
struct LearnerSent {
  LinkId link;
  wire::QuorumPacket packet;
};
/// So many bytes that were sent on the link have left.
struct LearnerFlushed {
  LinkId link;
  size_t bytes = 0;
  bool is_snapshot = false;
};
/// The stream to the link takes another slice.
struct LearnerSnapshotWanted {
  LinkId link;
};
/// On the connection to the leader. The packet is borrowed.
struct LeaderConnected {};
struct LeaderLost {};
struct LeaderSent {
  wire::QuorumPacket packet;
};
/// The files are as QuorumActions::save_epochs wanted them.
struct EpochsSaved {
  Epoch accepted;
  Epoch current;
};
/// The log ends with `last`, durably.
struct LogTruncated {
  Zxid last;
  std::shared_ptr<tree::Database> reloaded;  ///< If that was asked for; taken.
};
/// Some of the snapshot has arrived.
struct SnapshotArriving {};
/// It is complete and durable and the log has nothing behind it; or it was broken off, or could not
/// be stored.
struct SnapshotReceived {
  Zxid zxid;
  std::shared_ptr<tree::Database> database;  ///< Taken; null: it failed, the disk is as it was.
};

using Event =
    std::variant<ConnectionOpened, ClientFrames, ConnectionClosed, LogSynced, SpaceChanged,
                 SnapshotWanted, SnapshotFinished, SnapshotRequested, DeadlineReached,
                 ServerStatsReset, ConnectionStatsReset, PeerConnected, PeerSuspected, PeerNotified,
                 LearnerConnected, LearnerLost, LearnerSent, LearnerFlushed, LearnerSnapshotWanted,
                 LeaderConnected, LeaderLost, LeaderSent, EpochsSaved, LogTruncated, zab::LogProbed,
                 zab::LogRead, SnapshotArriving, SnapshotReceived>;

}  // namespace quorate::node
