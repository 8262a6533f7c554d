// The state that the parts of the node machine share. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "server/auth/identity.h"
#include "server/base/ring.h"
#include "server/node/in_flight.h"
#include "server/node/namespaces.h"
#include "server/node/node.h"
#include "server/quorum/reconfigure.h"
#include "server/request/prepare.h"
#include "server/session/tracker.h"
#include "server/tree/snapshot.h"
#include "server/tree/watches.h"
#include "server/wire/error_code.h"
#include "server/wire/handshake.h"
#include "server/wire/opcode.h"
#include "server/zab/history.h"

namespace quorate::node {

/// In place of the zxid of a reply: the one that is applied last when the reply is sent.
inline constexpr Zxid kLastApplied{INT64_MIN};

/// A request that waits for its turn in its connection's order.
struct Queued {
  enum class Kind : uint8_t {
    kWrite,  ///< Answered when it is applied. In an ensemble `bytes` is its body.
    kSync,   ///< Of an ensemble: answered when the leader has.
    kRead,   ///< `bytes` is the frame's payload, answered when it comes to the front.
    kReply,  ///< A header with `error`, sent when it comes to the front.
    kClose,  ///< The connection closes when it comes to the front.
  };
  Kind kind = Kind::kWrite;
  CloseReason close_reason = CloseReason::kUnimplemented;
  wire::OpCode op = wire::OpCode::kError;
  wire::ErrorCode error = wire::ErrorCode::kOk;  ///< kReply only.
  int32_t xid = 0;
  /// kWrite: as it was proposed here, or 0 if it was forwarded. kSync: what has to be applied
  /// before it is answered, 0 if the leader says when. kReply: kLastApplied means whatever is
  /// applied when it is sent.
  Zxid zxid;
  TimePoint received;
  bool is_found = false;  ///< kWrite: its request in flight was looked up, see resolve_in_flight.
  size_t charged_bytes = 0;  ///< What it counts against the limits.
  std::string bytes;
};

enum class Phase : uint8_t {
  kNew,      ///< Waits for its ConnectRequest.
  kOpening,  ///< Its createSession is on the way, or the leader is asked; frames wait in `backlog`.
  kOpen,
  kClosing,  ///< Replies are still owed, then it closes; frames are ignored.
  kClosed,   ///< The shell was told to close: nothing is sent any more.
};

/// One client connection. Slots of closed connections are reused; `id` never is.
struct Connection {
  ConnectionId id;
  tree::WatcherId slot;
  Phase phase = Phase::kNew;
  bool has_read_only_field = false;
  bool is_read_only = false;  ///< Served without a leader.
  bool paused = false;
  bool secure = false;
  bool authenticated = false;  ///< Some scheme that enforce.auth asks for has accepted it.
  uint16_t port = 0;
  std::string address;
  SessionId session;
  int32_t timeout_ms = 0;
  auth::Identities who;
  std::string backlog;  ///< kOpening, or while the member does not serve: whole frames.
  Ring<Queued> queue;
  size_t queue_bytes = 0;

  // For `cons`.
  WallMillis established;
  uint64_t received = 0;
  uint64_t sent = 0;
  wire::OpCode last_op = wire::OpCode::kNotification;
  int32_t last_xid = 0;
  Zxid last_zxid;
  WallMillis last_response;
  uint64_t latency_count = 0;
  int64_t latency_us_sum = 0;
  int64_t latency_us_last = 0;
  int64_t latency_us_min = 0;
  int64_t latency_us_max = 0;
};

/// A txn that this member has made and that is not applied yet.
struct Proposal {
  enum class Origin : uint8_t {
    kClient,         ///< A request of `connection`; its queue has a kWrite with this zxid.
    kCreateSession,  ///< The handshake of `connection`.
    kServer,         ///< Expiry or reaper; nobody waits.
  };
  Zxid zxid;
  Origin origin = Origin::kServer;
  tree::WatcherId slot;
  ConnectionId connection;
  TimePoint proposed_at;
};

/// Draws the snapshot thresholds; splitmix64.
struct Dice {
  uint64_t state = 0;
  uint64_t next() {
    state += 0x9E3779B97F4A7C15U;
    uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }
};

struct SnapshotState {
  Dice dice;
  int64_t txns_since = 0;
  int64_t log_bytes_since = 0;
  int64_t txns_max = 0;  ///< Random threshold of this round.
  int64_t log_bytes_max = 0;
  std::unique_ptr<tree::SnapshotWriter> writer;  ///< Null: all slices are out, or none is running.
  bool running = false;                          ///< Until the file is durable.
  Zxid last_zxid;
  WallMillis last_time;
};

struct Ensemble;  // ensemble.h

/// Invariants, checked by Node::check_invariants:
/// - the database has applied what the history has committed, in a step's end;
/// - proposals are dense and end at the history's last; of a standalone member the first one is
///   applied + 1, and durable >= applied (a follower may apply what others have durable);
/// - each kClient proposal whose connection is not kClosed is a kWrite in that connection's queue,
/// and
///   the kWrites of a queue are in the order of their zxids; a kClosed connection has no queue;
/// - outstanding counts are the sums over the queues;
/// - by_session maps sessions to the connection that serves them.
struct State {
  State(Options options_in, Recovered recovered, Now now);
  ~State();

  Options options;
  tree::Database database;
  tree::Watches watches;
  request::Preparer preparer;
  session::Tracker tracker;

  std::vector<std::unique_ptr<Connection>> slots;  ///< By WatcherId; null is free.
  std::vector<uint32_t> free_slots;
  absl::flat_hash_map<ConnectionId, uint32_t> by_id;
  absl::flat_hash_map<SessionId, uint32_t> by_session;
  std::vector<tree::WatcherId> paused;
  int64_t secure_count = 0;

  /// Everything that is logged or on its way to the log; last() is the newest.
  zab::History history;
  Zxid durable;  ///< Of the log.
  Ring<Proposal> proposals;
  InFlight in_flight;                  ///< Clients' requests of an ensemble whose fate is open.
  std::unique_ptr<Ensemble> ensemble;  ///< Null: standalone.
  bool serving = true;
  SessionId next_session;
  size_t outstanding_count = 0;
  size_t outstanding_bytes = 0;
  SpaceLevel space = SpaceLevel::kEnough;
  bool suspended = false;  ///< A restore is under way.
  bool replaced = false;   ///< The restored database is in place, its snapshot not yet on disk.

  TimePoint next_container_check;
  SnapshotState snapshot;
  Counters counters;
  Namespaces namespaces;
  uint64_t digest_mismatches = 0;  ///< Never reset.
  std::vector<Status::DigestEntry> digests;

  // Scratch, kept for its capacity.
  tree::Applied applied;
  std::vector<tree::Notification> notifications;

  [[nodiscard]] Connection* find(ConnectionId id) const;
  /// The connection in `slot` if it is still `id`.
  [[nodiscard]] Connection* find(tree::WatcherId slot, ConnectionId id) const;
};

// ---- connections.cc: coming and going --------------------------------------------------------
void open_connection(State& state, const ConnectionOpened& event, Now now);
void forget_connection(State& state, ConnectionId id);
/// Tells the shell to close; the connection's frames are ignored from now on, and what it waits
/// for is answered to nobody.
void close_connection(State& state, Connection& connection, CloseReason reason, Actions& actions);
void close_all(State& state, CloseReason reason, Actions& actions);
/// Stops reading from a connection that has too much in flight.
void pause_if_over_limits(State& state, Connection& connection, Actions& actions);
void resume_paused(State& state, Actions& actions);

// ---- handshake.cc -----------------------------------------------------------------------------
void handle_connect_request(State& state, Connection& connection, std::string_view payload, Now now,
                            Actions& actions);
/// Proposes the createSession of `connection`, or has the leader do it.
void ask_for_session(State& state, const Connection& connection, Now now, Actions& actions);
/// The createSession of `connection` is committed.
void finish_handshake(State& state, Connection& connection, Now now, Actions& actions);
/// The leader says whether the session that `connection` came with is alive.
void finish_reattach(State& state, Connection& connection, bool is_valid, Now now,
                     Actions& actions);

/// Answers the handshake of a session that was refused, and closes.
void refuse_session(State& state, Connection& connection, Actions& actions);
/// Answers the handshake with the connection's session, which is open from now on.
void accept_session(Connection& connection, Actions& actions);

// ---- read_only.cc: clients that need no leader, of members of an ensemble ----------------------
/// The member has no leader and serves those who asked for no more than reading.
[[nodiscard]] bool is_reading_only(const State& state);
/// Whether the connection is served although there is no leader: it reads only, or is about to say
/// so.
[[nodiscard]] bool needs_no_leader(const State& state, const Connection& connection);
/// The first frame of a connection at such a member.
void connect_read_only(State& state, Connection& connection, const wire::ConnectRequest& request,
                       int32_t timeout_ms, Now now, Actions& actions);
/// Refuses what needs a leader, and ends sessions; false: it is a request like any other.
bool answer_read_only(State& state, Connection& connection, wire::OpCode op, int32_t xid, Now now,
                      Actions& actions);

// ---- serve.cc: requests -----------------------------------------------------------------------
void handle_frames(State& state, Connection& connection, const ClientFrames& event, Now now,
                   Actions& actions);
/// Who asks for a write that is proposed here.
[[nodiscard]] request::Author author_of(const State& state, const Connection& connection,
                                        int32_t xid);
/// A request of this size is answered, or will be without its bytes: tells if it was a large one.
inline void finish_large_request(const State& state, const Connection& connection,
                                 size_t payload_bytes, Actions& actions) {
  const int64_t threshold = state.options.large_request_threshold;
  if (threshold >= 0 && static_cast<int64_t>(payload_bytes) > threshold) {
    actions.large_done.push_back({connection.id, payload_bytes});
  }
}
/// The same for what was read while the member could not serve.
void handle_backlog(State& state, Connection& connection, Now now, Actions& actions);
/// Answers everything at the front of the queue that no longer waits for a write.
void drain_queue(State& state, Connection& connection, Now now, Actions& actions);
/// Sends one reply frame and counts it.
void send_reply(State& state, Connection& connection, wire::OpCode op, int32_t xid, Zxid zxid,
                TimePoint received, std::string_view frame, Now now, Actions& actions);
/// The same for a frame that already stands at the end of actions.bytes, from `begin` on.
void send_built_reply(State& state, Connection& connection, wire::OpCode op, int32_t xid, Zxid zxid,
                      TimePoint received, size_t begin, Now now, Actions& actions);

// ---- propose.cc -------------------------------------------------------------------------------
void append_to_log(Zxid zxid, std::string_view txn, Actions& actions);
/// Numbers, prepares and logs `request`; its outcome will be the proposal's.
Proposal& propose(State& state, const wire::WriteRequest& request, const request::Author& author,
                  Now now, Actions& actions);
/// A reconfig at the leader of an ensemble.
Proposal& propose_reconfig(State& state, const wire::ReconfigRequest& request,
                           const request::Author& author, Now now, Actions& actions);
/// The configuration that the request asks for, or why it is refused.
[[nodiscard]] std::variant<quorum::Configuration, quorum::Refusal> plan_reconfig(
    const State& state, const wire::ReconfigRequest& request, const request::Author& author,
    ConfigVersion version);
Proposal& propose_error(State& state, wire::ErrorCode error, const request::Author& author, Now now,
                        Actions& actions);
Proposal& propose_create_session(State& state, SessionId session, int32_t timeout_ms, Now now,
                                 Actions& actions);

// ---- commit.cc --------------------------------------------------------------------------------
/// Applies everything up to `zxid`, which the history has committed.
void commit_up_to(State& state, Zxid zxid, Now now, Actions& actions);
/// The one place where watch events reach clients: checks READ, then sends.
void deliver(State& state, const std::vector<tree::Notification>& notifications, Zxid zxid,
             Actions& actions);

/// Another database takes the place of the present one: whoever has watches or waits for a write is
/// cut off, because what happened between the two is not known.
void install_database(State& state, tree::Database database, Actions& actions);

// ---- reply.cc ---------------------------------------------------------------------------------
/// Appends the frame that answers a write, from what applying it did.
void append_write_reply(std::string& to, wire::OpCode op, int32_t xid, Zxid zxid,
                        const tree::Applied& applied);

/// The same for a reconfig: the configuration as it is now, and its Stat.
void append_reconfig_reply(std::string& to, int32_t xid, Zxid zxid, const tree::Applied& applied,
                           const tree::Tree& tree);

// ---- timers.cc: expiry and the reaper ----------------------------------------------------------
void handle_deadline(State& state, Now now, Actions& actions);
[[nodiscard]] std::optional<TimePoint> next_deadline(const State& state);

// ---- snapshot.cc ------------------------------------------------------------------------------
void draw_snapshot_thresholds(State& state);
void start_snapshot_if_due(State& state, Actions& actions);
void start_snapshot(State& state, Actions& actions);
void continue_snapshot(State& state, Actions& actions);
void finish_snapshot(State& state, const SnapshotFinished& event, Now now);

// ---- restore.cc -------------------------------------------------------------------------------
void suspend(State& state, Actions& actions);
[[nodiscard]] bool is_replaceable(const State& state);
void replace_database(State& state, tree::Database database, Now now, Actions& actions);

// ---- roles.cc, lead.cc, learn.cc: members of an ensemble ---------------------------------------
/// The zxid of the next proposal.
[[nodiscard]] Zxid next_zxid(const State& state);
/// Hands a proposal of this leader to its machine.
/// `next` is set for a reconfig.
void broadcast(State& state, Zxid zxid, std::string txn, std::optional<quorum::Configuration> next,
               Now now);
/// Whether writes are proposed here, as opposed to forwarded.
[[nodiscard]] bool proposes(const State& state);
/// Sends a client's write, whose body was decoded whole, to the leader.
void forward_write(State& state, const Connection& connection, wire::OpCode op, int32_t cxid,
                   std::string_view body, Now now, Actions& actions);
/// The same for a sync; the connection's queue has a kSync for it.
void forward_sync(State& state, const Connection& connection, int32_t cxid, Now now,
                  Actions& actions);
/// A sync of a leader's own client waits for everything that is proposed.
void await_own_sync(State& state, const Connection& connection, Queued& queued);
void release_own_syncs(State& state, Now now, Actions& actions);
/// A write of this connection is about to be applied: the syncs and reads in front of it are
/// answered from the state before it.
void answer_before_write(State& state, tree::WatcherId slot, ConnectionId connection, Now now,
                         Actions& actions);
void forward_create_session(State& state, const Connection& connection, Now now, Actions& actions);
/// A leader's own client uses the session from now on.
void own_session(State& state, SessionId session);
/// The session has ended.
void forget_session(State& state, SessionId session);
/// A leader refuses what comes from a connection whose session is served elsewhere.
[[nodiscard]] bool owns_session(State& state, const Connection& connection);
/// Asks the leader whether the session with which `connection` came is alive.
void ask_revalidation(State& state, const Connection& connection, Now now, Actions& actions);
/// A learner's leader hears that the session is in use.
void touch_session(State& state, const Connection& connection, Now now);
/// Looks at a transaction that tells that a session is served by another member from now on.
void note_session_move(State& state, const wire::TxnRecord& record, Now now, Actions& actions);
/// Whether clients may have sessions: not while an ensemble is being formed, nor of a leader that
/// serves none.
[[nodiscard]] bool takes_clients(const State& state);
/// Whether a learner is being sent a snapshot.
[[nodiscard]] bool is_streaming_snapshot(const State& state);
[[nodiscard]] std::optional<TimePoint> next_ensemble_deadline(const State& state);
void handle_ensemble_deadline(State& state, Now now, Actions& actions);

// ---- status.cc --------------------------------------------------------------------------------
[[nodiscard]] Status make_status(const State& state, Now now, StatusDetail detail);

}  // namespace quorate::node
