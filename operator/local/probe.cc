// HTTP(S) and TCP probes with Beast.
#include "operator/local/probe.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace quorate::local {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Done = std::function<void(bool, const std::string&)>;

constexpr size_t kAnswerBytesMax = 64 << 10;

class NetworkProbe : public std::enable_shared_from_this<NetworkProbe> {
 public:
  NetworkProbe(asio::io_context& loop, const RunProbe& probe, Done done)
      : tls_(asio::ssl::context::tls_client),
        stream_(loop, tls_),
        spec_(probe.probe),
        address_(probe.address),
        timeout_(probe.timeout_ms),
        done_(std::move(done)) {}

  void start() {
    const bool is_http = has(spec_, "httpGet");
    const Json& target = at(spec_, is_http ? "httpGet" : "tcpSocket");
    const std::string host = text(target, "host", address_);
    error_code error;
    const auto address = asio::ip::make_address(host, error);
    const int64_t port = integer(target, "port");
    if (error || port < 1 || port > 65535) {
      finish(false, "bad address " + host + ":" + std::to_string(port));
      return;
    }
    lowest().expires_after(timeout_);
    lowest().async_connect({address, static_cast<uint16_t>(port)},
                           [self = shared_from_this(), is_http](const error_code& failure) {
                             if (failure || !is_http) {
                               self->finish(!failure, failure.message());
                             } else if (text(self->spec_, "httpGet/scheme") == "HTTPS") {
                               self->shake_hands();
                             } else {
                               self->send();
                             }
                           });
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void shake_hands() {
    is_secure_ = true;
    stream_.async_handshake(asio::ssl::stream_base::client,
                            [self = shared_from_this()](const error_code& error) {
                              if (error) {
                                self->finish(false, error.message());
                              } else {
                                self->send();
                              }
                            });
  }

  void send() {
    const Json& target = at(spec_, "httpGet");
    request_.method(http::verb::get);
    request_.target(text(target, "path", "/"));
    request_.version(11);
    request_.set(http::field::host, address_);
    request_.set(http::field::user_agent, "kube-probe/1.34");
    request_.set(http::field::connection, "close");
    for (const Json& header : list_at(target, "httpHeaders")) {
      request_.set(text(header, "name"), text(header, "value"));
    }
    const auto written = [self = shared_from_this()](const error_code& error, size_t) {
      if (error) {
        self->finish(false, error.message());
      } else {
        self->receive();
      }
    };
    if (is_secure_) {
      http::async_write(stream_, request_, written);
    } else {
      http::async_write(lowest(), request_, written);
    }
  }

  void receive() {
    parser_.body_limit(kAnswerBytesMax);
    const auto read = [self = shared_from_this()](const error_code& error, size_t) {
      const unsigned code = self->parser_.is_header_done() ? self->parser_.get().result_int() : 0;
      if (code == 0) {
        self->finish(false, error.message());
      } else {
        self->finish(code >= 200 && code < 400,
                     "HTTP probe failed with statuscode: " + std::to_string(code));
      }
    };
    if (is_secure_) {
      http::async_read_header(stream_, buffer_, parser_, read);
    } else {
      http::async_read_header(lowest(), buffer_, parser_, read);
    }
  }

  void finish(bool is_ok, const std::string& message) {
    if (Done done = std::exchange(done_, nullptr)) {
      error_code ignored;
      lowest().socket().close(ignored);
      done(is_ok, is_ok ? "" : message);
    }
  }

  asio::ssl::context tls_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  Json spec_;
  std::string address_;
  std::chrono::milliseconds timeout_;
  Done done_;
  bool is_secure_ = false;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

void run_network_probe(asio::io_context& loop, const RunProbe& probe,
                       std::function<void(bool, const std::string&)> done) {
  std::make_shared<NetworkProbe>(loop, probe, std::move(done))->start();
}

}  // namespace quorate::local
