// A whole member in the test's own loop, from the text of a zoo.cfg, and clients that talk to it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <boost/asio/io_context.hpp>

#include "server/app/member.h"
#include "server/app/startup.h"
#include "server/base/bytes.h"
#include "server/config/parse.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "tests/server/net/test_certificates.h"
#include "tests/server/net/test_clients.h"

namespace quorate::app {

/// Lines of zoo.cfg are added to those of a data directory and ports that the system chooses.
class RunningMember {
 public:
  explicit RunningMember(const std::string& lines) {
    const std::string text =
        "dataDir=" + directory_.path().string() + "\nadmin.enableServer=false\n" + lines;
    config::ParseResult parsed = config::parse(text, "zoo.cfg", {});
    EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : config::to_text(parsed.errors.front()));
    auto parts = prepare({.config = std::move(parsed.config), .file_name = "zoo.cfg"});
    if (auto* ready = std::get_if<Member::Parts>(&parts)) {
      auto member = Member::create(loop_, std::move(*ready));
      EXPECT_TRUE(member) << member.error().message;
      member_ = std::move(*member);
      EXPECT_TRUE(member_->listen());
    }
  }
  ~RunningMember() {
    if (member_) {
      bool stopped = false;
      member_->stop([&] { stopped = true; });
      until([&] { return stopped; });
    }
  }

  /// False when the configuration was refused.
  [[nodiscard]] bool started() const { return member_ != nullptr; }
  [[nodiscard]] uint16_t port() const { return member_->client_addresses().front().port; }
  [[nodiscard]] report::Inputs inputs() { return member_->report_inputs({.connections = true}); }
  Member& member() { return *member_; }

  /// Lets the member run, `step` after each round, until `done` or a generous deadline.
  void until(
      const std::function<bool()>& done, const std::function<void()>& step = [] {}) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      loop_.restart();
      loop_.run_for(std::chrono::milliseconds(1));
      step();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
  }

 private:
  net::test::TemporaryDirectory directory_;
  boost::asio::io_context loop_;
  std::unique_ptr<Member> member_;
};

/// A client over PlainClient or TlsClient that sends frames and takes whole replies.
template <typename Transport>
class Talker {
 public:
  template <typename... Arguments>
  explicit Talker(RunningMember& member, Arguments&&... arguments)
      : member_(member), transport_(member.port(), std::forward<Arguments>(arguments)...) {}

  void send_handshake(SessionId session = {}) {
    std::string payload;
    wire::encode(wire::ConnectRequest{.timeout_ms = 30000, .session = session}, payload);
    transport_.send(net::test::frame(payload));
  }
  template <typename Request>
  void send(int32_t xid, wire::OpCode op, const Request& request) {
    std::string payload;
    wire::encode(wire::RequestHeader{xid, op}, payload);
    if constexpr (requires { wire::encode(request, payload); }) {
      wire::encode(request, payload);
    }
    transport_.send(net::test::frame(payload));
  }

  /// The next whole frame's payload; empty when the connection ended first.
  std::string take() {
    member_.until([&] { return has_frame() || transport_.over(); }, [&] { transport_.pump(); });
    if (!has_frame()) {
      return {};
    }
    const size_t end = wire::kFrameHeaderBytes + next_size();
    std::string payload =
        transport_.received.substr(wire::kFrameHeaderBytes, end - wire::kFrameHeaderBytes);
    transport_.received.erase(0, end);
    return payload;
  }
  /// Whether a session was given.
  bool open() {
    send_handshake();
    const std::string answer = take();
    const auto response = wire::decode_connect_response(answer);
    return response && response->timeout_ms > 0;
  }
  /// Header of the next reply.
  wire::ReplyHeader reply() {
    const std::string payload = take();
    wire::Reader reader(payload);
    const wire::ReplyHeader header = wire::read_reply_header(reader);
    EXPECT_TRUE(reader.ok());
    return header;
  }
  Transport& transport() { return transport_; }

 private:
  [[nodiscard]] size_t next_size() const {
    return load_big_endian<uint32_t>(transport_.received.data());
  }
  [[nodiscard]] bool has_frame() const {
    return transport_.received.size() >= wire::kFrameHeaderBytes &&
           transport_.received.size() >= wire::kFrameHeaderBytes + next_size();
  }

  RunningMember& member_;
  Transport transport_;
};

using PlainTalker = Talker<net::test::PlainClient>;
using TlsTalker = Talker<net::test::TlsClient>;

}  // namespace quorate::app
