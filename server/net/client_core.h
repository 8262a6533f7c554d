// ClientCore: the machine behind ClientPort, without Asio: accepts, reads, delivers, flushes,
// expires.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/client_options.h"
#include "server/net/client_port.h"
#include "server/net/connection.h"
#include "server/net/connection_handler.h"
#include "server/net/listener.h"
#include "server/net/poller.h"

namespace quorate::net {

/// All client connections of one loop. The host (ClientPort) calls
///  - run_turn() when poller_fd() is readable, or when has_input() says so;
///  - finish_turn() soon after any other call that left has_work() true;
///  - tick() every kTickPeriod while needs_tick() is true.
/// The functions that ClientPort documents behave as documented there.
class ClientCore {
 public:
  static constexpr Duration kTickPeriod = std::chrono::milliseconds(100);

  ClientCore(Poller poller, ConnectionHandler& handler, ClientLimits limits);
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  [[nodiscard]] int poller_fd() const { return poller_.fd(); }
  void run_turn(TimePoint now);
  void finish_turn(TimePoint now);
  void tick(TimePoint now);
  [[nodiscard]] bool in_turn() const { return in_turn_; }
  [[nodiscard]] bool has_work() const { return !touched_.empty() || !ended_.empty(); }
  /// Bytes wait inside OpenSSL, which the poller cannot see.
  [[nodiscard]] bool has_input() const { return !again_.empty(); }
  [[nodiscard]] bool needs_tick() const;

  Result<std::vector<BoundAddress>> listen(const ListenOptions& options);
  void stop_listening();
  [[nodiscard]] std::vector<BoundAddress> bound() const;

  void send(ConnectionId id, std::string_view bytes);
  [[nodiscard]] std::string* output(ConnectionId id);
  void flush(TimePoint now);
  void close(ConnectionId id);
  void close_when_quiet(ConnectionId id);
  void drop(ConnectionId id);
  void pause_reading(ConnectionId id);
  void resume_reading(ConnectionId id);
  void established(ConnectionId id);
  void large_request_done(ConnectionId id, size_t payload_bytes);
  [[nodiscard]] size_t bytes_queued(ConnectionId id);
  [[nodiscard]] bool congested(ConnectionId id);
  [[nodiscard]] bool exists(ConnectionId id) { return live(id) != nullptr; }
  [[nodiscard]] const ClientPortStats& stats() const { return stats_; }
  void set_connections_max(size_t per_address, size_t total);

 private:
  enum class ListenerState : uint8_t { kArmed, kBackingOff, kAwaitingHandshakes, kClosed };
  struct Listener {
    ListeningSocket socket;
    ListenerState state = ListenerState::kArmed;
    TimePoint retry_at{};  // kBackingOff only.
    Duration back_off{};   // Grows while accepting keeps failing.
  };
  struct Deadline {
    ConnectionId id;
    TimePoint at;
  };

  // client_core.cc: turns and what the handler calls.
  [[nodiscard]] Connection* live(ConnectionId id);
  void touch(Connection& connection);
  void dispatch(uint64_t token, uint32_t events);
  void redeliver_touched();
  void settle_touched();
  void settle(Connection& connection);
  void report_ended();
  void update_interest(Connection& connection);
  [[nodiscard]] bool wants_read(const Connection& connection) const;
  [[nodiscard]] bool is_congested(const Connection& connection) const {
    return connection.output_queued() > limits_.output_bytes_soft;
  }

  // client_core_accept.cc: from the backlog to on_open.
  void accept_some(uint32_t index);
  void accept_one(uint32_t index, const Accepted& accepted);
  void reject(const Listener& listener, const SocketAddress& remote, CloseCause cause);
  void back_off(Listener& listener, int error);
  void report_trouble(const Listener& listener, int error);
  void arm(uint32_t index);
  void disarm(Listener& listener, ListenerState state);
  void sniff(Connection& connection);
  void begin_handshake(Connection& connection);
  void step_handshake(Connection& connection);
  void handshake_over();
  void open(Connection& connection);

  // client_core_input.cc: from the socket to on_frames.
  void read(Connection& connection);
  void read_more_of_large(Connection& connection);
  void note_tls_rest(Connection& connection, bool buffer_was_full);
  void input_failed(Connection& connection, const IoResult& result);
  void take_input(Connection& connection, std::string_view received, bool in_scratch);
  [[nodiscard]] bool take_word(Connection& connection, std::string_view received);
  [[nodiscard]] bool reserve_large(Connection& connection, int64_t bytes);
  [[nodiscard]] size_t deliver(Connection& connection, std::string_view frames);
  void deliver_held(Connection& connection);
  void keep_input(Connection& connection, std::string_view received, size_t taken, bool in_scratch);
  void refuse_length(Connection& connection, int32_t length);

  // client_core_output.cc: from output to the socket, and ends.
  void write(Connection& connection);
  void wrote(Connection& connection, size_t bytes);
  void finish_close(Connection& connection);
  void end(Connection& connection, CloseCause cause, std::string detail = {});
  void end_io(Connection& connection, const IoResult& result, const char* operation);
  void detach(Connection& connection, CloseReason reason);
  void release(Connection& connection);
  void note_roomy(Connection& connection);
  void expire_sessionless();
  void expire_handshakes();
  void expire_lingering();
  void expire_stalled();
  void shrink_idle();
  void retry_listeners();

  Poller poller_;
  ConnectionHandler& handler_;
  ClientLimits limits_;
  ConnectionTable table_;
  std::vector<Listener> listeners_;
  std::unordered_map<HostKey, uint32_t> per_address_;
  std::unique_ptr<char[]> scratch_;  // One read buffer for all connections.

  std::vector<ConnectionId> touched_;   // Have output, held frames or a changed interest.
  std::vector<ConnectionId> settling_;  // touched_ of the round under way.
  std::vector<ConnectionId> ended_;     // on_closed or on_rejected to be called.
  std::vector<ConnectionId> again_;     // Input waits inside OpenSSL.
  std::vector<ConnectionId> blocked_;   // Output waits for the socket.
  std::vector<ConnectionId> roomy_;     // Have buffers that may be released when idle.
  std::deque<Deadline> sessionless_;  // In order of time; entries of gone connections are skipped.
  std::deque<Deadline> handshakes_;   // Likewise.
  std::deque<Deadline> lingering_;    // Likewise.

  ClientPortStats stats_;
  int64_t large_bytes_ = 0;  // Of large requests in flight, all connections.
  size_t lingering_count_ = 0;
  int handshake_budget_ = 0;  // Steps left in this turn.
  bool in_turn_ = false;
  bool delivered_ = false;  // Something was handed over since the last on_turn_end().
  uint32_t tick_count_ = 0;
  TimePoint now_{};
  TimePoint trouble_reported_at_{};
  bool trouble_reported_ = false;
};

}  // namespace quorate::net
