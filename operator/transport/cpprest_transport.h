// The HttpTransport of production, over cpprestsdk.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "operator/transport/credentials.h"
#include "operator/transport/http_transport.h"
#include "server/base/result.h"
#include "server/base/time.h"

namespace quorate::transport {

/// One finished request, for metrics.
struct RequestReport {
  std::string_view method;
  kube::Verb verb = kube::Verb::kGet;
  std::string_view plural;
  int code = 0;  ///< 0: no answer.
  Duration duration{};
};

struct TransportOptions {
  std::string user_agent = "quorate-operator";
  /// Without a byte from the server for so long a call ends with kTimeout. A watch hears a bookmark
  /// a minute.
  Duration verb_timeout = std::chrono::seconds(30);
  Duration watch_timeout = std::chrono::seconds(150);
  Duration lease_timeout = std::chrono::seconds(5);
  /// Bodies that are not streamed are at most so long.
  size_t body_bytes_max = size_t{64} << 20;
  /// How old the authorities and the client certificate that new connections get may be.
  Duration material_age_max = std::chrono::seconds(60);
  /// Called on any thread; may be empty.
  std::function<void(const RequestReport&)> on_report = {};
};

/// Starts one thread of its own and, the first time in the process, the library's two. A call that
/// is refused with 401 is sent once more with credentials read anew. Destroying it ends all calls
/// with kCancelled. Errors: kInvalidInput, the URL is none, or the TLS material is broken.
///
/// Limits of the library, version 2.10 over Asio: HTTP/1.1 only; a request on a kept connection
/// that the server has just closed is sent again by itself, so that a create may run twice (the
/// second answer is AlreadyExists); no access to the socket and hence no TCP keep-alive, which is
/// why a silent watch is given up; literal IPv6 addresses do not resolve and are
/// refused.
[[nodiscard]] Result<std::unique_ptr<HttpTransport>> make_transport(const Cluster& cluster,
                                                                    TransportOptions options);

}  // namespace quorate::transport
