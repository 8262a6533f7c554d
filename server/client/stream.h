// A non-blocking connection to a server, plain or TLS: connecting, handshake, bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/client/connect_string.h"
#include "server/net/tls_context.h"

struct addrinfo;

namespace quorate::client {

/// Tries every address of the host in turn. Used by one thread.
class Stream {
 public:
  enum class Progress { kPending, kReady, kFailed };

  /// Resolves the host (blocks) and starts to connect. `tls` may be null.
  Stream(const Endpoint& server, std::shared_ptr<net::TlsContext> tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// One step of connecting and of the TLS handshake; call when the socket is ready.
  [[nodiscard]] Progress advance();
  /// Appends what is there to `to`. False: the connection is gone, failure() says why.
  [[nodiscard]] bool receive(std::string& to);
  /// Sends a prefix of `from` and erases it. False as above.
  [[nodiscard]] bool send(std::string& from);

  [[nodiscard]] int fd() const { return fd_; }
  /// What poll() has to wait for.
  [[nodiscard]] short events(bool has_output) const;
  /// Why it failed, for people: "connection refused by 127.0.0.1:2181".
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  struct TlsDeleter {
    void operator()(ssl_st* ssl) const;
  };
  struct AddressDeleter {
    void operator()(addrinfo* list) const;
  };
  [[nodiscard]] bool next_address();
  [[nodiscard]] Progress start_tls();
  [[nodiscard]] Progress handshake();
  void fail(std::string_view why);

  Endpoint server_;
  std::shared_ptr<net::TlsContext> tls_;
  std::unique_ptr<addrinfo, AddressDeleter> addresses_;
  addrinfo* address_ = nullptr;  ///< The next one to try.
  int fd_ = -1;
  bool connected_ = false;  ///< TCP is.
  std::unique_ptr<ssl_st, TlsDeleter> ssl_;
  bool wants_write_ = true;  ///< Of the step under way.
  std::string failure_;
};

}  // namespace quorate::client
