// Reading requests, receiving bodies and writing responses with Beast.
#include "server/admin/http_connection.h"

#include <openssl/ssl.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/net/tls_context.h"

namespace quorate::admin {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using PlainStream = beast::tcp_stream;
using SecureStream = beast::ssl_stream<beast::tcp_stream>;

constexpr unsigned kVersion11 = 11;
constexpr size_t kChunkBytes = 64 << 10;
// What a client may still send after the response that it did not wait for.
constexpr size_t kDrainBytesMax = 1 << 20;

bool equal_ignoring_case(beast::string_view left, const char* right) {
  return beast::iequals(left, right);
}

// Counts a connection while it lives.
class CountedSlot {
 public:
  explicit CountedSlot(std::shared_ptr<HttpShared> shared) : shared_(std::move(shared)) {
    ++shared_->connection_count;
  }
  CountedSlot(const CountedSlot&) = delete;
  CountedSlot& operator=(const CountedSlot&) = delete;
  CountedSlot(CountedSlot&&) noexcept = default;
  ~CountedSlot() {
    if (shared_ != nullptr) {
      --shared_->connection_count;
    }
  }
  [[nodiscard]] HttpShared& shared() const { return *shared_; }

 private:
  std::shared_ptr<HttpShared> shared_;
};

template <typename Stream>
class Connection final : public HttpExchange,
                         public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(Stream stream, beast::flat_buffer buffer, CountedSlot slot)
      : stream_(std::move(stream)),
        buffer_(std::move(buffer)),
        slot_(std::move(slot)),
        limits_(slot_.shared().limits) {
    error_code error;
    const Tcp::endpoint remote = lowest().socket().remote_endpoint(error);
    if (!error) {
      remote_address_ = text_of(remote.address());
    }
  }

  void start() { read_header(limits_.header_timeout); }

  [[nodiscard]] const HttpRequest& request() const override { return request_; }

  void respond(HttpResponse response) override {
    asio::post(stream_.get_executor(),
               [self = this->shared_from_this(), held = std::move(response)]() mutable {
                 if (!std::exchange(self->responded_, true)) {
                   self->write_response(std::move(held));
                 }
               });
  }

  void receive_body(std::string directory, int64_t bytes_max,
                    std::function<void(ReceivedBody)> done) override {
    body_done_ = std::move(done);
    body_bytes_max_ = bytes_max;
    const auto announced = parser_->content_length();
    if (announced && *announced > static_cast<uint64_t>(bytes_max)) {
      finish_body({.outcome = ReceivedBody::Outcome::kTooLarge});
      return;
    }
    auto file = File::unnamed(directory);
    if (!file) {
      finish_body({.outcome = ReceivedBody::Outcome::kFailed, .error = file.error().message});
      return;
    }
    body_.file = *std::move(file);
    if (equal_ignoring_case(parser_->get()[http::field::expect], "100-continue")) {
      write_continue();
    } else {
      read_body();
    }
  }

 private:
  static std::string text_of(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
  }

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void read_header(Duration timeout) {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(limits_.header_bytes_max));
    // receive_body() has a limit of its own. "None" would refuse every length in Boost 1.74.
    parser_->body_limit(std::numeric_limits<uint64_t>::max());
    request_ = {};
    responded_ = false;
    lowest().expires_after(timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](const error_code& error, size_t) {
                              self->on_header(error);
                            });
  }

  void on_header(const error_code& error) {
    if (error == http::error::header_limit) {
      refuse(431, "the header is too long");
    } else if (error == http::error::end_of_stream || error == http::error::partial_message) {
      close();
    } else if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      refuse(400, "the request is malformed: " + error.message());
    } else if (!error) {
      take_request();
      slot_.shared().handler.on_request(this->shared_from_this());
    }
  }

  void take_request() {
    const auto& message = parser_->get();
    const auto text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
    request_.method = text(message.method_string());
    request_.path = text(message.target());
    if (const size_t mark = request_.path.find('?'); mark != std::string::npos) {
      request_.query = request_.path.substr(mark + 1);
      request_.path.resize(mark);
    }
    request_.authorization = text(message[http::field::authorization]);
    request_.remote_address = remote_address_;
    request_.has_body = !parser_->is_done();
    request_.secure = std::is_same_v<Stream, SecureStream>;
  }

  // The connection cannot go on after this: where the next request begins is not known.
  void refuse(unsigned status, const std::string& reason) {
    slot_.shared().handler.on_refused();
    must_close_ = true;
    responded_ = true;
    write_response({.status = status, .content_type = "text/plain", .body = reason + "\n"});
  }

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    lowest().expires_after(limits_.write_timeout);
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](const error_code& error, size_t) {
                        if (!error) {
                          self->read_body();
                        }
                      });
  }

  void read_body() {
    chunk_.resize(kChunkBytes);
    auto& body = parser_->get().body();
    body.data = chunk_.data();
    body.size = chunk_.size();
    lowest().expires_after(limits_.body_timeout);
    // Some at a time, so that the deadline is one of progress.
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this()](error_code error, size_t) {
                            self->on_body(error == http::error::need_buffer ? error_code() : error);
                          });
  }

  void on_body(const error_code& error) {
    if (error) {
      body_done_ = nullptr;
      return;
    }
    const size_t received = chunk_.size() - parser_->get().body().size;
    body_.bytes += static_cast<int64_t>(received);
    if (body_.bytes > body_bytes_max_) {
      finish_body({.outcome = ReceivedBody::Outcome::kTooLarge});
      return;
    }
    const Status written = body_.file.write({chunk_.data(), received});
    if (!written) {
      finish_body({.outcome = ReceivedBody::Outcome::kFailed, .error = written.error().message});
      return;
    }
    if (!parser_->is_done()) {
      read_body();
      return;
    }
    const Status rewound = body_.file.rewind();
    if (!rewound) {
      body_.outcome = ReceivedBody::Outcome::kFailed;
      body_.error = rewound.error().message;
    }
    finish_body(std::exchange(body_, {}));
  }

  void finish_body(ReceivedBody body) {
    if (body.outcome != ReceivedBody::Outcome::kReceived) {
      body_ = {};
    }
    std::exchange(body_done_, nullptr)(std::move(body));
  }

  template <typename Body>
  void fill_head(http::response<Body>& message, const HttpResponse& response) {
    message.version(must_close_ ? kVersion11 : parser_->get().version());
    message.result(response.status);
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) {
      message.set(name, value);
    }
    // What is left of a body would be read as the next request.
    keep_alive_ = !must_close_ && parser_->keep_alive() && parser_->is_done();
    message.keep_alive(keep_alive_);
  }

  void write_response(HttpResponse response) {
    if (response.file || request_.method == "HEAD") {
      write_head(std::move(response));
      return;
    }
    auto message = std::make_shared<http::response<http::string_body>>();
    fill_head(*message, response);
    message->body() = std::move(response.body);
    message->prepare_payload();
    lowest().expires_after(limits_.write_timeout);
    http::async_write(stream_, *message,
                      [self = this->shared_from_this(), message](const error_code& error, size_t) {
                        self->on_written(error);
                      });
  }

  // The header alone; a file follows unless the method is HEAD.
  void write_head(HttpResponse response) {
    auto message = std::make_shared<http::response<http::empty_body>>();
    fill_head(*message, response);
    message->content_length(response.file ? static_cast<uint64_t>(response.file_bytes)
                                          : response.body.size());
    if (response.file && request_.method != "HEAD") {
      outgoing_ = *std::move(response.file);
      outgoing_left_ = response.file_bytes;
    }
    auto serializer = std::make_shared<http::response_serializer<http::empty_body>>(*message);
    lowest().expires_after(limits_.write_timeout);
    http::async_write_header(
        stream_, *serializer,
        [self = this->shared_from_this(), message, serializer](const error_code& error, size_t) {
          if (error || !self->outgoing_.is_open()) {
            self->on_written(error);
          } else {
            self->write_file();
          }
        });
  }

  void write_file() {
    if (outgoing_left_ == 0) {
      outgoing_ = File();
      on_written({});
      return;
    }
    chunk_.resize(std::min<size_t>(kChunkBytes, static_cast<size_t>(outgoing_left_)));
    const auto count = outgoing_.read(chunk_.data(), chunk_.size());
    if (!count || *count == 0) {
      // The length is promised already: only a broken connection can tell the client.
      return;
    }
    outgoing_left_ -= static_cast<int64_t>(*count);
    lowest().expires_after(limits_.write_timeout);
    asio::async_write(stream_, asio::buffer(chunk_.data(), *count),
                      [self = this->shared_from_this()](const error_code& error, size_t) {
                        if (!error) {
                          self->write_file();
                        }
                      });
  }

  void on_written(const error_code& error) {
    if (error) {
      return;
    }
    if (keep_alive_) {
      read_header(limits_.idle_timeout);
    } else {
      close();
    }
  }

  void close() {
    lowest().expires_after(limits_.drain_timeout);
    if constexpr (std::is_same_v<Stream, SecureStream>) {
      stream_.async_shutdown(
          [self = this->shared_from_this()](const error_code&) { self->shutdown_send(); });
    } else {
      shutdown_send();
    }
  }

  // Closing with unread input resets the connection, and the client might lose the response.
  void shutdown_send() {
    error_code error;
    lowest().socket().shutdown(Tcp::socket::shutdown_send, error);
    if (!error) {
      drained_bytes_ = 0;
      drain();
    }
  }

  void drain() {
    chunk_.resize(kChunkBytes);
    lowest().async_read_some(asio::buffer(chunk_), [self = this->shared_from_this()](
                                                       const error_code& error, size_t size) {
      self->drained_bytes_ += size;
      if (!error && self->drained_bytes_ < kDrainBytesMax) {
        self->drain();
      }
    });
  }

  Stream stream_;
  beast::flat_buffer buffer_;
  const CountedSlot slot_;
  const HttpLimits& limits_;
  std::string remote_address_;
  std::optional<http::request_parser<http::buffer_body>> parser_;
  HttpRequest request_;
  bool responded_ = false;
  bool must_close_ = false;
  bool keep_alive_ = false;
  std::vector<char> chunk_;
  ReceivedBody body_;
  int64_t body_bytes_max_ = 0;
  std::function<void(ReceivedBody)> body_done_;
  File outgoing_;
  int64_t outgoing_left_ = 0;
  size_t drained_bytes_ = 0;
};

// Finds out whether the client speaks TLS, and shakes hands if it does.
class Greeting : public std::enable_shared_from_this<Greeting> {
 public:
  Greeting(Tcp::socket socket, CountedSlot slot, const HttpListenOptions& options)
      : stream_(std::move(socket)),
        slot_(std::move(slot)),
        only_tls_(options.tls == net::TlsMode::kOn),
        need_client_certificate_(options.need_client_certificate),
        context_(options.tls_context) {}

  void start() {
    stream_.expires_after(slot_.shared().limits.header_timeout);
    beast::async_detect_ssl(stream_, buffer_,
                            [self = shared_from_this()](const error_code& error, bool is_tls) {
                              self->on_detected(error, is_tls);
                            });
  }

 private:
  void on_detected(const error_code& error, bool is_tls) {
    if (error || (!is_tls && only_tls_)) {
      slot_.shared().handler.on_refused();
      return;
    }
    if (!is_tls) {
      std::make_shared<Connection<PlainStream>>(std::move(stream_), std::move(buffer_),
                                                std::move(slot_))
          ->start();
      return;
    }
    shake_hands();
  }

  void shake_hands() {
    // Asio's context gives its reference back when it is destroyed, right after the SSL object has
    // taken its own.
    const std::shared_ptr<ssl_ctx_st> current = context_->current();
    SSL_CTX_up_ref(current.get());
    asio::ssl::context borrowed(current.get());
    secure_.emplace(std::move(stream_), borrowed);
    if (need_client_certificate_) {
      SSL_set_verify(secure_->native_handle(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
    }
    beast::get_lowest_layer(*secure_).expires_after(slot_.shared().limits.header_timeout);
    secure_->async_handshake(asio::ssl::stream_base::server, buffer_.data(),
                             [self = shared_from_this()](const error_code& error, size_t) {
                               self->on_hands_shaken(error);
                             });
  }

  void on_hands_shaken(const error_code& error) {
    if (error) {
      slot_.shared().handler.on_refused();
      return;
    }
    // The handshake has taken all that was buffered.
    std::make_shared<Connection<SecureStream>>(*std::move(secure_), beast::flat_buffer(),
                                               std::move(slot_))
        ->start();
  }

  PlainStream stream_;
  beast::flat_buffer buffer_;
  CountedSlot slot_;
  const bool only_tls_;
  const bool need_client_certificate_;
  const std::shared_ptr<net::TlsContext> context_;
  std::optional<SecureStream> secure_;
};

}  // namespace

void serve_connection(Tcp::socket socket, std::shared_ptr<HttpShared> shared,
                      const HttpListenOptions& options) {
  CountedSlot slot(std::move(shared));
  if (options.tls == net::TlsMode::kOff) {
    std::make_shared<Connection<PlainStream>>(PlainStream(std::move(socket)), beast::flat_buffer(),
                                              std::move(slot))
        ->start();
    return;
  }
  std::make_shared<Greeting>(std::move(socket), std::move(slot), options)->start();
}

}  // namespace quorate::admin
