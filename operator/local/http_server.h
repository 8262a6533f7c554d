// The API over HTTPS, on loopback only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "operator/local/certificates.h"
#include "operator/local/control_plane.h"
#include "server/base/result.h"

namespace quorate::local {

/// Listens on 127.0.0.1. Who shows the token may do everything, others nothing: an API that starts
/// processes is not for everybody on the machine, nor for web pages.
class HttpServer {
 public:
  /// `port` 0: any. Errors: the address is no loopback address, the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(boost::asio::io_context& loop,
                                                                 ControlPlane& plane,
                                                                 const Certificates& certificates,
                                                                 const std::string& address,
                                                                 uint16_t port);
  [[nodiscard]] uint16_t port() const;
  void stop();

 private:
  HttpServer(boost::asio::io_context& loop, ControlPlane& plane, std::string token);
  void accept();

  ControlPlane& plane_;
  std::string token_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace quorate::local
