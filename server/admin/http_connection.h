// One HTTP connection, plain or over TLS.
#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "server/admin/http.h"
#include "server/admin/http_server.h"

namespace quorate::admin {

/// What the connections of a server share. Outlives them all.
struct HttpShared {
  HttpHandler& handler;
  const HttpLimits limits;
  std::atomic<size_t> connection_count = 0;
};

/// Serves an accepted connection until it closes. With TLS the first byte decides unless only TLS
/// is spoken.
void serve_connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpShared> shared,
                      const HttpListenOptions& options);

}  // namespace quorate::admin
