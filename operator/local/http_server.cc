// The listener: loopback only, TLS, one session a connection.
#include "operator/local/http_server.h"

#include <utility>

#include "operator/local/http_session.h"

namespace quorate::local {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

HttpServer::HttpServer(asio::io_context& loop, ControlPlane& plane, std::string token)
    : plane_(plane),
      token_(std::move(token)),
      tls_(asio::ssl::context::tls_server),
      acceptor_(loop) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(asio::io_context& loop, ControlPlane& plane,
                                                      const Certificates& certificates,
                                                      const std::string& address, uint16_t port) {
  error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error || !parsed.is_loopback()) {
    return Error{ErrorKind::kInvalidInput,
                 "quorate-local listens on loopback only, not on " + address};
  }
  std::unique_ptr<HttpServer> server(new HttpServer(loop, plane, certificates.token));
  server->tls_.use_certificate(asio::buffer(certificates.certificate), asio::ssl::context::pem,
                               error);
  if (!error) {
    server->tls_.use_private_key(asio::buffer(certificates.key), asio::ssl::context::pem, error);
  }
  if (error) {
    return Error{ErrorKind::kInvalidInput, "the server's certificate: " + error.message()};
  }
  const Tcp::endpoint endpoint(parsed, port);
  server->acceptor_.open(endpoint.protocol(), error);
  if (!error) {
    server->acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    server->acceptor_.bind(endpoint, error);
  }
  if (!error) {
    server->acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return Error{ErrorKind::kConflict, "cannot listen on " + address + ":" + std::to_string(port) +
                                           ": " + error.message()};
  }
  server->accept();
  return server;
}

uint16_t HttpServer::port() const {
  error_code error;
  return acceptor_.local_endpoint(error).port();
}

void HttpServer::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

void HttpServer::accept() {
  acceptor_.async_accept([this](const error_code& error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) {
      return;
    }
    if (!error) {
      error_code ignored;
      socket.set_option(Tcp::no_delay(true), ignored);
      start_http_session(std::move(socket), tls_, plane_, token_);
    }
    accept();
  });
}

}  // namespace quorate::local
