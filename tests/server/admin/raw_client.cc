// The client over plain sockets.
#include "tests/server/admin/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace quorate::admin::test {

RawClient::RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool RawClient::fill() {
  std::array<char, 65536> chunk;
  const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (count < 0) {
    EXPECT_NE(errno, EAGAIN) << "nothing came for ten seconds";
    return false;
  }
  buffer_.append(chunk.data(), static_cast<size_t>(count));
  return count > 0;
}

std::optional<RawResponse> RawClient::receive(bool head) {
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return std::nullopt;
    }
  }
  RawResponse response;
  std::istringstream lines(buffer_.substr(0, end));
  buffer_.erase(0, end + 4);
  std::string version;
  lines >> version >> response.status;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    response.headers[name] = line.substr(colon + 2);
  }
  if (head || response.status == 100) {
    return response;
  }
  const size_t size = std::stoul(response.headers["content-length"]);
  while (buffer_.size() < size) {
    if (!fill()) {
      return std::nullopt;
    }
  }
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

RawResponse RawClient::expect() {
  const auto response = receive();
  EXPECT_TRUE(response.has_value()) << "the connection ended without a response";
  return response.value_or(RawResponse{});
}

bool RawClient::closes() {
  while (fill()) {
  }
  return buffer_.empty();
}

RawResponse fetch(uint16_t port, std::string_view method, std::string_view target,
                  std::string_view headers, std::string_view body) {
  RawClient client(port);
  std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  request += "Host: localhost\r\n" + std::string(headers);
  if (!body.empty()) {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request += "\r\n" + std::string(body);
  EXPECT_TRUE(client.send(request));
  const auto response = client.receive(method == "HEAD");
  EXPECT_TRUE(response.has_value()) << method << ' ' << target;
  return response.value_or(RawResponse{});
}

}  // namespace quorate::admin::test
