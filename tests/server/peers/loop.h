// Loop: an io_context that a test runs until something has happened, and raw sockets on loopback.
#pragma once

#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace quorate::peers::test {

class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  /// Runs the loop until `happened()`; false if that takes longer than ten seconds.
  template <typename Condition>
  bool run_until(Condition happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

 private:
  boost::asio::io_context context_;
};

/// A blocking socket that a test speaks through, while the loop runs beside it only when asked.
class RawPeer {
 public:
  explicit RawPeer(uint16_t port) : socket_(own_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    socket_.non_blocking(true);
  }

  void send(std::string_view bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()));
  }
  /// Reads what is there into received(); false once the other side has closed.
  bool poll() {
    char buffer[4096];
    boost::system::error_code error;
    const size_t got = socket_.read_some(boost::asio::buffer(buffer), error);
    received_.append(buffer, got);
    return !error || error == boost::asio::error::would_block;
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  boost::asio::io_context own_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace quorate::peers::test
