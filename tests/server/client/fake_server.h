// FakeServer: a scripted server on loopback, in a thread of its own, with a small tree behind it.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>
// Asio needs <utility> before it under C++20.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "server/net/client_port.h"
#include "server/net/connection_handler.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "tests/server/client/fake_state.h"

namespace quorate::client::test {

/// Controls are thread-safe. A test awaits what the server saw with await().
class FakeServer final : private net::ConnectionHandler {
 public:
  explicit FakeServer(uint16_t port = 0, std::shared_ptr<net::TlsContext> tls = nullptr)
      : loop_(1), port_(loop_, *this, limits()) {
    net::ListenOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.tls = tls == nullptr ? net::TlsMode::kOff : net::TlsMode::kOn;
    options.tls_context = std::move(tls);
    const auto bound = port_.listen(options);
    QR_ASSERT(bound.ok());
    bound_ = bound->front().port;
    thread_ = std::jthread([this] {
      auto guard = boost::asio::make_work_guard(loop_);
      loop_.run();
    });
  }
  ~FakeServer() {
    loop_.stop();
    thread_.join();
  }

  [[nodiscard]] uint16_t port() const { return bound_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(bound_); }

  /// What the server saw, in order: "connect", "reconnect", opcode names, "closed".
  void await(const std::string& what, size_t count = 1) {
    std::unique_lock lock(mutex_);
    const bool seen = changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return static_cast<size_t>(std::count(seen_.begin(), seen_.end(), what)) >= count;
    });
    QR_ASSERT(seen);
  }
  [[nodiscard]] std::vector<std::string> seen() {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }
  [[nodiscard]] size_t count(const std::string& what) {
    const auto all = seen();
    return static_cast<size_t>(std::count(all.begin(), all.end(), what));
  }

  /// Runs `action` on the server's thread and waits.
  template <typename F>
  auto on_loop(F action) {
    std::packaged_task<decltype(action())()> task(std::move(action));
    auto done = task.get_future();
    boost::asio::post(loop_, [&task] { task(); });
    return done.get();
  }
  void drop_connections() {
    on_loop([this] {
      for (const auto& [id, ignored] : connections_) {
        port_.drop(ConnectionId{id});
      }
    });
  }
  /// Forgets all sessions: who comes back is told that its session has expired.
  void expire_sessions() {
    on_loop([this] { sessions_.clear(); });
  }
  /// Closes new connections at once.
  void refuse(bool on) {
    on_loop([this, on] { refusing_ = on; });
  }
  /// Answers nothing but pings from now on.
  void hold(bool on) {
    on_loop([this, on] { holding_ = on; });
  }
  /// Changes a node behind the clients' backs; watches fire.
  void set(const std::string& path, const std::string& data) {
    on_loop([&] {
      wire::SetDataRequest request{path, std::string_view(data), -1};
      handle_write(ConnectionId{}, 0, wire::WriteRequest{request}, 0);
    });
  }
  /// Sends raw bytes to every client.
  void send_raw(const std::string& bytes) {
    on_loop([&] {
      for (const auto& [id, ignored] : connections_) {
        port_.send(ConnectionId{id}, bytes);
      }
      port_.flush();
    });
  }
  [[nodiscard]] wire::SetWatchesRequest last_set_watches(std::string& storage) {
    return on_loop([&] {
      storage = set_watches_;
      return std::get<wire::SetWatchesRequest>(std::get<wire::ReadRequest>(
          *wire::decode_request(wire::OpCode::kSetWatches2, storage).request));
    });
  }
  [[nodiscard]] std::vector<std::string> auths() {
    return on_loop([this] { return auths_; });
  }

 private:
  struct Connection : FakeCaller {
    bool established = false;
  };

  static net::ClientLimits limits() {
    net::ClientLimits limits;
    limits.connections_per_address_max = 0;
    return limits;
  }

  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    seen_.push_back(std::move(what));
    changed_.notify_all();
  }

  void on_open(const net::ConnectionInfo& info) override {
    connections_[info.id.value].connection = info.id.value;
    if (refusing_) {
      port_.drop(info.id);
    }
  }
  void on_closed(ConnectionId id, const net::CloseReason&) override {
    connections_.erase(id.value);
    state_.forget(id.value);
    note("closed");
  }
  void on_rejected(const net::Rejection&) override { note("rejected"); }
  void on_four_letter_word(ConnectionId id, std::string_view word, std::string_view) override {
    port_.send(id, word == "srvr" ? "Zookeeper version: fake\nMode: standalone\n" : "imok");
    port_.close(id);
  }
  void on_accept_trouble(std::string_view) override {}

  size_t on_frames(ConnectionId id, std::string_view frames) override {
    size_t at = 0;
    while (at < frames.size()) {
      const auto length = static_cast<size_t>(load_big_endian<int32_t>(frames.data() + at));
      on_frame(id, frames.substr(at + 4, length));
      at += 4 + length;
    }
    return at;
  }

  void on_frame(ConnectionId id, std::string_view payload) {
    Connection& connection = connections_[id.value];
    if (!connection.established) {
      on_connect(id, connection, payload);
      return;
    }
    const auto header = wire::decode_request_header(payload);
    if (!header) {
      port_.drop(id);
      return;
    }
    note(std::string(wire::name_of(header->op)));
    const std::string_view body = payload.substr(wire::kRequestHeaderBytes);
    if (holding_ && header->op != wire::OpCode::kPing) {
      return;
    }
    const wire::DecodedRequest decoded = wire::decode_request(header->op, body);
    if (!decoded.request) {
      reply(id, header->xid, decoded.error, {});
      return;
    }
    if (const auto* write = std::get_if<wire::WriteRequest>(&*decoded.request)) {
      handle_write(id, header->xid, *write, connection.session);
    } else if (const auto* read = std::get_if<wire::ReadRequest>(&*decoded.request)) {
      if (header->op == wire::OpCode::kSetWatches || header->op == wire::OpCode::kSetWatches2) {
        set_watches_ = body;
        if (header->op == wire::OpCode::kSetWatches) {
          set_watches_.append(8, '\0');  // The two lists that only setWatches2 has.
        }
      }
      handle_read(id, connection, header->xid, *read);
    } else {
      handle_connection(id, connection, std::get<wire::ConnectionRequest>(*decoded.request));
    }
  }

  void on_connect(ConnectionId id, Connection& connection, std::string_view payload) {
    const auto request = wire::decode_connect_request(payload);
    QR_ASSERT(request.has_value());
    connection.established = true;
    port_.established(id);
    wire::ConnectResponse response;
    response.has_read_only_field = request->has_read_only_field;
    const bool resumes = request->session.value != 0;
    note(resumes ? "reconnect" : "connect");
    if (!resumes) {
      sessions_.insert(++next_session_);
      connection.session = next_session_;
    } else if (sessions_.contains(request->session.value)) {
      connection.session = request->session.value;
    }
    const std::string password(16, 'p');
    if (connection.session != 0) {
      response.session = SessionId{connection.session};
      response.timeout_ms = request->timeout_ms;
      response.password = password;
    }
    std::string out;
    wire::FrameWriter frame(out);
    wire::encode(response, out);
    frame.finish();
    port_.send(id, out);
    if (connection.session == 0) {
      port_.close(id);
    }
  }

  void reply(ConnectionId id, int32_t xid, wire::ErrorCode error, std::string_view body) {
    std::string out;
    wire::Writer writer(out);
    wire::FrameWriter frame(out);
    wire::write(writer, wire::ReplyHeader{xid, state_.zxid(), error});
    if (error == wire::ErrorCode::kOk) {
      out.append(body);
    }
    frame.finish();
    port_.send(id, out);
  }

  void handle_write(ConnectionId id, int32_t xid, const wire::WriteRequest& request,
                    int64_t session) {
    const FakeAnswer answer = state_.write(request, session);
    reply(id, xid, answer.error, answer.body);
    if (std::holds_alternative<wire::CloseSessionRequest>(request)) {
      sessions_.erase(session);
      port_.close(id);
    }
  }

  void handle_connection(ConnectionId id, Connection& connection,
                         const wire::ConnectionRequest& request) {
    if (std::holds_alternative<wire::PingRequest>(request)) {
      reply(id, wire::kPingXid, wire::ErrorCode::kOk, {});
      return;
    }
    const auto* auth = std::get_if<wire::AuthRequest>(&request);
    if (auth == nullptr || auth->scheme != "digest") {
      reply(id, wire::kAuthXid, wire::ErrorCode::kAuthFailed, {});
      port_.close(id);
      return;
    }
    auths_.emplace_back(auth->auth.value_or(""));
    connection.users.push_back(auths_.back().substr(0, auths_.back().find(':')));
    reply(id, wire::kAuthXid, wire::ErrorCode::kOk, {});
  }

  void handle_read(ConnectionId id, const FakeCaller& caller, int32_t xid,
                   const wire::ReadRequest& request) {
    const FakeAnswer answer = state_.read(request, caller);
    reply(id, xid, answer.error, answer.body);
  }

  boost::asio::io_context loop_;
  net::ClientPort port_;
  uint16_t bound_ = 0;
  // The loop's own.
  FakeState state_{
      [this](uint64_t id, const std::string& bytes) { port_.send(ConnectionId{id}, bytes); }};
  std::map<uint64_t, Connection> connections_;
  std::set<int64_t> sessions_;
  int64_t next_session_ = 0x1000;
  std::vector<std::string> auths_;
  std::string set_watches_;
  bool refusing_ = false;
  bool holding_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;  ///< Guarded by mutex_.
  std::jthread thread_;
};

}  // namespace quorate::client::test
