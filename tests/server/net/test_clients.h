// Loopback clients for tests: plain and TLS sockets that never block, driven by the test's own
// loop.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace quorate::net::test {

/// `length` bytes of big-endian length, then the payload.
[[nodiscard]] std::string frame(std::string_view payload);
/// A frame length alone.
[[nodiscard]] std::string length_bytes(int32_t length);

/// A client socket on 127.0.0.1 (or ::1). pump() sends what was queued and receives what came.
class PlainClient {
 public:
  explicit PlainClient(uint16_t port, const char* host = "127.0.0.1", int receive_buffer = 0);
  PlainClient(PlainClient&& other) noexcept;
  PlainClient& operator=(PlainClient&&) = delete;
  ~PlainClient();

  void send(std::string_view bytes) { unsent_ += bytes; }
  void pump();
  /// No more output: the server reads an end of stream.
  void shutdown_write();
  /// Closes so that the server gets a reset.
  void reset();
  void close();

  /// Do not receive: the server's output backs up.
  bool reads = true;
  std::string received;
  bool ended = false;   ///< The server closed its side.
  bool broken = false;  ///< Reset, or the connection failed.
  [[nodiscard]] bool over() const { return ended || broken; }
  [[nodiscard]] size_t unsent() const { return unsent_.size(); }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] uint16_t local_port() const;

 private:
  int fd_ = -1;
  std::string unsent_;
};

/// A TLS client on a socket of its own.
class TlsClient {
 public:
  TlsClient(uint16_t port, SSL_CTX* context, const std::string& server_name = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void send(std::string_view bytes) { unsent_ += bytes; }
  void pump();

  std::string received;
  bool connected = false;  ///< Handshake finished on this side.
  bool ended = false;
  bool broken = false;  ///< Handshake or connection failed; `error` says how.
  std::string error;
  [[nodiscard]] bool over() const { return ended || broken; }
  [[nodiscard]] SSL* ssl() { return ssl_; }

 private:
  void fail(int result);

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::string unsent_;
};

}  // namespace quorate::net::test
