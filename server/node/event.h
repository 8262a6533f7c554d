// What can happen to a member: the inputs of the node machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/tree/database.h"
#include "server/wire/acl.h"

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

using Event = std::variant<ConnectionOpened, ClientFrames, ConnectionClosed, LogSynced,
                           SpaceChanged, SnapshotWanted, SnapshotFinished, SnapshotRequested,
                           DeadlineReached, ServerStatsReset, ConnectionStatsReset>;

}  // namespace quorate::node
