// ListeningSocket: bind, listen, accept, with errors told apart.
#include "server/net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace quorate::net {
namespace {

constexpr int kPortChoices = 16;

Error socket_error(const char* step, const ListenOptions& options, int error) {
  ErrorKind kind = ErrorKind::kIo;
  if (error == EADDRINUSE) {
    kind = ErrorKind::kConflict;
  } else if (error == EACCES || error == EPERM) {
    kind = ErrorKind::kDenied;
  } else if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT) {
    kind = ErrorKind::kInvalidInput;
  }
  const std::string host = options.address.empty() ? "*" : options.address;
  return Error{kind, "cannot listen on " + host + ":" + std::to_string(options.port) + ": " + step +
                         ": " + std::strerror(error)};
}

void set_port(RawAddress& address, uint16_t port) {
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
  }
}

bool is_any_ipv6(const RawAddress& address) {
  return address.storage.ss_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
}

}  // namespace

ListeningSocket::ListeningSocket(int fd, SocketAddress local, ListenOptions options)
    : fd_(fd), local_(local), options_(std::move(options)) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      local_(other.local_),
      options_(std::move(other.options_)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(local_, other.local_);
  std::swap(options_, other.options_);
  return *this;
}

ListeningSocket::~ListeningSocket() { close(); }

Result<ListeningSocket> ListeningSocket::open_one(const RawAddress& address,
                                                  const ListenOptions& options) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return socket_error("socket", options, errno);
  }
  ListeningSocket opened(fd, {}, options);
  set_socket_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6) {
    // "::" written out or as "every interface" serves IPv4 too, as Java's does.
    set_socket_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_any_ipv6(address) ? 0 : 1);
  }
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    return socket_error("bind", options, errno);
  }
  if (::listen(fd, options.backlog > 0 ? options.backlog : SOMAXCONN) != 0) {
    return socket_error("listen", options, errno);
  }
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return socket_error("getsockname", options, errno);
  }
  opened.local_ = SocketAddress::from(local);
  return opened;
}

Result<std::vector<ListeningSocket>> ListeningSocket::open_all(std::vector<RawAddress> addresses,
                                                               const ListenOptions& options) {
  std::vector<ListeningSocket> sockets;
  std::optional<Error> unavailable;
  for (RawAddress& address : addresses) {
    if (options.port == 0 && !sockets.empty()) {
      set_port(address, sockets.front().local_.port);
    }
    Result<ListeningSocket> socket = open_one(address, options);
    if (socket) {
      sockets.push_back(std::move(*socket));
    } else if (socket.error().kind == ErrorKind::kInvalidInput) {
      // A name may have an address that this machine lacks, such as ::1 where IPv6 is off.
      unavailable = socket.error();
    } else {
      return socket.error();
    }
  }
  if (sockets.empty()) {
    return *unavailable;
  }
  return sockets;
}

Result<std::vector<ListeningSocket>> ListeningSocket::open(const ListenOptions& options) {
  if (options.tls != TlsMode::kOff && options.tls_context == nullptr) {
    return Error{ErrorKind::kInvalidInput, "cannot listen on port " + std::to_string(options.port) +
                                               ": TLS is asked for and no key store is set"};
  }
  const Result<std::vector<RawAddress>> addresses =
      resolve_listen_addresses(options.address, options.port);
  if (!addresses) {
    return addresses.error();
  }
  Result<std::vector<ListeningSocket>> sockets = open_all(*addresses, options);
  // Port 0: the port that the first address was given may be taken at the second.
  for (int i = 1; i < kPortChoices && options.port == 0 && !sockets &&
                  sockets.error().kind == ErrorKind::kConflict;
       ++i) {
    sockets = open_all(*addresses, options);
  }
  return sockets;
}

void ListeningSocket::close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

Accepted ListeningSocket::accept() const {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  const int fd =
      ::accept4(fd_, reinterpret_cast<sockaddr*>(&raw), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    return {.outcome = AcceptOutcome::kAccepted, .fd = fd, .remote = SocketAddress::from(raw)};
  }
  switch (errno) {
    case EAGAIN:
      return {.outcome = AcceptOutcome::kNone};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return {.outcome = AcceptOutcome::kExhausted, .error = errno};
    default:
      // ECONNABORTED, EINTR, and the network errors that Linux passes on from the new connection.
      return {.outcome = AcceptOutcome::kTransient};
  }
}

BoundAddress ListeningSocket::bound() const {
  return {
      .address = local_.host_text(), .port = local_.port, .secure = options_.tls != TlsMode::kOff};
}

}  // namespace quorate::net
