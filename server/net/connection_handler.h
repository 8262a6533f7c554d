// What the owner of client connections implements, and what it learns about each connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/ids.h"
#include "server/net/peer_certificate.h"

namespace quorate::net {

/// A connection as it is when the handler first hears of it (for TLS: after the handshake).
struct ConnectionInfo {
  ConnectionId id;
  std::string remote_address;  ///< Numeric; an IPv4-mapped IPv6 address is given as IPv4.
  uint16_t remote_port = 0;
  std::string local_address;
  uint16_t local_port = 0;
  bool secure = false;
  std::optional<PeerCertificate> certificate;  ///< Verified; secure connections only.
};

/// Why a connection ended, or was never handed over.
enum class CloseCause {
  kPeerClosed,     ///< The client closed its side.
  kPeerReset,      ///< The client, or the network, reset the connection.
  kRequested,      ///< close(), close_when_quiet() or drop() of the handler.
  kFrameLength,    ///< Negative or above frame_bytes_max.
  kSessionless,    ///< No session was established within the deadline.
  kOutputLimit,    ///< More unread replies than output_bytes_hard.
  kStalled,        ///< Replies waited and the client read nothing for stall_timeout.
  kLargeRequests,  ///< large_request_bytes_max of large requests are in flight already.
  kAddressLimit,   ///< Never opened: connections_per_address_max.
  kTotalLimit,     ///< Never opened: connections_max.
  kTlsFailed,      ///< Never opened: the handshake failed; or a broken record later.
  kTlsTimeout,     ///< Never opened: the handshake took longer than tls_handshake_timeout.
  kIoError,        ///< Any other error of the operating system.
  kShutdown,       ///< The port was destroyed.
};

/// Stable lower-case name of a cause, for logs and metric labels ("slow_reader").
[[nodiscard]] std::string_view to_string(CloseCause cause);

/// `detail` is one line for a log; it may be empty and never holds secrets.
struct CloseReason {
  CloseCause cause = CloseCause::kPeerClosed;
  std::string detail;
};

/// A connection that was closed before on_open, for logs and metrics.
struct Rejection {
  std::string remote_address;
  uint16_t remote_port = 0;
  uint16_t local_port = 0;
  bool secure = false;
  CloseReason reason;
};

/// Receives what happens on the client connections of one ClientPort, on its loop's thread.
/// Every on_open is followed by exactly one on_closed, and nothing of that id comes after it. All
/// functions may call any function of the ClientPort (except its destructor); none is called from
/// inside such a call: what a call causes is reported later in the same turn.
class ConnectionHandler {
 public:
  virtual void on_open(const ConnectionInfo& info) = 0;

  /// `frames` holds one or more whole frames, each led by its four length bytes, lengths checked
  /// against frame_bytes_max (0 is possible). The bytes are valid during the call only.
  /// Returns how many bytes were taken: whole frames from the front. Less than all means that the
  /// handler wants no more of this connection now; the rest is handed over again, before anything
  /// newer, after resume_reading(), or by itself once less than output_bytes_soft is queued if the
  /// connection was congested().
  virtual size_t on_frames(ConnectionId id, std::string_view frames) = 0;

  /// The first four bytes of the connection were lower-case letters: a four-letter word, known or
  /// not. `rest` is what followed in the same read ("stmk" waits for its eight bytes). No frames
  /// come from this connection; the handler answers with send() and close(), at once or later (the
  /// sessionless deadline still applies).
  virtual void on_four_letter_word(ConnectionId id, std::string_view word,
                                   std::string_view rest) = 0;

  virtual void on_closed(ConnectionId id, const CloseReason& reason) = 0;

  /// A connection was closed before it was opened.
  virtual void on_rejected(const Rejection& rejection) = 0;

  /// Everything readable in this turn of the loop was handed over; output is flushed next. The
  /// place to submit a batch of writes.
  virtual void on_turn_end() {}

  /// Accepting failed and pauses for a moment (descriptors or memory ran out). `message` says what
  /// and where; repeated trouble is reported at most once a second.
  virtual void on_accept_trouble(std::string_view message) = 0;

 protected:
  ~ConnectionHandler() = default;
};

}  // namespace quorate::net
