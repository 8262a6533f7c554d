// Connection and ConnectionTable: the state of one client connection, and the slots they live in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/net/client_options.h"
#include "server/net/connection_handler.h"
#include "server/net/frame_progress.h"
#include "server/net/socket_address.h"
#include "server/net/transport.h"

namespace quorate::net {

enum class ConnectionPhase : uint8_t {
  kSniffing,     ///< Accepted on a port for both; the first byte decides.
  kHandshaking,  ///< TLS handshake under way.
  kGreeting,     ///< Opened; no frame yet, so a four-letter word is possible.
  kText,         ///< A four-letter word was handed over; waits for the answer.
  kFrames,       ///< Speaks frames.
  kClosing,      ///< Sends what is queued, then closes.
  kEnded,        ///< Closed for the handler, on_closed to be called at the end of the turn.
  kLingering,  ///< on_closed was called; waits for the peer's end so that it reads the last reply.
};

/// One client connection. Owned by the ConnectionTable; everything here belongs to the loop's
/// thread.
struct Connection {
  ConnectionId id;
  Transport transport;
  ConnectionPhase phase = ConnectionPhase::kGreeting;
  bool opened = false;       ///< on_open was called and on_closed was not.
  bool established = false;  ///< The session is there: no sessionless deadline.
  bool paused = false;       ///< By the handler.
  bool quiet_close = false;  ///< Closes when output is sent and nothing more was received.
  bool touched = false;      ///< Is in ClientCore::touched_.
  bool blocked = false;      ///< The socket took less than was offered: wait until it has room.
  bool roomy = false;        ///< Is in ClientCore::roomy_: its buffers may be released when idle.
  bool linger = false;       ///< kEnded only: becomes kLingering.
  bool secure = false;       ///< Speaks TLS.
  bool tls_rest = false;     ///< Received bytes may wait inside OpenSSL.
  bool tls_wants_write = false;  ///< TLS waits for room to write, although it has no output.
  uint32_t interest = 0;         ///< As registered with the poller.
  uint32_t listener = 0;         ///< Index of the listening socket it came from.

  FrameProgress progress;  ///< Of `input`.
  std::string input;   ///< Received and not taken: frames left by the handler, an incomplete one.
  std::string output;  ///< To be sent; the first `output_sent` bytes are.
  size_t output_sent = 0;

  SocketAddress remote;
  int64_t large_bytes = 0;   ///< Of its large requests in flight.
  TimePoint progress_at{};   ///< When blocked: the last time the socket took something.
  bool in_blocked = false;   ///< Is in ClientCore::blocked_.
  uint32_t active_tick = 0;  ///< Tick of the last input or output.
  CloseReason reason;        ///< kEnded only.

  [[nodiscard]] size_t output_queued() const { return output.size() - output_sent; }
  /// The handler may still address it.
  [[nodiscard]] bool live() const {
    return phase == ConnectionPhase::kGreeting || phase == ConnectionPhase::kText ||
           phase == ConnectionPhase::kFrames;
  }
  /// Bytes were received that the handler did not take.
  [[nodiscard]] bool holds_frames() const { return progress.whole > 0; }
};

/// Slots of connections. An id holds the slot (low 32 bits) and its generation (high 32 bits, from
/// 1), so that an id is never used twice and the lookup is an index and a comparison.
class ConnectionTable {
 public:
  /// A new connection with its id set. Never fails; the caller bounds the number.
  Connection& create();
  /// Null if the id's connection is gone.
  [[nodiscard]] Connection* find(ConnectionId id) {
    const auto slot = static_cast<uint32_t>(id.value);
    if (slot >= slots_.size()) [[unlikely]] {
      return nullptr;
    }
    Connection* connection = slots_[slot].connection.get();
    return connection != nullptr && connection->id == id ? connection : nullptr;
  }
  /// Destroys it; the reference is invalid afterwards.
  void release(Connection& connection);
  [[nodiscard]] size_t size() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace quorate::net
