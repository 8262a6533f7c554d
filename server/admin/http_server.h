// HttpServer: listens on an address and serves connections on one io_context.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "server/admin/http.h"
#include "server/base/result.h"
#include "server/net/client_options.h"

namespace quorate::admin {

struct HttpListenOptions {
  std::string address;  ///< Numeric or a name; empty: every interface.
  uint16_t port = 0;    ///< 0: the system chooses.
  net::TlsMode tls = net::TlsMode::kOff;
  std::shared_ptr<net::TlsContext> tls_context;
  bool need_client_certificate = false;
};

/// HTTP/1.1 and 1.0 with keep-alive. Bounded in connections, header bytes and time. One thread runs
/// the io_context; the handler outlives it.
class HttpServer {
 public:
  HttpServer(boost::asio::io_context& loop, HttpHandler& handler, HttpLimits limits);
  ~HttpServer();

  /// Binds and starts to accept. Blocks for the resolution of a name. Errors: kConflict port in
  /// use, kDenied, kInvalidInput address or missing TLS context.
  [[nodiscard]] Result<net::BoundAddress> listen(const HttpListenOptions& options);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace quorate::admin
