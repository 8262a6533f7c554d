// Accepting HTTP connections.
#include "server/admin/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <utility>
#include <vector>

#include "server/admin/http_connection.h"
#include "server/log/log.h"
#include "server/net/socket_address.h"

namespace quorate::admin {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

Tcp::endpoint endpoint_of(const net::RawAddress& raw) {
  Tcp::endpoint endpoint;
  std::memcpy(endpoint.data(), &raw.storage, raw.size);
  endpoint.resize(raw.size);
  return endpoint;
}

Error bind_error(const HttpListenOptions& options, const error_code& code) {
  ErrorKind kind = ErrorKind::kIo;
  if (code == asio::error::address_in_use) {
    kind = ErrorKind::kConflict;
  } else if (code == asio::error::access_denied) {
    kind = ErrorKind::kDenied;
  } else if (code == boost::system::errc::address_not_available) {
    kind = ErrorKind::kInvalidInput;
  }
  return {kind, "cannot listen for HTTP on " + options.address + " port " +
                    std::to_string(options.port) + ": " + code.message()};
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& loop, HttpHandler& handler, HttpLimits limits)
      : loop_(loop), shared_(std::make_shared<HttpShared>(handler, limits)) {}

  Result<net::BoundAddress> listen(const HttpListenOptions& options) {
    if (options.tls != net::TlsMode::kOff && options.tls_context == nullptr) {
      return Error{ErrorKind::kInvalidInput, "HTTP over TLS needs a key store"};
    }
    auto addresses = net::resolve_listen_addresses(options.address, options.port);
    if (!addresses) {
      return addresses.error();
    }
    auto port = std::make_shared<Port>(loop_, options);
    error_code error;
    for (const net::RawAddress& address : *addresses) {
      error = open(port->acceptor, endpoint_of(address));
      if (!error) {
        break;
      }
    }
    if (error) {
      return bind_error(options, error);
    }
    const Tcp::endpoint bound = port->acceptor.local_endpoint(error);
    accept(port);
    return net::BoundAddress{.address = bound.address().to_string(),
                             .port = bound.port(),
                             .secure = options.tls != net::TlsMode::kOff};
  }

 private:
  struct Port {
    Port(asio::io_context& loop, HttpListenOptions listen_options)
        : acceptor(loop), pause(loop), options(std::move(listen_options)) {}
    Tcp::acceptor acceptor;
    asio::steady_timer pause;
    const HttpListenOptions options;
  };

  static error_code open(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
      acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    }
    if (!error && endpoint.protocol() == Tcp::v6()) {
      acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) {
      acceptor.bind(endpoint, error);
    }
    if (!error) {
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      error_code ignored;
      acceptor.close(ignored);
    }
    return error;
  }

  void accept(const std::shared_ptr<Port>& port) {
    port->acceptor.async_accept(
        [self = shared_from_this(), port](const error_code& error, Tcp::socket socket) {
          self->on_accept(port, error, std::move(socket));
        });
  }

  void on_accept(const std::shared_ptr<Port>& port, const error_code& error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted) {
      return;
    }
    if (error) {
      // Out of descriptors or memory: the connection stays in the backlog.
      port->pause.expires_after(kAcceptPause);
      port->pause.async_wait([self = shared_from_this(), port](const error_code& stopped) {
        if (!stopped) {
          self->accept(port);
        }
      });
      return;
    }
    if (shared_->connection_count.load() < shared_->limits.connections_max) {
      serve_connection(std::move(socket), shared_, port->options);
    } else {
      log::warn("admin_connection_refused",
                {{"reason", "too many connections"}, {"limit", shared_->limits.connections_max}});
      shared_->handler.on_refused();
    }
    accept(port);
  }

  asio::io_context& loop_;
  const std::shared_ptr<HttpShared> shared_;
};

HttpServer::HttpServer(asio::io_context& loop, HttpHandler& handler, HttpLimits limits)
    : impl_(std::make_shared<Impl>(loop, handler, limits)) {}

HttpServer::~HttpServer() = default;

Result<net::BoundAddress> HttpServer::listen(const HttpListenOptions& options) {
  return impl_->listen(options);
}

}  // namespace quorate::admin
