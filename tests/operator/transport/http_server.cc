// The server of tests: a thread a connection, blocking.
#include "tests/operator/transport/http_server.h"

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <mutex>
#include <thread>

#include "server/base/assert.h"

namespace quorate::transport::testing {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket&>;

}  // namespace

void Exchange::respond(int code, const std::string& body, const std::string& headers) {
  write("HTTP/1.1 " + std::to_string(code) + " Text\r\nContent-Type: application/json\r\n" +
        headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void Exchange::start_chunks(int code) {
  write("HTTP/1.1 " + std::to_string(code) +
        " Text\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool Exchange::chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
  return write(size + bytes + "\r\n");
}

void Exchange::end_chunks() { write("0\r\n\r\n"); }

class HttpServer::Impl {
 public:
  Impl(Handler handler, ServerOptions options)
      : handler_(std::move(handler)),
        options_(std::move(options)),
        acceptor_(io_, tcp::endpoint(options_.is_ipv6 ? asio::ip::make_address("::1")
                                                      : asio::ip::make_address("127.0.0.1"),
                                     0)),
        tls_(asio::ssl::context::tls_server) {
    if (options_.identity != nullptr) {
      SSL_CTX_use_certificate(tls_.native_handle(), options_.identity->certificate.get());
      SSL_CTX_use_PrivateKey(tls_.native_handle(), options_.identity->key.get());
    }
    if (!options_.client_authority_pem.empty()) {
      tls_.add_certificate_authority(asio::buffer(options_.client_authority_pem));
      tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    thread_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      boost::system::error_code ignored;
      for (const auto& socket : sockets_) {
        socket->shutdown(tcp::socket::shutdown_both, ignored);
      }
      // Wakes the blocking accept().
      ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    }
    thread_.join();
    for (std::thread& each : threads_) {
      each.join();
    }
  }

  [[nodiscard]] int port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] std::vector<ReceivedRequest> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  template <typename Stream>
  class ExchangeOf final : public Exchange {
   public:
    ExchangeOf(Stream& stream, tcp::socket& socket, const ReceivedRequest& request)
        : stream_(stream), socket_(socket), request_(request) {}
    [[nodiscard]] const ReceivedRequest& request() const override { return request_; }
    bool write(const std::string& bytes) override {
      boost::system::error_code error;
      asio::write(stream_, asio::buffer(bytes), error);
      return !error;
    }
    void close() override {
      boost::system::error_code ignored;
      socket_.shutdown(tcp::socket::shutdown_both, ignored);
    }
    void wait_for_end() override {
      boost::system::error_code error;
      char byte = 0;
      while (!error) {
        stream_.read_some(asio::buffer(&byte, 1), error);
      }
    }

   private:
    Stream& stream_;
    tcp::socket& socket_;
    const ReceivedRequest& request_;
  };

  void accept() {
    for (int number = 1;; ++number) {
      auto socket = std::make_shared<tcp::socket>(io_);
      boost::system::error_code error;
      acceptor_.accept(*socket, error);
      const std::lock_guard lock(mutex_);
      if (is_closed_ || error) {
        return;
      }
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket, number] { serve(*socket, number); });
    }
  }

  void serve(tcp::socket& socket, int number) {
    if (options_.identity == nullptr) {
      serve_requests(socket, socket, number, {});
    } else {
      TlsStream stream(socket, tls_);
      boost::system::error_code error;
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) {
        std::string name(256, '\0');
        if (X509* peer = SSL_get1_peer_certificate(stream.native_handle())) {
          const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName,
                                                       name.data(), 256);
          name.resize(length > 0 ? static_cast<size_t>(length) : 0);
          X509_free(peer);
        } else {
          name.clear();
        }
        serve_requests(stream, socket, number, name);
      }
    }
    // The socket itself lives until the end: another thread may shut it down.
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
  }

  template <typename Stream>
  void serve_requests(Stream& stream, tcp::socket& socket, int number, const std::string& name) {
    beast::flat_buffer buffer;
    while (true) {
      beast::http::request<beast::http::string_body> from;
      boost::system::error_code error;
      beast::http::read(stream, buffer, from, error);
      if (error) {
        return;
      }
      ReceivedRequest request{.method = std::string(from.method_string()),
                              .target = std::string(from.target()),
                              .body = from.body(),
                              .headers = {},
                              .connection = number,
                              .client_name = name};
      for (const auto& field : from) {
        std::string key(field.name_string());
        for (char& each : key) {
          each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
        }
        request.headers[key] = std::string(field.value());
      }
      {
        const std::lock_guard lock(mutex_);
        received_.push_back(request);
      }
      ExchangeOf<Stream> exchange(stream, socket, request);
      handler_(exchange);
    }
  }

  const Handler handler_;
  const ServerOptions options_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::ssl::context tls_;
  mutable std::mutex mutex_;
  bool is_closed_ = false;
  std::vector<std::shared_ptr<tcp::socket>> sockets_;
  std::vector<ReceivedRequest> received_;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

HttpServer::HttpServer(Handler handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(handler), std::move(options))) {}
HttpServer::~HttpServer() = default;

std::string HttpServer::url() const {
  const std::string scheme = impl_->options().identity == nullptr ? "http" : "https";
  const std::string host = impl_->options().is_ipv6 ? "[::1]" : "127.0.0.1";
  return scheme + "://" + host + ":" + std::to_string(impl_->port());
}
int HttpServer::port() const { return impl_->port(); }
std::vector<ReceivedRequest> HttpServer::received() const { return impl_->received(); }

}  // namespace quorate::transport::testing
