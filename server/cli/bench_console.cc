// Requests of the load generator's blocking session.
#include "server/cli/bench_console.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/base/bytes.h"
#include "server/cli/bench_engine.h"
#include "server/wire/jute.h"

namespace quorate::cli {
namespace {

constexpr int kReplyWaitMs = 30000;
constexpr int32_t kFrameBytesMax = 256 * 1024 * 1024;

Error lost(std::string_view reason) {
  return Error{ErrorKind::kUnavailable, "lost the server: " + std::string(reason)};
}

Error refused(std::string_view what, std::string_view path, wire::ErrorCode code) {
  return Error{ErrorKind::kUnavailable, "cannot " + std::string(what) + " " + std::string(path) +
                                            ": " + std::string(name_of(code))};
}

}  // namespace

BenchConsole::~BenchConsole() { close(); }

void BenchConsole::close() {
  if (fd_ >= 0) {
    (void)exchange(wire::OpCode::kCloseSession, {});
    ::close(fd_);
    fd_ = -1;
  }
}

Status BenchConsole::open(const BenchServer& server, int32_t timeout_ms) {
  server_ = server;
  timeout_ms_ = timeout_ms;
  return connect();
}

Status BenchConsole::connect() {
  last_used_ns_ = now_ns();
  auto connected = connect_to(server_, timeout_ms_);
  if (!connected) {
    return connected.error();
  }
  fd_ = *connected;
  std::string frame;
  append_connect_frame(frame, timeout_ms_);
  if (auto sent = send_all(frame); !sent) {
    return sent;
  }
  auto answer = receive_frame();
  if (!answer) {
    return answer.error();
  }
  if (answer->size() < 36 || load_big_endian<int32_t>(answer->data() + 4) <= 0) {
    return lost("it refused the session");
  }
  return {};
}

Status BenchConsole::create(std::string_view path, std::string_view data) {
  std::string request;
  wire::Writer writer(request);
  writer.put_string(path);
  writer.put_string(data);
  writer.put_int(1);
  writer.put_int(31);
  writer.put_string("world");
  writer.put_string("anyone");
  writer.put_int(0);
  auto reply = call(wire::OpCode::kCreate, request);
  if (!reply) {
    return reply.error();
  }
  if (reply->error != wire::ErrorCode::kOk && reply->error != wire::ErrorCode::kNodeExists) {
    return refused("create", path, reply->error);
  }
  return {};
}

Result<bool> BenchConsole::read(std::string_view path) {
  std::string request;
  wire::Writer writer(request);
  writer.put_string(path);
  writer.put_bool(false);
  auto reply = call(wire::OpCode::kGetData, request);
  if (!reply) {
    return reply.error();
  }
  if (reply->error == wire::ErrorCode::kNoNode) {
    return false;
  }
  if (reply->error != wire::ErrorCode::kOk) {
    return refused("read", path, reply->error);
  }
  data_ = wire::Reader(reply->body).get_string();
  return true;
}

Result<std::vector<std::string>> BenchConsole::children(std::string_view path) {
  std::string request;
  wire::Writer writer(request);
  writer.put_string(path);
  writer.put_bool(false);
  auto reply = call(wire::OpCode::kGetChildren, request);
  if (!reply) {
    return reply.error();
  }
  std::vector<std::string> names;
  if (reply->error == wire::ErrorCode::kNoNode) {
    return names;
  }
  if (reply->error != wire::ErrorCode::kOk) {
    return refused("list", path, reply->error);
  }
  wire::Reader reader(reply->body);
  const int32_t count = reader.get_count(4);
  for (int32_t i = 0; i < count; ++i) {
    names.emplace_back(reader.get_string());
  }
  return names;
}

Status BenchConsole::remove(std::string_view path) {
  std::string request;
  wire::Writer writer(request);
  writer.put_string(path);
  writer.put_int(-1);
  auto reply = call(wire::OpCode::kDelete, request);
  if (!reply) {
    return reply.error();
  }
  if (reply->error != wire::ErrorCode::kOk && reply->error != wire::ErrorCode::kNoNode) {
    return refused("delete", path, reply->error);
  }
  return {};
}

Result<BenchConsole::Reply> BenchConsole::call(wire::OpCode op, std::string_view request) {
  if (now_ns() - last_used_ns_ > int64_t{timeout_ms_} * 1'000'000 / 3) {
    close();
    if (auto connected = connect(); !connected) {
      return connected.error();
    }
  }
  last_used_ns_ = now_ns();
  return exchange(op, request);
}

Result<BenchConsole::Reply> BenchConsole::exchange(wire::OpCode op, std::string_view request) {
  std::string frame;
  append_big_endian(frame, static_cast<int32_t>(8 + request.size()));
  append_big_endian(frame, ++xid_);
  append_big_endian(frame, static_cast<int32_t>(op));
  frame.append(request);
  if (auto sent = send_all(frame); !sent) {
    return sent.error();
  }
  auto answer = receive_frame();
  if (!answer) {
    return answer.error();
  }
  wire::Reader reader(*answer);
  const int32_t xid = reader.get_int();
  (void)reader.get_long();
  const auto error = static_cast<wire::ErrorCode>(reader.get_int());
  if (!reader.ok() || xid != xid_) {
    return lost("unexpected reply");
  }
  return Reply{error, std::string(reader.rest())};
}

Status BenchConsole::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      pollfd waiting{fd_, POLLOUT, 0};
      if (::poll(&waiting, 1, kReplyWaitMs) == 0) {
        return lost("it does not read");
      }
      continue;
    }
    if (sent < 0 && errno != EINTR) {
      return lost(std::strerror(errno));
    }
    bytes.remove_prefix(sent > 0 ? static_cast<size_t>(sent) : 0);
  }
  return {};
}

Result<std::string> BenchConsole::receive_frame() {
  char length_bytes[4];
  if (auto got = receive(length_bytes, sizeof length_bytes); !got) {
    return got.error();
  }
  const auto length = load_big_endian<int32_t>(length_bytes);
  if (length < 0 || length > kFrameBytesMax) {
    return lost("it does not speak ZooKeeper's protocol");
  }
  std::string frame(static_cast<size_t>(length), '\0');
  if (auto got = receive(frame.data(), frame.size()); !got) {
    return got.error();
  }
  return frame;
}

Status BenchConsole::receive(char* to, size_t size) {
  size_t have = 0;
  while (have < size) {
    const ssize_t got = ::recv(fd_, to + have, size - have, 0);
    if (got == 0) {
      return lost("it closed the connection");
    }
    if (got < 0 && errno == EAGAIN) {
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, kReplyWaitMs) == 0) {
        return lost("no reply within 30 s");
      }
      continue;
    }
    if (got < 0 && errno != EINTR) {
      return lost(std::strerror(errno));
    }
    have += got > 0 ? static_cast<size_t>(got) : 0;
  }
  return {};
}

}  // namespace quorate::cli
