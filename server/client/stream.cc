// Sockets and TLS of the client.
#include "server/client/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "server/net/tls_peer.h"

namespace quorate::client {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

}  // namespace

void Stream::TlsDeleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void Stream::AddressDeleter::operator()(addrinfo* list) const { ::freeaddrinfo(list); }

Stream::Stream(const Endpoint& server, std::shared_ptr<net::TlsContext> tls)
    : server_(server), tls_(std::move(tls)) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(server.port);
  const int failure = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) {
    fail(::gai_strerror(failure));
    return;
  }
  addresses_.reset(found);
  address_ = found;
  (void)next_address();
}

Stream::~Stream() {
  ssl_.reset();
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void Stream::fail(std::string_view why) { failure_ = to_text(server_) + ": " + std::string(why); }

/// Starts to connect to the next address; false when there is none left.
bool Stream::next_address() {
  while (address_ != nullptr) {
    const addrinfo& address = *address_;
    address_ = address.ai_next;
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
      fail(std::strerror(errno));
      continue;
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS) {
      return true;
    }
    fail(std::strerror(errno));
  }
  return false;
}

Stream::Progress Stream::advance() {
  if (fd_ < 0) {
    return Progress::kFailed;
  }
  if (connected_) {
    return ssl_ != nullptr ? handshake() : Progress::kReady;
  }
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0) {
    return Progress::kPending;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    fail(std::strerror(error));
    return next_address() ? Progress::kPending : Progress::kFailed;
  }
  connected_ = true;
  wants_write_ = false;
  return tls_ == nullptr ? Progress::kReady : start_tls();
}

Stream::Progress Stream::start_tls() {
  const auto context = tls_->current();
  ssl_.reset(SSL_new(context.get()));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), fd_) != 1) {
    fail(net::take_tls_errors("out of memory"));
    return Progress::kFailed;
  }
  if (auto prepared = net::prepare_client_handshake(ssl_.get(), tls_->options(), server_.host);
      !prepared) {
    fail(prepared.error().message);
    return Progress::kFailed;
  }
  return handshake();
}

Stream::Progress Stream::handshake() {
  ERR_clear_error();
  const int result = SSL_connect(ssl_.get());
  if (result == 1) {
    wants_write_ = false;
    return Progress::kReady;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wants_write_ = false;
      return Progress::kPending;
    case SSL_ERROR_WANT_WRITE:
      wants_write_ = true;
      return Progress::kPending;
    default:
      fail("TLS handshake: " + net::describe_handshake_failure(ssl_.get()));
      return Progress::kFailed;
  }
}

bool Stream::receive(std::string& to) {
  std::array<char, kReadBytes> buffer;
  while (true) {
    ssize_t got;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      const int error = result > 0 ? 0 : SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        return true;
      }
      got = result;
    } else {
      got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
      }
    }
    if (got <= 0) {
      fail("the server closed the connection");
      return false;
    }
    to.append(buffer.data(), static_cast<size_t>(got));
    if (ssl_ == nullptr && static_cast<size_t>(got) < buffer.size()) {
      return true;
    }
  }
}

bool Stream::send(std::string& from) {
  size_t sent = 0;
  while (sent < from.size()) {
    ssize_t moved;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      // The buffer may have moved and grown when a write is repeated (SSL_MODE_ACCEPT_MOVING...).
      const int result =
          SSL_write(ssl_.get(), from.data() + sent, static_cast<int>(from.size() - sent));
      const int error = result > 0 ? 0 : SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        break;
      }
      moved = result;
    } else {
      moved = ::send(fd_, from.data() + sent, from.size() - sent, MSG_NOSIGNAL);
      if (moved < 0 && errno == EINTR) {
        continue;
      }
      if (moved < 0 && errno == EAGAIN) {
        break;
      }
    }
    if (moved <= 0) {
      fail("the server closed the connection");
      return false;
    }
    sent += static_cast<size_t>(moved);
  }
  from.erase(0, sent);
  return true;
}

short Stream::events(bool has_output) const {
  if (!connected_) {
    return POLLOUT;
  }
  return static_cast<short>(POLLIN | (has_output || wants_write_ ? POLLOUT : 0));
}

}  // namespace quorate::client
