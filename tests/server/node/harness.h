// A node machine with fake clients and a fake disk: the simulation's smallest world.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/node/node.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "server/wire/stat.h"

namespace quorate::node::testing {

/// One frame as a client received it.
struct Received {
  wire::ReplyHeader header;
  std::string body;

  [[nodiscard]] wire::Reader reader() const { return wire::Reader(body); }
};

/// What a handshake was answered with.
struct Handshake {
  int32_t timeout_ms = 0;
  SessionId session;
  std::string password;
  bool read_only = false;
};

/// Everything that one fake connection has seen.
struct Client {
  ConnectionId id;
  std::optional<Handshake> handshake;
  std::deque<Received> replies;  ///< Notifications too, in order.
  std::optional<CloseReason> closed;
  bool established = false;
  bool paused = false;
  int32_t next_xid = 1;
};

/// Drives a Node. Writes become durable when sync() is called, never by themselves. Invariants are
/// checked after every step.
class World {
 public:
  explicit World(Options options = default_options());

  static Options default_options();

  /// A connection that has sent nothing yet.
  Client& connect(std::string address = "10.0.0.1");
  /// A connection with a session.
  Client& open(int32_t timeout_ms = 10000);
  void handshake(Client& client, wire::ConnectRequest request);
  void disconnect(Client& client);

  /// Sends one request with the next xid, which is returned.
  template <typename Request>
  int32_t send(Client& client, wire::OpCode op, const Request& request) {
    std::string payload;
    const int32_t xid = client.next_xid++;
    wire::encode(wire::RequestHeader{xid, op}, payload);
    encode_body(request, payload);
    send_payload(client, payload);
    return xid;
  }
  /// Sends a header with any xid and raw body bytes.
  void send_raw(Client& client, int32_t xid, wire::OpCode op, std::string_view body);
  void send_payload(Client& client, std::string_view payload);

  /// Sends, syncs, and takes the next reply that is no notification.
  template <typename Request>
  Received call(Client& client, wire::OpCode op, const Request& request) {
    send(client, op, request);
    sync();
    return take_reply(client);
  }
  Received take(Client& client);        ///< The next frame.
  Received take_reply(Client& client);  ///< The next frame that is no notification, dropping those.

  /// Makes everything logged so far durable.
  void sync();
  /// Makes txns up to `zxid` durable.
  void sync_to(Zxid zxid);
  /// Lets time pass; the machine is woken at each of its deadlines.
  void advance(Duration duration);
  void step(const Event& event);
  /// The two steps of a restore. Clients that were cut off are gone from the machine, too.
  void suspend();
  void replace_database(tree::Database database);

  Node& node() { return *node_; }
  [[nodiscard]] Zxid logged() const { return logged_; }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  [[nodiscard]] size_t note_count(NoteKind kind) const;
  /// Payload bytes of the large requests that were reported as done with.
  [[nodiscard]] size_t large_done_bytes() const { return large_done_bytes_; }
  [[nodiscard]] Now now() const { return now_; }
  /// Slices of the running snapshot until it is complete.
  std::string take_snapshot();
  [[nodiscard]] bool snapshot_began() const { return snapshot_began_; }

  // Short forms of common requests.
  wire::ErrorCode create(Client& client, std::string_view path, std::string_view data = "",
                         int32_t flags = 0);
  wire::ErrorCode set(Client& client, std::string_view path, std::string_view data,
                      int32_t version = -1);
  wire::ErrorCode remove(Client& client, std::string_view path, int32_t version = -1);
  /// Data of the node, or nothing.
  std::optional<std::string> get(Client& client, std::string_view path, bool watch = false);

 private:
  template <typename Request>
  static void encode_body(const Request& request, std::string& to) {
    if constexpr (requires { wire::encode(request, to); }) {
      wire::encode(request, to);
    }
  }
  void perform();
  void deliver(Client& client, std::string_view bytes);

  Now now_;
  std::unique_ptr<Node> node_;
  Actions actions_;
  std::map<ConnectionId, Client> clients_;
  uint64_t next_connection_ = 1;
  std::vector<std::string> log_;
  std::map<NoteKind, size_t> notes_;
  size_t large_done_bytes_ = 0;
  Zxid logged_;
  Zxid durable_;
  std::string snapshot_;
  bool snapshot_began_ = false;
  bool snapshot_ended_ = false;
};

/// A watch event as a client reads it.
struct SeenEvent {
  wire::EventType type;
  std::string path;
  Zxid zxid;
  friend bool operator==(const SeenEvent&, const SeenEvent&) = default;
};
[[nodiscard]] std::optional<SeenEvent> as_event(const Received& received);

}  // namespace quorate::node::testing
