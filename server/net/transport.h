// Reading and writing of one non-blocking socket, plain or through TLS, with one set of outcomes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace quorate::net {

enum class IoOutcome {
  kProgress,     ///< `bytes` were moved.
  kBlocked,      ///< Nothing now; wait for the socket.
  kEndOfStream,  ///< The peer closed its side.
  kReset,        ///< The connection is gone.
  kTlsError,     ///< A TLS record or handshake is wrong: take_tls_errors() says how.
  kError,        ///< errno says why.
};
struct IoResult {
  IoOutcome outcome = IoOutcome::kBlocked;
  size_t bytes = 0;
  bool wants_write = false;  ///< kBlocked in TLS, waiting for room to write although reading.
};

/// A connected socket, plain or TLS. Owns the descriptor.
class Transport {
 public:
  Transport() = default;
  explicit Transport(int fd) : fd_(fd) {}
  Transport(Transport&& other) noexcept;
  Transport& operator=(Transport&& other) noexcept;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  /// Becomes the accepting side of TLS. False if OpenSSL is out of memory.
  [[nodiscard]] bool begin_tls_accept(ssl_ctx_st* context);
  /// Becomes the connecting side; prepare_client_handshake(tls(), ...) comes next.
  [[nodiscard]] bool begin_tls_connect(ssl_ctx_st* context);
  /// One step of the handshake; kProgress when it is finished.
  IoResult handshake();

  IoResult read(char* to, size_t size);
  IoResult write(const char* from, size_t size);
  /// True if read() may have more although the socket shows nothing (bytes inside OpenSSL).
  [[nodiscard]] bool has_buffered_input() const;
  /// Nothing received and not read. Always false when the connection has ended.
  [[nodiscard]] bool receive_queue_is_empty() const;
  /// The first byte received, without taking it; -1 if there is none (yet, or any more).
  [[nodiscard]] int peek_first_byte() const;

  /// Tells the peer that nothing more comes.
  void shutdown_write();
  /// Reads and throws away; true while the peer may still send.
  [[nodiscard]] bool discard_input();
  void close();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool secure() const { return ssl_ != nullptr; }
  [[nodiscard]] ssl_st* tls() const { return ssl_; }

 private:
  IoResult tls_result(int result);
  [[nodiscard]] bool begin_tls(ssl_ctx_st* context);

  int fd_ = -1;
  ssl_st* ssl_ = nullptr;  // Owned.
};

}  // namespace quorate::net
