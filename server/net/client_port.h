// ClientPort: all client connections of a member, on one loop, with their framing and limits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/net/client_options.h"
#include "server/net/connection_handler.h"

namespace boost::asio {
class io_context;  // Declared, not included: Asio costs seconds of compile time in every user.
}  // namespace boost::asio

namespace quorate::net {

/// Index of a connection's slot: dense and small, reused by later connections (ids are not). An
/// owner may keep its own state in a vector indexed by it.
[[nodiscard]] constexpr uint32_t slot_of(ConnectionId id) {
  return static_cast<uint32_t>(id.value);
}

/// Gauges and counters since start.
struct ClientPortStats {
  size_t open = 0;         ///< Opened and not closed.
  size_t handshaking = 0;  ///< TLS handshakes under way.
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t tls_failed = 0;
  uint64_t sessionless_closed = 0;
  uint64_t bytes_received = 0;  ///< Plain bytes, after TLS.
  uint64_t bytes_sent = 0;      ///< Plain bytes accepted by the system, before TLS.
};

/// The client connections of one io_context that is run by one thread. Every function, the
/// constructor and the destructor included, is called on that thread (or before it runs).
///
/// A turn of the loop: read what is readable, at most one buffer from each connection, and hand it
/// over; on_turn_end(); then send each connection's output with one system call. Output that is
/// made outside of a turn (a log batch became durable) is sent when the current handler of the
/// io_context has returned, or at once by flush().
///
/// Functions that take an id ignore one whose connection is gone.
class ClientPort {
 public:
  /// `handler` and `loop` outlive the port.
  ClientPort(boost::asio::io_context& loop, ConnectionHandler& handler, ClientLimits limits);
  /// Closes everything without on_closed.
  ~ClientPort();
  ClientPort(const ClientPort&) = delete;
  ClientPort& operator=(const ClientPort&) = delete;

  /// Starts to listen; may be called several times. Resolves a host name (this may block). Returns
  /// what was bound. Errors: kConflict port in use, kInvalidInput bad address or missing TLS
  /// context, kDenied port not allowed; nothing stays bound then.
  Result<std::vector<BoundAddress>> listen(const ListenOptions& options);
  /// Closes the listening sockets; connections stay.
  void stop_listening();
  [[nodiscard]] std::vector<BoundAddress> bound() const;

  /// Queues bytes (whole frames, or text after a four-letter word) for the client.
  void send(ConnectionId id, std::string_view bytes);
  /// The connection's output buffer, to append whole frames to without a copy; null if it is gone.
  /// Valid until the next call of any other function of this port, or the end of the callback.
  [[nodiscard]] std::string* output(ConnectionId id);
  /// Sends all queued output now.
  void flush();

  /// Reads no more, closes after the queued output is sent.
  void close(ConnectionId id);
  /// For a stopping member, once every request of this connection is answered: closes after the
  /// queued output is sent if the client sent nothing more meanwhile. If it did, that is handed
  /// over as usual and the call is to be repeated after the answers.
  void close_when_quiet(ConnectionId id);
  /// Closes now; queued output is lost.
  void drop(ConnectionId id);

  void pause_reading(ConnectionId id);
  /// Also hands over again what on_frames did not take.
  void resume_reading(ConnectionId id);
  /// The session is established: lifts the sessionless deadline.
  void established(ConnectionId id);
  /// A large request (see ClientLimits) of this size, length bytes not counted, is done with.
  void large_request_done(ConnectionId id, size_t payload_bytes);

  /// Unsent output. 0 if the connection is gone.
  [[nodiscard]] size_t bytes_queued(ConnectionId id) const;
  /// More than output_bytes_soft is queued: on_frames should stop and return what it took.
  [[nodiscard]] bool congested(ConnectionId id) const;
  [[nodiscard]] bool exists(ConnectionId id) const;
  [[nodiscard]] const ClientPortStats& stats() const;

  /// Limits that may change while running (the others keep their first value).
  void set_connections_max(size_t per_address, size_t total);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::net
