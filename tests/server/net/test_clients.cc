// Loopback clients for tests.
#include "tests/server/net/test_clients.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/net/tls_context.h"

namespace quorate::net::test {
namespace {

int connect_to(uint16_t port, const char* host, int receive_buffer) {
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  auto& in4 = reinterpret_cast<sockaddr_in&>(address);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
  } else {
    QR_ASSERT(::inet_pton(AF_INET6, host, &in6.sin6_addr) == 1);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    size = sizeof(sockaddr_in6);
  }
  const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  QR_ASSERT(fd >= 0);
  if (receive_buffer > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Loopback: the kernel completes this from the backlog without the server's help.
  const int connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
  QR_ASSERT(connected == 0);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

}  // namespace

std::string length_bytes(int32_t length) {
  std::string bytes;
  append_big_endian(bytes, length);
  return bytes;
}

std::string frame(std::string_view payload) {
  return length_bytes(static_cast<int32_t>(payload.size())).append(payload);
}

PlainClient::PlainClient(uint16_t port, const char* host, int receive_buffer)
    : fd_(connect_to(port, host, receive_buffer)) {}

PlainClient::PlainClient(PlainClient&& other) noexcept
    : reads(other.reads),
      received(std::move(other.received)),
      ended(other.ended),
      broken(other.broken),
      fd_(std::exchange(other.fd_, -1)),
      unsent_(std::move(other.unsent_)) {}

PlainClient::~PlainClient() { close(); }

void PlainClient::pump() {
  if (fd_ < 0 || over()) {
    return;
  }
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      // What the server sent before it closed can still be read below.
      break;
    }
    unsent_.erase(0, static_cast<size_t>(sent));
  }
  char bytes[65536];
  while (reads) {
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) {
      received.append(bytes, static_cast<size_t>(got));
      continue;
    }
    ended = got == 0;
    broken = got < 0 && errno != EAGAIN && errno != EINTR;
    break;
  }
}

void PlainClient::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

void PlainClient::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void PlainClient::close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

uint16_t PlainClient::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

TlsClient::TlsClient(uint16_t port, SSL_CTX* context, const std::string& server_name)
    : fd_(connect_to(port, "127.0.0.1", 0)), ssl_(SSL_new(context)) {
  std::signal(SIGPIPE, SIG_IGN);  // This client's own socket BIO would raise it.
  SSL_set_fd(ssl_, fd_);
  if (!server_name.empty()) {
    SSL_set_tlsext_host_name(ssl_, server_name.c_str());
    SSL_set1_host(ssl_, server_name.c_str());
  }
  SSL_set_connect_state(ssl_);
}

TlsClient::~TlsClient() {
  SSL_free(ssl_);
  ::close(fd_);
}

void TlsClient::fail(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      break;
    case SSL_ERROR_ZERO_RETURN:
      ended = true;
      break;
    default:
      broken = true;
      error = take_tls_errors("connection lost");
      break;
  }
}

void TlsClient::pump() {
  if (over()) {
    return;
  }
  ERR_clear_error();
  if (!connected) {
    const int result = SSL_do_handshake(ssl_);
    if (result != 1) {
      fail(result);
      return;
    }
    connected = true;
  }
  if (!unsent_.empty()) {
    const int sent = SSL_write(ssl_, unsent_.data(), static_cast<int>(unsent_.size()));
    if (sent > 0) {
      unsent_.erase(0, static_cast<size_t>(sent));
    } else {
      fail(sent);
    }
  }
  char bytes[16384];
  while (!over()) {
    const int got = SSL_read(ssl_, bytes, sizeof bytes);
    if (got <= 0) {
      fail(got);
      return;
    }
    received.append(bytes, static_cast<size_t>(got));
  }
}

}  // namespace quorate::net::test
