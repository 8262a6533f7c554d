// Requests to members over Beast.
#include "operator/reconcile/http_members.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "operator/kube/json_value.h"
#include "operator/transport/clock.h"
#include "operator/transport/meeting.h"

namespace quorate::reconcile {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

/// One request, from its turn to its answer. It keeps itself alive while it is under way.
class MemberExchange : public std::enable_shared_from_this<MemberExchange> {
 public:
  struct Parts {
    MemberTarget target;
    std::shared_ptr<asio::ssl::context> tls;  ///< Null: without TLS.
    uint16_t port;
    http::verb verb;
    MemberOrder order;
    Secret token;
    TimePoint deadline;
    size_t body_bytes_max;
    std::function<void(MemberAnswer)> on_done;
  };

  MemberExchange(asio::io_context& loop, Parts parts) : stream_(loop), parts_(std::move(parts)) {}

  void start() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(parts_.target.address, error);
    if (error) {
      finish({.error = "`" + parts_.target.address + "` is no address"});
      return;
    }
    if (!parts_.target.host.empty() && parts_.tls == nullptr) {
      finish({.error = "no authority of its certificate is known"});
      return;
    }
    stream_.expires_at(transport::to_steady(parts_.deadline));
    stream_.async_connect(asio::ip::tcp::endpoint(address, parts_.port),
                          [self = shared_from_this()](const boost::system::error_code& failure) {
                            self->on_connected(failure);
                          });
  }

  void finish(MemberAnswer answer) {
    if (auto on_done = std::exchange(parts_.on_done, nullptr)) {
      on_done(std::move(answer));
    }
  }

 private:
  void on_connected(const boost::system::error_code& failure) {
    if (failure) {
      fail("connect", failure);
      return;
    }
    if (parts_.tls == nullptr) {
      send(stream_);
      return;
    }
    tls_.emplace(stream_, *parts_.tls);
    boost::system::error_code error;
    tls_->set_verify_mode(asio::ssl::verify_peer, error);
    if (!error) {
      tls_->set_verify_callback(asio::ssl::host_name_verification(parts_.target.host), error);
    }
    if (error || SSL_set_tlsext_host_name(tls_->native_handle(), parts_.target.host.c_str()) != 1) {
      fail("set up TLS", error);
      return;
    }
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](const boost::system::error_code& refused) {
                            if (refused) {
                              self->fail("TLS", refused);
                            } else {
                              self->send(*self->tls_);
                            }
                          });
  }

  template <typename Stream>
  void send(Stream& stream) {
    request_.version(11);
    request_.method(parts_.verb);
    request_.target(parts_.order.path);
    request_.set(http::field::host,
                 parts_.tls == nullptr ? parts_.target.address : parts_.target.host);
    request_.set(http::field::user_agent, "quorate-operator");
    request_.set(http::field::authorization, "Bearer " + parts_.token.reveal());
    request_.set(http::field::connection, "close");
    request_.body() = parts_.order.body;
    if (!parts_.order.body.empty()) {
      request_.set(http::field::content_type, "application/json");
    }
    request_.prepare_payload();
    http::async_write(
        stream, request_,
        [self = shared_from_this(), &stream](const boost::system::error_code& error, size_t) {
          self->on_written(stream, error);
        });
  }

  template <typename Stream>
  void on_written(Stream& stream, const boost::system::error_code& failure) {
    if (failure) {
      fail("send", failure);
      return;
    }
    parser_.body_limit(parts_.body_bytes_max);
    http::async_read(stream, buffer_, parser_,
                     [self = shared_from_this()](const boost::system::error_code& error, size_t) {
                       self->on_read(error);
                     });
  }

  void on_read(const boost::system::error_code& failure) {
    if (failure) {
      fail("receive", failure);
      return;
    }
    finish({.code = static_cast<int>(parser_.get().result_int()),
            .body = std::move(parser_.get().body())});
  }

  void fail(const char* what, const boost::system::error_code& failure) {
    finish({.error = std::string(what) + ": " + failure.message()});
  }

  beast::tcp_stream stream_;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls_;
  Parts parts_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
};

namespace {

ensemble::MemberReport report_of(const MemberAnswer& answer) {
  if (!answer.ok()) {
    return ensemble::unreachable(answer.code == 401 || answer.code == 403 ? kTokenRefused
                                                                          : answer.text());
  }
  const auto body = kube::parse_json(answer.body);
  return body ? ensemble::parse_report(*body) : ensemble::unreachable("its answer is no JSON");
}

/// A round: counts the answers and hands over the reports with the last.
struct Round {
  MemberReports reports;
  size_t missing = 0;
  std::function<void(MemberReports)> on_done;
};

}  // namespace

class HttpMembers::Impl {
 public:
  explicit Impl(HttpMembersOptions options) : options_(options), thread_([this] { loop_.run(); }) {}
  ~Impl() {
    loop_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void send(const MemberTarget& member, http::verb verb, MemberOrder order, const Secret& token,
            TimePoint deadline, std::function<void(MemberAnswer)> on_done) {
    asio::post(loop_,
               [this, parts = MemberExchange::Parts{.target = member,
                                                    .tls = nullptr,
                                                    .port = options_.port,
                                                    .verb = verb,
                                                    .order = std::move(order),
                                                    .token = token,
                                                    .deadline = deadline,
                                                    .body_bytes_max = options_.body_bytes_max,
                                                    .on_done = std::move(on_done)}]() mutable {
                 enqueue(std::move(parts));
               });
  }

 private:
  /// Authorities are the same for all members of a cluster and change once in years.
  std::shared_ptr<asio::ssl::context> context_of(const std::string& authorities_pem) {
    constexpr size_t kContextsMax = 1000;
    if (const auto found = contexts_.find(authorities_pem); found != contexts_.end()) {
      return found->second;
    }
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    boost::system::error_code error;
    context->add_certificate_authority(asio::buffer(authorities_pem), error);
    if (error) {
      return nullptr;
    }
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    if (contexts_.size() >= kContextsMax) {
      contexts_.clear();
    }
    contexts_.emplace(authorities_pem, context);
    return context;
  }

  void enqueue(MemberExchange::Parts parts) {
    if (!parts.target.host.empty() && !parts.target.authorities_pem.empty()) {
      parts.tls = context_of(parts.target.authorities_pem);
    }
    parts.on_done = [this, then = std::move(parts.on_done)](MemberAnswer answer) {
      --active_;
      then(std::move(answer));
      start_next();
    };
    waiting_.push_back(std::make_shared<MemberExchange>(loop_, std::move(parts)));
    start_next();
  }

  void start_next() {
    while (active_ < options_.requests_max && !waiting_.empty()) {
      const std::shared_ptr<MemberExchange> next = std::move(waiting_.front());
      waiting_.pop_front();
      ++active_;
      next->start();
    }
  }

  const HttpMembersOptions options_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  std::map<std::string, std::shared_ptr<asio::ssl::context>> contexts_;  ///< By authorities.
  std::deque<std::shared_ptr<MemberExchange>> waiting_;
  size_t active_ = 0;
  std::thread thread_;
};

HttpMembers::HttpMembers(HttpMembersOptions options) : impl_(std::make_unique<Impl>(options)) {}
HttpMembers::~HttpMembers() = default;

void HttpMembers::ask(std::vector<MemberTarget> members, Secret token,
                      std::function<void(MemberReports)> on_done) {
  if (members.empty()) {
    on_done({});
    return;
  }
  // Only the client's own thread touches a round once it has begun.
  auto round = std::make_shared<Round>();
  round->missing = members.size();
  round->on_done = std::move(on_done);
  const TimePoint deadline = transport::monotonic_now() + kAskTimeout;
  for (const MemberTarget& each : members) {
    impl_->send(each, http::verb::get, {.path = "/v1/status", .body = {}}, token, deadline,
                [round, name = each.name](const MemberAnswer& answer) {
                  round->reports.insert_or_assign(name, report_of(answer));
                  if (--round->missing == 0) {
                    round->on_done(std::move(round->reports));
                  }
                });
  }
}

MemberAnswer HttpMembers::order(const MemberTarget& member, const Secret& token,
                                const MemberOrder& order, const transport::CallScope& scope) {
  auto meeting = std::make_shared<transport::Meeting<MemberAnswer>>();
  impl_->send(member, http::verb::post, order, token, scope.deadline,
              [meeting](MemberAnswer answer) { meeting->answer(std::move(answer)); });
  auto answer = meeting->wait(scope.deadline, scope.stop);
  if (!answer) {
    return {.error = scope.stop.stop_requested() ? "stopped" : "no answer in time"};
  }
  return *std::move(answer);
}

}  // namespace quorate::reconcile
