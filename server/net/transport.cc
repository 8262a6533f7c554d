// Transport: recv and send, or SSL_read and SSL_write over a socket BIO that never raises SIGPIPE.
#include "server/net/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace quorate::net {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int bio_fd(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(bio_fd(bio), from, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block(errno)) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(bio_fd(bio), to, static_cast<size_t>(size), 0);
  if (got < 0 && would_block(errno)) {
    BIO_set_retry_read(bio);
  }
  return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) {  // NOLINT(google-runtime-int): OpenSSL's type.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quorate socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

IoResult failure(int error) {
  if (would_block(error)) {
    return {.outcome = IoOutcome::kBlocked};
  }
  if (error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ENOTCONN) {
    return {.outcome = IoOutcome::kReset};
  }
  return {.outcome = IoOutcome::kError};
}

}  // namespace

Transport::Transport(Transport&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}

Transport& Transport::operator=(Transport&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    ssl_ = std::exchange(other.ssl_, nullptr);
  }
  return *this;
}

Transport::~Transport() { close(); }

bool Transport::begin_tls(ssl_ctx_st* context) {
  ssl_ = SSL_new(context);
  if (ssl_ == nullptr) {
    return false;
  }
  BIO* bio = BIO_new(socket_method());
  if (bio == nullptr) {
    return false;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd_)));
  SSL_set_bio(ssl_, bio, bio);
  return true;
}

bool Transport::begin_tls_accept(ssl_ctx_st* context) {
  if (!begin_tls(context)) {
    return false;
  }
  SSL_set_accept_state(ssl_);
  return true;
}

bool Transport::begin_tls_connect(ssl_ctx_st* context) {
  if (!begin_tls(context)) {
    return false;
  }
  SSL_set_connect_state(ssl_);
  return true;
}

IoResult Transport::tls_result(int result) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {.outcome = IoOutcome::kBlocked};
    case SSL_ERROR_WANT_WRITE:
      return {.outcome = IoOutcome::kBlocked, .wants_write = true};
    case SSL_ERROR_ZERO_RETURN:
      return {.outcome = IoOutcome::kEndOfStream};
    case SSL_ERROR_SYSCALL:
      if (ERR_peek_error() == 0) {
        errno = saved_errno;
        return saved_errno == 0 ? IoResult{.outcome = IoOutcome::kEndOfStream}
                                : failure(saved_errno);
      }
      return {.outcome = IoOutcome::kTlsError};
    default:
      // OpenSSL 3 calls an end without close_notify an error; most ZooKeeper clients end that way.
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return {.outcome = IoOutcome::kEndOfStream};
      }
      return {.outcome = IoOutcome::kTlsError};
  }
}

IoResult Transport::handshake() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    return {.outcome = IoOutcome::kProgress};
  }
  return tls_result(result);
}

IoResult Transport::read(char* to, size_t size) {
  if (ssl_ == nullptr) {
    const ssize_t got = ::recv(fd_, to, size, 0);
    if (got > 0) {
      return {.outcome = IoOutcome::kProgress, .bytes = static_cast<size_t>(got)};
    }
    return got == 0 ? IoResult{.outcome = IoOutcome::kEndOfStream} : failure(errno);
  }
  // Records are at most 16 KiB: gather several before the handler is called.
  size_t total = 0;
  while (total < size) {
    ERR_clear_error();
    errno = 0;
    size_t got = 0;
    const int result = SSL_read_ex(ssl_, to + total, size - total, &got);
    if (result != 1) {
      // What came before an end or an error is handed over first; the next read meets it again.
      return total > 0 ? IoResult{.outcome = IoOutcome::kProgress, .bytes = total}
                       : tls_result(result);
    }
    total += got;
  }
  return {.outcome = IoOutcome::kProgress, .bytes = total};
}

IoResult Transport::write(const char* from, size_t size) {
  if (ssl_ == nullptr) {
    const ssize_t sent = ::send(fd_, from, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      return {.outcome = IoOutcome::kProgress, .bytes = static_cast<size_t>(sent)};
    }
    return failure(errno);
  }
  size_t total = 0;
  while (total < size) {
    ERR_clear_error();
    errno = 0;
    size_t sent = 0;
    const int result = SSL_write_ex(ssl_, from + total, size - total, &sent);
    if (result != 1) {
      return total > 0 ? IoResult{.outcome = IoOutcome::kProgress, .bytes = total}
                       : tls_result(result);
    }
    total += sent;
  }
  return {.outcome = IoOutcome::kProgress, .bytes = total};
}

bool Transport::has_buffered_input() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

bool Transport::receive_queue_is_empty() const {
  if (has_buffered_input()) {
    return false;
  }
  char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && would_block(errno);
}

int Transport::peek_first_byte() const {
  unsigned char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 1 ? byte : -1;
}

void Transport::shutdown_write() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  ::shutdown(fd_, SHUT_WR);
}

bool Transport::discard_input() {
  char sink[16 * 1024];
  for (int i = 0; i < 8; ++i) {
    const ssize_t got = ::recv(fd_, sink, sizeof sink, MSG_DONTWAIT);
    if (got == 0) {
      return false;
    }
    if (got < 0) {
      return would_block(errno);
    }
  }
  return true;
}

void Transport::close() {
  if (ssl_ != nullptr) {
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

}  // namespace quorate::net
