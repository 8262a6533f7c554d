// Sockets and buffers of the load generator's sessions.
#include "server/cli/bench_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "server/base/bytes.h"

namespace quorate::cli {
namespace {

constexpr size_t kOutputBytesMin = 4096;
constexpr size_t kConnectResponseBytesMax = 64;

Error connect_error(const BenchServer& server, std::string_view reason) {
  std::string message = "cannot connect to " + to_text(server);
  message.append(": ").append(reason);
  return Error{ErrorKind::kUnavailable, std::move(message)};
}

/// Waits until `fd` is ready for `events`. False after `timeout_ms`.
bool wait_for(int fd, short events, int timeout_ms) {
  pollfd waiting{fd, events, 0};
  int ready;
  do {
    ready = ::poll(&waiting, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

/// Connects one socket; errno tells why not.
bool connect_socket(int fd, const addrinfo& address, int timeout_ms) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) {
    return true;
  }
  if (errno != EINPROGRESS) {
    return false;
  }
  if (!wait_for(fd, POLLOUT, timeout_ms)) {
    errno = ETIMEDOUT;
    return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0;
}

/// Opens a TCP connection, waiting at most `timeout_ms`; the descriptor.
Result<int> connect_to(const BenchServer& server, int32_t timeout_ms) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(server.port);
  const int failure = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) {
    return connect_error(server, ::gai_strerror(failure));
  }
  int fd = -1;
  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect_socket(fd, *address, timeout_ms)) {
      break;
    }
    error = errno;
    if (fd >= 0) {
      ::close(fd);
      fd = -1;
    }
  }
  ::freeaddrinfo(found);
  if (fd < 0) {
    return connect_error(server, std::strerror(error));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// Appends a whole ConnectRequest frame for a new session.
void append_connect_frame(std::string& to, int32_t timeout_ms) {
  append_big_endian<int32_t>(to, 45);
  append_big_endian<int32_t>(to, 0);
  append_big_endian<int64_t>(to, 0);
  append_big_endian<int32_t>(to, timeout_ms);
  append_big_endian<int64_t>(to, 0);
  append_big_endian<int32_t>(to, 16);
  to.append(17, '\0');
}

}  // namespace

std::string_view name_of(BenchOp op) {
  static constexpr std::array<std::string_view, kBenchOpCount> kNames{
      "get", "set", "create", "delete", "exists", "list", "multi", "watch"};
  return kNames[static_cast<size_t>(op)];
}

BenchConnection::BenchConnection(uint32_t index, size_t outstanding_max)
    : index_(index),
      outstanding_max_(outstanding_max),
      ring_(std::bit_ceil(outstanding_max)),
      ring_mask_(ring_.size() - 1) {}

BenchConnection::~BenchConnection() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Status BenchConnection::open(const BenchServer& server, int32_t timeout_ms) {
  auto connected = connect_to(server, timeout_ms);
  if (!connected) {
    return connected.error();
  }
  fd_ = *connected;
  std::string frame;
  append_connect_frame(frame, timeout_ms);
  std::memcpy(reserve(frame.size()), frame.data(), frame.size());
  out_end_ += frame.size();
  if (!flush()) {
    return connect_error(server, std::strerror(errno));
  }
  return {};
}

Status BenchConnection::finish_handshake() {
  constexpr int kWaitMs = 30000;
  std::array<char, kConnectResponseBytesMax> answer{};
  size_t size = 0;
  size_t wanted = 4;
  while (size < wanted) {
    if (!wait_for(fd_, POLLIN, kWaitMs)) {
      return Error{ErrorKind::kUnavailable, "no answer to the session request within 30 s"};
    }
    const ssize_t got = ::recv(fd_, answer.data() + size, wanted - size, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      return Error{ErrorKind::kUnavailable,
                   "the server closed the connection before it opened a session (too many "
                   "connections from this address? see maxClientCnxns)"};
    }
    size += got > 0 ? static_cast<size_t>(got) : 0;
    if (size == 4 && wanted == 4) {
      const auto length = load_big_endian<int32_t>(answer.data());
      if (length < 36 || length > static_cast<int32_t>(kConnectResponseBytesMax) - 4) {
        return Error{ErrorKind::kUnavailable, "the server does not speak ZooKeeper's protocol"};
      }
      wanted += static_cast<size_t>(length);
    }
  }
  if (load_big_endian<int32_t>(answer.data() + 8) <= 0) {
    return Error{ErrorKind::kUnavailable, "the server refused the session"};
  }
  return {};
}

void BenchConnection::close() {
  if (fd_ < 0) {
    return;
  }
  char* at = begin(BenchOp::kGet, 12, 0);
  store_big_endian(at + 8, static_cast<int32_t>(wire::OpCode::kCloseSession));
  (void)flush();
  ::close(fd_);
  fd_ = -1;
}

char* BenchConnection::reserve(size_t size) {
  if (out_start_ == out_end_) {
    out_start_ = 0;
    out_end_ = 0;
  }
  if (out_end_ + size > out_capacity_) {
    const size_t used = out_end_ - out_start_;
    const size_t capacity = std::bit_ceil(std::max(used + size, kOutputBytesMin));
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (used > 0) {
      std::memcpy(larger.get(), out_.get() + out_start_, used);
    }
    out_ = std::move(larger);
    out_capacity_ = capacity;
    out_start_ = 0;
    out_end_ = used;
  }
  return out_.get() + out_end_;
}

char* BenchConnection::begin(BenchOp op, size_t size, int64_t intended_ns) {
  char* at = reserve(size);
  out_end_ += size;
  store_big_endian(at, static_cast<int32_t>(size - 4));
  store_big_endian(at + 4, static_cast<int32_t>(sent_ & 0x7FFFFFFF) + 1);
  ring_[sent_ & ring_mask_] = InFlight{intended_ns, op};
  ++sent_;
  return at;
}

void BenchConnection::ping() {
  char* at = reserve(12);
  store_big_endian<int32_t>(at, 8);
  store_big_endian(at + 4, wire::kPingXid);
  store_big_endian(at + 8, static_cast<int32_t>(wire::OpCode::kPing));
  out_end_ += 12;
}

bool BenchConnection::flush() {
  while (out_start_ < out_end_) {
    const ssize_t sent = ::send(fd_, out_.get() + out_start_, out_end_ - out_start_, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno == EAGAIN;
    }
    out_start_ += static_cast<size_t>(sent);
  }
  return true;
}

}  // namespace quorate::cli
