// Requests, answers, and streams of watches and logs.
#include "operator/local/http_session.h"

#include <openssl/crypto.h>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "operator/local/log_reader.h"
#include "operator/local/yaml.h"

namespace quorate::local {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr uint64_t kBodyBytesMax = 8 << 20;
constexpr auto kIdleTimeout = std::chrono::minutes(5);
constexpr auto kWriteTimeout = std::chrono::seconds(30);
constexpr auto kLogPeriod = std::chrono::milliseconds(200);
// A watcher that does not read is cut off rather than remembered for.
constexpr size_t kQueuedBytesMax = 64 << 20;

std::string to_string(beast::string_view view) { return {view.data(), view.size()}; }

bool is_same_secret(const std::string& left, const std::string& right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, asio::ssl::context& tls, ControlPlane& plane, std::string token)
      : stream_(std::move(socket), tls),
        timer_(stream_.get_executor()),
        plane_(plane),
        token_(std::move(token)) {}

  ~Session() {
    if (subscription_ != 0) {
      plane_.unsubscribe(subscription_);
    }
  }

  void start() {
    lowest().expires_after(kWriteTimeout);
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](const error_code& error) {
                              if (!error) {
                                self->read();
                              }
                            });
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void read() {
    parser_.emplace();
    parser_->body_limit(kBodyBytesMax);
    lowest().expires_after(kIdleTimeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, size_t) { self->on_read(error); });
  }

  void on_read(const error_code& error) {
    if (error == http::error::body_limit) {
      respond(to_response(plain_error(413, "RequestEntityTooLarge", "the body is too long")),
              false);
    } else if (!error) {
      serve();
    }
  }

  [[nodiscard]] bool is_allowed() const {
    const auto& message = parser_->get();
    return is_same_secret(to_string(message[http::field::authorization]), "Bearer " + token_);
  }

  void serve() {
    const auto& message = parser_->get();
    const bool keeps = message.keep_alive();
    if (!is_allowed()) {
      respond(to_response(plain_error(401, "Unauthorized", "Unauthorized")), keeps);
      return;
    }
    ApiRequest request{.method = to_string(message.method_string()),
                       .target = to_string(message.target()),
                       .content_type = to_string(message[http::field::content_type]),
                       .accept = to_string(message[http::field::accept]),
                       .user_agent = to_string(message[http::field::user_agent]),
                       .body = message.body()};
    if (request.content_type.find("yaml") != std::string::npos && !parse_json(request.body)) {
      if (auto converted = yaml_to_json(request.body)) {
        request.body = *std::move(converted);
      }
    }
    ApiResponse response = plane_.handle(request);
    if (response.watch) {
      begin_watch(*std::move(response.watch));
    } else if (response.log) {
      begin_log(*response.log);
    } else {
      respond(std::move(response), keeps);
    }
  }

  void respond(ApiResponse response, bool keeps) {
    auto message = std::make_shared<http::response<http::string_body>>();
    message->version(11);
    message->result(static_cast<unsigned>(response.code));
    message->set(http::field::content_type, response.content_type);
    message->set(http::field::cache_control, "no-cache, private");
    if (response.retry_after_s > 0) {
      message->set(http::field::retry_after, std::to_string(response.retry_after_s));
    }
    for (const std::string& warning : response.warnings) {
      std::string quoted;
      for (const char c : warning) {
        quoted += c == '"' || c == '\\' ? std::string("\\") + c
                                        : std::string(1, c < 32 && c >= 0 ? ' ' : c);
      }
      message->insert("Warning", "299 - \"" + quoted + "\"");
    }
    message->body() = response.body.is_null() ? response.plain : dump(response.body);
    message->keep_alive(keeps);
    message->prepare_payload();
    lowest().expires_after(kWriteTimeout);
    http::async_write(stream_, *message,
                      [self = shared_from_this(), message, keeps](const error_code& error, size_t) {
                        if (!error && keeps) {
                          self->read();
                        } else {
                          self->close();
                        }
                      });
  }

  // ---- streams ----

  void begin_stream(const std::string& content_type) {
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: " + content_type +
        "\r\nCache-Control: no-cache, private\r\nTransfer-Encoding: chunked\r\n\r\n";
    is_streaming_ = true;
    queue_raw(head);
    detect_close();
  }

  // A client that waits sends nothing: whatever arrives means that it is gone.
  void detect_close() {
    lowest().expires_never();
    stream_.async_read_some(
        asio::buffer(probe_),
        [self = shared_from_this()](const error_code&, size_t) { self->close(); });
  }

  void begin_watch(Watch watch) {
    watch_ = std::move(watch);
    begin_stream("application/json");
    subscription_ = plane_.subscribe([weak = weak_from_this()] {
      if (auto self = weak.lock()) {
        self->pump_watch();
      }
    });
    pump_watch();
  }

  void pump_watch() {
    if (!watch_ || is_closed_) {
      return;
    }
    if (plane_.is_served(*watch_->kind())) {
      for (const std::string& line : watch_->take(plane_.store(), plane_.now())) {
        queue_chunk(line);
      }
    } else {
      watch_->finish();
    }
    if (watch_->is_finished()) {
      watch_.reset();
      finish_stream();
      return;
    }
    const int64_t wait_ms = watch_->next_deadline().value - plane_.now().value;
    timer_.expires_after(std::chrono::milliseconds(std::max<int64_t>(wait_ms, 1)));
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      if (auto self = weak.lock(); self && !error) {
        self->pump_watch();
      }
    });
  }

  void begin_log(const LogRequest& wanted) {
    const ContainerId id{wanted.pod_uid, wanted.container, wanted.attempt};
    log_.emplace(plane_.files().log_path(id), wanted);
    log_id_ = id;
    begin_stream("text/plain");
    pump_log();
  }

  void pump_log() {
    if (!log_ || is_closed_) {
      return;
    }
    const bool is_alive = plane_.is_running(log_id_);
    if (queued_bytes_ < kQueuedBytesMax / 4) {
      queue_chunk(log_->take());
    }
    if (!log_->follows() || !is_alive || log_->is_finished()) {
      queue_chunk(log_->take());
      log_.reset();
      finish_stream();
      return;
    }
    timer_.expires_after(kLogPeriod);
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      if (auto self = weak.lock(); self && !error) {
        self->pump_log();
      }
    });
  }

  void queue_chunk(const std::string& bytes) {
    if (bytes.empty()) {
      return;
    }
    char size[32];
    std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
    queue_raw(size + bytes + "\r\n");
  }

  void finish_stream() {
    is_last_queued_ = true;
    queue_raw("0\r\n\r\n");
  }

  void queue_raw(std::string bytes) {
    queued_bytes_ += bytes.size();
    if (queued_bytes_ > kQueuedBytesMax) {
      close();
      return;
    }
    queue_.push_back(std::move(bytes));
    if (!is_writing_) {
      write_next();
    }
  }

  void write_next() {
    if (queue_.empty() || is_closed_) {
      if (is_last_queued_) {
        close();
      }
      return;
    }
    is_writing_ = true;
    writing_.clear();
    while (!queue_.empty() && writing_.size() < (256 << 10)) {
      writing_ += queue_.front();
      queue_.pop_front();
    }
    asio::async_write(stream_, asio::buffer(writing_),
                      [self = shared_from_this()](const error_code& error, size_t) {
                        self->is_writing_ = false;
                        self->queued_bytes_ -= self->writing_.size();
                        if (error) {
                          self->close();
                        } else {
                          self->write_next();
                        }
                      });
  }

  void close() {
    if (std::exchange(is_closed_, true)) {
      return;
    }
    timer_.cancel();
    if (subscription_ != 0) {
      plane_.unsubscribe(std::exchange(subscription_, 0));
    }
    error_code ignored;
    lowest().socket().shutdown(Tcp::socket::shutdown_both, ignored);
    lowest().socket().close(ignored);
  }

  beast::ssl_stream<beast::tcp_stream> stream_;
  asio::steady_timer timer_;
  ControlPlane& plane_;
  std::string token_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Watch> watch_;
  std::optional<LogReader> log_;
  ContainerId log_id_;
  uint64_t subscription_ = 0;
  std::deque<std::string> queue_;
  std::string writing_;
  size_t queued_bytes_ = 0;
  char probe_[16] = {};
  bool is_writing_ = false;
  bool is_streaming_ = false;
  bool is_last_queued_ = false;
  bool is_closed_ = false;
};

}  // namespace

void start_http_session(Tcp::socket socket, asio::ssl::context& tls, ControlPlane& plane,
                        const std::string& token) {
  std::make_shared<Session>(std::move(socket), tls, plane, token)->start();
}

}  // namespace quorate::local
