// One client session as a machine without sockets, threads or clocks: requests and bytes in, bytes,
// replies and events out.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/client/watch_registry.h"
#include "server/wire/error_code.h"
#include "server/wire/opcode.h"

namespace quorate::client {

/// What a successful reply changes in the registry of watches.
struct WatchIntent {
  enum class Kind { kNone, kData, kExist, kChild, kPersistent, kRecursive, kRemove };
  Kind kind = Kind::kNone;
  std::string path;                        ///< As the server knows it (with the chroot).
  WatcherType remove = WatcherType::kAny;  ///< kRemove only.
  bool local_if_unreachable = false;       ///< kRemove only: forget it even without a server.
};

struct Request {
  wire::OpCode op = wire::OpCode::kPing;
  std::string body;
  WatchIntent watch;
};

struct Reply {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  Zxid zxid;
  std::string body;
};

/// States as ZooKeeper numbers them in events.
enum class KeeperState : int32_t {
  kDisconnected = 0,
  kSyncConnected = 3,
  kAuthFailed = 4,
  kConnectedReadOnly = 5,
  kClosed = 7,
  kExpired = -112,
};

/// A change of a watched node, or (type -1) of the session's state.
struct Event {
  int32_t type = -1;
  KeeperState state = KeeperState::kSyncConnected;
  std::string path;  ///< As the caller knows it; empty for type -1.
  Zxid zxid{-1};
  friend bool operator==(const Event&, const Event&) = default;
};
/// "NodeDataChanged"; "SyncConnected".
[[nodiscard]] std::string_view name_of_event(int32_t type);
[[nodiscard]] std::string_view name_of(KeeperState state);

struct MachineOptions {
  size_t server_count = 1;
  Duration session_timeout = std::chrono::seconds(30);
  Duration retry_pause = std::chrono::milliseconds(500);  ///< After every server refused once.
  bool read_only = false;                                 ///< Accepts a server without a quorum.
  std::string chroot;                                     ///< Cut off from the paths of events.
  SessionId session;                                      ///< Non-zero: resumes that session.
  std::string password;                                   ///< Of `session`, 16 bytes.
};

/// Drives one session over connections that its owner makes for it. The owner
///  - connects to server() whenever wants_connection() and says connecting(), then connected() or
///    disconnected();
///  - hands in what it receives, sends output(), and drops the connection when wants_drop();
///  - calls tick() at next_deadline(), and drains completions and events after each call.
/// Not thread-safe.
class Machine {
 public:
  enum class State {
    kWaiting,      ///< No connection; wants one at once or after a pause.
    kConnecting,   ///< The owner connects.
    kHandshaking,  ///< ConnectRequest sent.
    kConnected,
    kClosed,  ///< For good: closed by us, expired, or authentication failed.
  };
  struct Completion {
    uint64_t ticket;
    Reply reply;
  };

  explicit Machine(MachineOptions options);

  /// Queues a request; its completion carries the returned ticket. After the end it completes with
  /// the reason at once.
  uint64_t submit(Request request);
  /// Ends the session: sends closeSession where there is a connection.
  void close();

  void connecting(TimePoint now);
  void connected(TimePoint now);
  void disconnected(TimePoint now);
  void received(std::string_view bytes, TimePoint now);
  void tick(TimePoint now);

  [[nodiscard]] bool wants_connection(TimePoint now) const {
    return state_ == State::kWaiting && now >= retry_at_;
  }
  [[nodiscard]] size_t server() const { return server_; }
  [[nodiscard]] bool wants_drop() const { return drop_; }
  /// Bytes for the current connection; the owner erases what it has sent.
  [[nodiscard]] std::string& output() { return output_; }
  /// Must be called once the output was handed over; postpones the next ping.
  void sent(TimePoint now) { last_sent_ = now; }
  [[nodiscard]] std::vector<Completion> take_completions();
  [[nodiscard]] std::vector<Event> take_events();
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] SessionId session() const { return options_.session; }
  [[nodiscard]] const std::string& password() const { return options_.password; }
  [[nodiscard]] Duration negotiated_timeout() const { return negotiated_; }
  [[nodiscard]] Zxid last_zxid() const { return last_zxid_; }
  [[nodiscard]] bool is_read_only() const { return read_only_server_; }
  /// What a request gets after the end.
  [[nodiscard]] wire::ErrorCode end_reason() const { return end_reason_; }
  [[nodiscard]] const WatchRegistry& watches() const { return watches_; }

 private:
  struct Waiting {
    uint64_t ticket = 0;
    int32_t xid = 0;  ///< Sent requests only.
    Request request;
  };
  void send_frame(int32_t xid, wire::OpCode op, std::string_view body);
  void send_queued();
  void on_frame(std::string_view frame, TimePoint now);
  void on_connect_response(std::string_view frame);
  void on_notification(Zxid zxid, std::string_view body);
  void on_auth_reply(wire::ErrorCode error);
  void on_reply(int32_t xid, Reply reply);
  void note_watch(const WatchIntent& watch, wire::ErrorCode error);
  void complete(const Waiting& waiting, Reply reply);
  void fail_all(wire::ErrorCode error);
  void end(wire::ErrorCode reason, KeeperState state);
  void report(KeeperState state);
  [[nodiscard]] Duration read_timeout() const { return negotiated_ * 2 / 3; }

  MachineOptions options_;
  State state_ = State::kWaiting;
  bool drop_ = false;
  bool closing_ = false;
  bool read_only_server_ = false;
  wire::ErrorCode end_reason_ = wire::ErrorCode::kOk;
  Duration negotiated_{};
  Zxid last_zxid_;
  size_t server_ = 0;
  size_t attempts_ = 0;  ///< Connection attempts since the last one that succeeded.
  TimePoint retry_at_{};
  TimePoint attempt_deadline_{};
  TimePoint last_sent_{};
  TimePoint last_received_{};
  int32_t next_xid_ = 1;
  uint64_t next_ticket_ = 1;
  std::string input_;
  std::string output_;
  std::deque<Waiting> queued_;   ///< Not sent yet.
  std::deque<Waiting> pending_;  ///< Sent, in order of their xids.
  std::deque<Waiting> auths_pending_;
  std::vector<std::string> auths_;  ///< Bodies, sent again with each connection.
  WatchRegistry watches_;
  std::vector<Completion> completions_;
  std::vector<Event> events_;
};

}  // namespace quorate::client
