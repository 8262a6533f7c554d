// A blocking HTTP client that sends exactly the bytes it is told to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace quorate::admin::test {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
};

/// A connection to 127.0.0.1. Every read gives up after ten seconds and fails the test.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False once the other side has closed.
  bool send(std::string_view bytes);
  /// The next response; nothing if the connection ends first. `head` is one without a body.
  std::optional<RawResponse> receive(bool head = false);
  /// The next response, which must come.
  RawResponse expect();
  /// Whether the other side closes without sending anything more.
  bool closes();

 private:
  bool fill();

  int socket_ = -1;
  std::string buffer_;
};

/// One request on a connection of its own. `headers` are lines that end in \r\n.
[[nodiscard]] RawResponse fetch(uint16_t port, std::string_view method, std::string_view target,
                                std::string_view headers = "", std::string_view body = "");

}  // namespace quorate::admin::test
