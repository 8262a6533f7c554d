// Requests and responses of the HTTP server, apart from any library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/admin/file.h"
#include "server/base/time.h"

namespace quorate::admin {

/// What one server bears. Defaults are generous for people and probes, small for an attacker.
struct HttpLimits {
  size_t header_bytes_max = 16 << 10;
  size_t connections_max = 64;
  Duration header_timeout = std::chrono::seconds(10);  ///< From the connection to the whole header.
  Duration idle_timeout = std::chrono::seconds(30);    ///< Between requests, header included.
  Duration body_timeout = std::chrono::seconds(30);    ///< Without a byte of an upload.
  Duration write_timeout = std::chrono::seconds(30);   ///< Without a byte of a response taken.
  Duration drain_timeout = std::chrono::seconds(2);    ///< For a client to see the end.
};

/// The head of a request.
struct HttpRequest {
  std::string method;
  std::string path;           ///< What is before "?", as sent.
  std::string query;          ///< What is after it.
  std::string authorization;  ///< Value of that header; empty: none.
  std::string remote_address;
  bool has_body = false;
  bool secure = false;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// Sent instead of `body`.
  std::optional<File> file = std::nullopt;
  int64_t file_bytes = 0;
};

struct ReceivedBody {
  enum class Outcome { kReceived, kTooLarge, kFailed } outcome = Outcome::kReceived;
  File file;  ///< With kReceived: everything, from its front.
  int64_t bytes = 0;
  std::string error;  ///< With kFailed: why our side could not keep it.
};

/// One request that waits for its response. Whoever drops the last reference without a response
/// closes the connection.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  [[nodiscard]] virtual const HttpRequest& request() const = 0;
  /// Sends the response, once; later ones are ignored. Server's thread only.
  virtual void respond(HttpResponse response) = 0;
  /// Receives the body into an unnamed file in `directory`, then calls `done` on the server's
  /// thread. Not called if the client goes away meanwhile. Server's thread only, once.
  virtual void receive_body(std::string directory, int64_t bytes_max,
                            std::function<void(ReceivedBody)> done) = 0;
};
using ExchangePointer = std::shared_ptr<HttpExchange>;

/// Answers requests. Called on the server's thread.
class HttpHandler {
 public:
  virtual void on_request(const ExchangePointer& exchange) = 0;
  /// The server refused a request by itself: malformed, or with too long a header.
  virtual void on_refused() = 0;

 protected:
  ~HttpHandler() = default;
};

}  // namespace quorate::admin
