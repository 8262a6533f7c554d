// ListeningSocket: one bound socket and what it accepts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/net/client_options.h"
#include "server/net/socket_address.h"

namespace quorate::net {

enum class AcceptOutcome {
  kAccepted,
  kNone,       ///< Nobody waits.
  kTransient,  ///< A client gave up in the backlog; try the next.
  kExhausted,  ///< Descriptors or memory ran out: accepting again at once would spin.
};
struct Accepted {
  AcceptOutcome outcome = AcceptOutcome::kNone;
  int fd = -1;  ///< kAccepted: non-blocking, close-on-exec, owned by the caller.
  SocketAddress remote;
  int error = 0;  ///< kExhausted: errno.
};

/// A listening socket. Owns its descriptor.
class ListeningSocket {
 public:
  /// Binds and listens on each address that the options name. Port 0 is chosen once and then used
  /// for the other addresses too. All or none stay open.
  static Result<std::vector<ListeningSocket>> open(const ListenOptions& options);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket();

  [[nodiscard]] Accepted accept() const;
  /// Stops listening; bound() and options() stay valid.
  void close();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] BoundAddress bound() const;
  [[nodiscard]] const ListenOptions& options() const { return options_; }

 private:
  ListeningSocket(int fd, SocketAddress local, ListenOptions options);
  static Result<std::vector<ListeningSocket>> open_all(std::vector<RawAddress> addresses,
                                                       const ListenOptions& options);
  static Result<ListeningSocket> open_one(const RawAddress& address, const ListenOptions& options);

  int fd_ = -1;
  SocketAddress local_;
  ListenOptions options_;
};

}  // namespace quorate::net
