// PortFixture: a ClientPort on a loop that the test drives, with a handler that records and
// answers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>

#include "server/net/client_port.h"
#include "tests/server/net/test_clients.h"

namespace quorate::net::test {

/// Records everything; what it does with frames and words can be replaced.
class RecordingHandler final : public ConnectionHandler {
 public:
  void on_open(const ConnectionInfo& info) override {
    opened.push_back(info);
    if (open_action) {
      open_action(info);
    }
  }
  size_t on_frames(ConnectionId id, std::string_view frames) override {
    ++deliveries;
    bytes[id.value].append(frames);
    return frames_action ? frames_action(id, frames) : frames.size();
  }
  void on_four_letter_word(ConnectionId id, std::string_view word, std::string_view rest) override {
    words.emplace_back(std::string(word), std::string(rest));
    if (word_action) {
      word_action(id, word);
    }
  }
  void on_closed(ConnectionId id, const CloseReason& reason) override {
    closed.emplace_back(id, reason);
  }
  void on_rejected(const Rejection& rejection) override { rejected.push_back(rejection); }
  void on_turn_end() override { ++turns; }
  void on_accept_trouble(std::string_view message) override { trouble.emplace_back(message); }

  std::function<void(const ConnectionInfo&)> open_action;
  std::function<size_t(ConnectionId, std::string_view)> frames_action;
  std::function<void(ConnectionId, std::string_view)> word_action;

  std::vector<ConnectionInfo> opened;
  std::map<uint64_t, std::string> bytes;  ///< All frames of a connection, as delivered.
  std::vector<std::pair<std::string, std::string>> words;
  std::vector<std::pair<ConnectionId, CloseReason>> closed;
  std::vector<Rejection> rejected;
  std::vector<std::string> trouble;
  int deliveries = 0;
  int turns = 0;
};

class PortFixture : public ::testing::Test {
 protected:
  /// Runs the loop and `pump` in turn until `done`; false after ten seconds.
  bool until(const std::function<bool()>& done, const std::function<void()>& pump = {}) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (pump) {
        pump();
      }
      if (done()) {
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(pump ? 1 : 20));
      loop.poll();
    }
    return true;
  }

  void start(ClientLimits limits = {}) {
    port = std::make_unique<ClientPort>(loop, handler, limits);
  }

  uint16_t listen(ListenOptions options = {.address = "127.0.0.1"}) {
    if (!port) {
      start();
    }
    const Result<std::vector<BoundAddress>> bound = port->listen(options);
    EXPECT_TRUE(bound) << (bound ? "" : bound.error().message);
    return bound ? bound->front().port : 0;
  }

  /// The handler answers each delivery with the same bytes.
  void echo() {
    handler.frames_action = [this](ConnectionId id, std::string_view frames) {
      port->send(id, frames);
      return frames.size();
    };
  }

  [[nodiscard]] std::string only_bytes() const {
    return handler.bytes.empty() ? "" : handler.bytes.begin()->second;
  }

  boost::asio::io_context loop;
  RecordingHandler handler;
  std::unique_ptr<ClientPort> port;
};

}  // namespace quorate::net::test
