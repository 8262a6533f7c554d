// The null server: parses frames, appends writes to a pre-zeroed file, fdatasyncs once a batch and
// answers with canned replies. It shows what the kernel and the disk alone allow.
//
//   bench-null-server FILE [CHILDREN]     prints "port N" and serves until it is killed
//
// One thread, one epoll loop. A batch is what one epoll_wait finds readable. No tree, no sessions
// beyond the handshake, no watches, no checks.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/base/bytes.h"

namespace quorate {
namespace {

constexpr size_t kFileBytes = size_t{256} << 20;
constexpr size_t kReadBytes = size_t{256} << 10;
constexpr size_t kFrameBytesMax = 4u << 20;
constexpr size_t kHeaderBytes = 8;  ///< xid and opcode.
constexpr size_t kStatBytes = 68;
constexpr int kMultiResults = 5;
constexpr int32_t kNoNode = -101;  ///< The answer to reads until something was written.

enum Opcode : int32_t {
  kCreate = 1,
  kDelete = 2,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kGetChildren = 8,
  kGetChildren2 = 12,
  kMulti = 14,
  kCreate2 = 15,
  kPing = 11,
  kClose = -11,
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// The log: a file of zeros that is overwritten from the start again when it is full.
class Log {
 public:
  explicit Log(const char* path) : fd_(::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (fd_ < 0) {
      die(path);
    }
    const std::vector<char> zeros(1 << 20);
    for (size_t at = 0; at < kFileBytes; at += zeros.size()) {
      if (::pwrite(fd_, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) {
        die("pwrite");
      }
    }
    if (::fsync(fd_) != 0) {
      die("fsync");
    }
  }

  void append(std::string_view frame) { batch_.append(frame); }

  /// Makes everything appended durable.
  void sync() {
    if (batch_.empty()) {
      return;
    }
    if (at_ + batch_.size() > kFileBytes) {
      at_ = 0;
    }
    if (::pwrite(fd_, batch_.data(), batch_.size(), static_cast<off_t>(at_)) < 0) {
      die("pwrite");
    }
    if (::fdatasync(fd_) != 0) {
      die("fdatasync");
    }
    at_ += batch_.size();
    batch_.clear();
  }

 private:
  int fd_;
  size_t at_ = 0;
  std::string batch_;
};

struct Connection {
  int fd;
  bool shaken = false;
  bool waits_for_room = false;
  std::string in;
  std::string out;
};

/// The bodies of all replies, made once.
class Replies {
 public:
  explicit Replies(int children) : stat_(kStatBytes, '\0') {
    append_big_endian<int32_t>(data_, 100);
    data_.append(100, 'x').append(stat_);
    append_big_endian<int32_t>(children_, children);
    for (int child = 0; child < children; ++child) {
      std::array<char, 16> name{};
      const int size = std::snprintf(name.data(), name.size(), "c%09d", child);
      append_big_endian<int32_t>(children_, size);
      children_.append(name.data(), static_cast<size_t>(size));
    }
    for (int result = 0; result < kMultiResults; ++result) {
      append_multi_header(kSetData, false, 0);
      multi_.append(stat_);
    }
    append_multi_header(-1, true, -1);
  }

  /// What follows the reply header for a request with this opcode.
  [[nodiscard]] std::string_view body(int32_t opcode, std::string_view request) const {
    switch (opcode) {
      case kCreate: {
        const auto size = load_big_endian<int32_t>(request.data() + kHeaderBytes);
        return request.substr(kHeaderBytes, 4 + static_cast<size_t>(size));
      }
      case kExists:
      case kSetData:
        return stat_;
      case kGetData:
        return data_;
      case kGetChildren:
      case kGetChildren2:
        return children_;
      case kMulti:
        return multi_;
      default:
        return {};
    }
  }

 private:
  void append_multi_header(int32_t type, bool done, int32_t error) {
    append_big_endian<int32_t>(multi_, type);
    multi_.push_back(done ? '\1' : '\0');
    append_big_endian<int32_t>(multi_, error);
  }

  std::string stat_;
  std::string data_;
  std::string children_;
  std::string multi_;
};

class NullServer {
 public:
  NullServer(const char* path, int children) : log_(path), replies_(children) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      die("listen");
    }
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    std::printf("port %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    while (true) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int index = 0; index < count; ++index) {
        handle(events[static_cast<size_t>(index)]);
      }
      log_.sync();
      for (const int fd : dirty_) {
        if (const auto found = connections_.find(fd); found != connections_.end()) {
          flush(*found->second);
        }
      }
      dirty_.clear();
    }
  }

 private:
  void watch(int fd, uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, operation, fd, &event) != 0) {
      die("epoll_ctl");
    }
  }

  void handle(const epoll_event& event) {
    if (event.data.fd == listener_) {
      accept_all();
      return;
    }
    const auto found = connections_.find(event.data.fd);
    if (found == connections_.end()) {
      return;
    }
    Connection& connection = *found->second;
    if (!read_all(connection)) {
      ::close(connection.fd);
      connections_.erase(found);
      return;
    }
    dirty_.push_back(connection.fd);
  }

  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      connections_[fd] = std::make_unique<Connection>(Connection{.fd = fd});
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  /// Takes what one read brings; false when the connection is over.
  bool read_all(Connection& connection) {
    const size_t before = connection.in.size();
    connection.in.resize(before + kReadBytes);
    const ssize_t got = ::recv(connection.fd, connection.in.data() + before, kReadBytes, 0);
    connection.in.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      return false;
    }
    std::string_view rest = connection.in;
    while (rest.size() >= 4) {
      const auto size = static_cast<size_t>(load_big_endian<uint32_t>(rest.data()));
      if (size > kFrameBytesMax || (connection.shaken && size < kHeaderBytes)) {
        return false;
      }
      if (rest.size() < 4 + size) {
        break;
      }
      if (!answer(connection, rest.substr(4, size))) {
        return false;
      }
      rest.remove_prefix(4 + size);
    }
    connection.in.erase(0, connection.in.size() - rest.size());
    return true;
  }

  /// Queues the reply to one frame; writes go to the log first.
  bool answer(Connection& connection, std::string_view frame) {
    if (!connection.shaken) {
      connection.shaken = true;
      shake_hands(connection);
      return true;
    }
    const auto xid = load_big_endian<int32_t>(frame.data());
    const auto opcode = load_big_endian<int32_t>(frame.data() + 4);
    if (opcode == kCreate && !holds_path(frame)) {
      return false;
    }
    if (opcode == kCreate || opcode == kDelete || opcode == kSetData || opcode == kMulti ||
        opcode == kCreate2) {
      log_.append(frame);
      ++zxid_;
    }
    const bool empty =
        zxid_ == 0 && (opcode == kExists || opcode == kGetData) && !names_root(frame);
    const int32_t error = empty ? kNoNode : 0;
    const std::string_view body = empty ? "" : replies_.body(opcode, frame);
    append_big_endian<uint32_t>(connection.out, static_cast<uint32_t>(16 + body.size()));
    append_big_endian<int32_t>(connection.out, xid);
    append_big_endian<int64_t>(connection.out, zxid_);
    append_big_endian<int32_t>(connection.out, error);
    connection.out.append(body);
    return true;
  }

  static bool names_root(std::string_view frame) {
    return holds_path(frame) && load_big_endian<uint32_t>(frame.data() + kHeaderBytes) == 1;
  }

  static bool holds_path(std::string_view frame) {
    if (frame.size() < kHeaderBytes + 4) {
      return false;
    }
    const auto size = load_big_endian<uint32_t>(frame.data() + kHeaderBytes);
    return size <= frame.size() - kHeaderBytes - 4;
  }

  void shake_hands(Connection& connection) {
    append_big_endian<int32_t>(connection.out, 37);
    append_big_endian<int32_t>(connection.out, 0);
    append_big_endian<int32_t>(connection.out, 30000);
    append_big_endian<int64_t>(connection.out, ++session_);
    append_big_endian<int32_t>(connection.out, 16);
    connection.out.append(16, '\1').push_back('\0');
  }

  void flush(Connection& connection) {
    size_t sent = 0;
    while (sent < connection.out.size()) {
      const ssize_t count = ::send(connection.fd, connection.out.data() + sent,
                                   connection.out.size() - sent, MSG_NOSIGNAL);
      if (count < 0) {
        break;
      }
      sent += static_cast<size_t>(count);
    }
    connection.out.erase(0, sent);
    if (connection.out.empty() == connection.waits_for_room) {
      connection.waits_for_room = !connection.out.empty();
      watch(connection.fd, connection.waits_for_room ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
  }

  Log log_;
  Replies replies_;
  int epoll_ = -1;
  int listener_ = -1;
  int64_t zxid_ = 0;
  int64_t session_ = 0x100000000000000;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::vector<int> dirty_;
};

}  // namespace
}  // namespace quorate

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench-null-server FILE [CHILDREN]\n");
    return 2;
  }
  quorate::NullServer(arguments[1], count > 2 ? std::atoi(arguments[2]) : 1000).run();
}
