// What the node machine wants done: the outputs of one or more steps, in reusable buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/node/quorum_actions.h"

namespace quorate::node {

/// Why a connection is closed; becomes a log line and a counter.
enum class CloseReason : uint8_t {
  kSessionClosed,     ///< closeSession was answered.
  kSessionExpired,    ///< The session expired, or a handshake named one that is unknown.
  kSessionTakenOver,  ///< The session is now served on another connection.
  kBadHandshake,      ///< The first frame is no ConnectRequest.
  kClientAhead,       ///< The client has seen a zxid that this member has not.
  kBadFrame,          ///< A frame too short for a header, or an auth packet beyond reading.
  kUnimplemented,     ///< An opcode that does not exist or that clients may not use.
  kAuthFailed,        ///< Wrong credentials.
  kRefused,           ///< Not serving.
  kStateReplaced,     ///< The member was synced with a snapshot: what was missed is not known.
  kFateUnknown,       ///< Whether its write was done cannot be told after a change of leader.
  kNoLeader,          ///< For too long in view of the session's timeout.
  kReadOnlyEnded,     ///< It was served without a leader, and there is one.
};

/// A line for the structured log, with one subject.
enum class NoteKind : uint8_t {
  kSessionOpened,
  kSessionMoved,
  kSessionExpired,
  kSessionClosed,
  kWritesRefused,  ///< Disk space is low.
  kWritesResumed,
  kQuotaExceeded,
  kSnapshotStarted,
  kReaped,
  kRoleChanged,       ///< `value` is the wire::PeerState, `peer` the leader, `detail` why.
  kServing,           ///< As `value` says, in the epoch of `zxid`.
  kReadOnly,          ///< Readers are served without a leader, or (`value` 0) no longer.
  kSuccessor,         ///< `peer` is to lead after this member.
  kLinkClosed,        ///< To the learner `peer`; `detail` says why.
  kLearnerSync,       ///< Of the learner `peer` by `detail`; `value` 1: from the log on disk.
  kReconfigRefused,   ///< `text` says why, `value` is the error code.
  kReconfigProposed,  ///< To the configuration `text`.
  kOlderDisk,         ///< Others know of more than `zxid` on this member's disk.
  kDigestMismatch,    ///< The tree is not what its txn said that it would be: a bug.
};
struct Note {
  NoteKind kind = NoteKind::kSessionOpened;
  SessionId session;
  Zxid zxid;
  int64_t value = 0;  ///< Timeout in ms of a session, number of reaped nodes.
  ServerId peer;
  const char* detail = nullptr;  ///< A constant.
  std::string text;
};

/// Filled by Node::step; the shell performs everything in it, then calls clear(), which keeps the
/// capacity. Ranges are offsets into `bytes`, `log_bytes` and `snapshot_bytes`.
/// Order that the shell must keep: appends before the next LogSynced it reports; for a connection
/// its sends in order, then its close.
struct Actions {
  struct Send {
    ConnectionId connection;
    size_t begin = 0;
    size_t end = 0;
  };
  struct Append {
    Zxid zxid;
    size_t begin = 0;
    size_t end = 0;
  };
  struct Close {
    ConnectionId connection;
    CloseReason reason = CloseReason::kSessionClosed;
  };
  struct LargeDone {
    ConnectionId connection;
    size_t payload_bytes = 0;
  };

  std::string bytes;
  std::vector<Send> sends;
  std::string log_bytes;
  std::vector<Append> appends;        ///< Encoded txns for the log, in the order of their zxids.
  std::vector<Close> closes;          ///< After what was sent to them has been flushed.
  std::vector<ConnectionId> pauses;   ///< Stop reading from these.
  std::vector<ConnectionId> resumes;  ///< Read from these again.
  std::vector<ConnectionId> established;  ///< Handshake complete: lift its deadline.
  std::vector<LargeDone> large_done;      ///< Large requests that are done with.
  std::vector<Note> notes;

  bool roll_log = false;         ///< The next append starts a new log file.
  bool snapshot_begins = false;  ///< A snapshot of the state at `snapshot_zxid` starts.
  Zxid snapshot_zxid;
  std::string snapshot_bytes;  ///< The next slice.
  bool snapshot_ends = false;  ///< The slice was the last one: make it durable.
  /// The running snapshot will not be completed: give its file up and report that it failed.
  bool snapshot_abandoned = false;

  QuorumActions quorum;  ///< Of members of an ensemble.

  /// Requests answered in this step without waiting for a write; the shell times the step.
  uint32_t reads_answered = 0;

  void clear();
  /// Appends `frame` to what goes to `connection`.
  void send(ConnectionId connection, std::string_view frame);
};

}  // namespace quorate::node
