// The only file that knows cpprestsdk: clients, requests, streams of bodies, cancellation.
#include "operator/transport/cpprest_transport.h"

#define _TURN_OFF_PLATFORM_STRING
#include <cpprest/astreambuf.h>
#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <arpa/inet.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <openssl/err.h>

#include "operator/transport/call.h"
#include "operator/transport/file.h"
#include "operator/transport/tls_material.h"

namespace quorate::transport {

namespace {

namespace http = web::http;
using kube::ApiErrorKind;
using Clock = std::chrono::steady_clock;

constexpr size_t kThreads = 2;

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
      // Somebody else in the process was first, with another number.
    }
  });
}

/// Where the library writes a body: nothing but puts is ever called.
class BodyBuffer final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  explicit BodyBuffer(std::shared_ptr<Call> call)
      : streambuf_state_manager(std::ios_base::out), call_(std::move(call)) {}

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(size_t, std::ios_base::openmode) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return pos_type(traits::eof()); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return pos_type(traits::eof()); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return pos_type(traits::eof());
  }
  bool acquire(uint8_t*& pointer, size_t& count) override {
    pointer = nullptr;
    count = 0;
    return false;
  }
  void release(uint8_t*, size_t) override {}

 protected:
  pplx::task<int_type> _putc(uint8_t each) override {
    put(&each, 1);
    return pplx::task_from_result<int_type>(each);
  }
  pplx::task<size_t> _putn(const uint8_t* pointer, size_t count) override {
    if (!put(pointer, count)) {
      return pplx::task_from_exception<size_t>(std::runtime_error("the body is not wanted"));
    }
    return pplx::task_from_result(count);
  }
  pplx::task<int_type> _bumpc() override { return end(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return end(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return end(); }
  pplx::task<int_type> _ungetc() override { return end(); }
  pplx::task<size_t> _getn(uint8_t*, size_t) override { return pplx::task_from_result<size_t>(0); }
  size_t _scopy(uint8_t*, size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  uint8_t* _alloc(size_t) override { return nullptr; }
  void _commit(size_t) override {}

 private:
  static pplx::task<int_type> end() { return pplx::task_from_result<int_type>(traits::eof()); }
  bool put(const uint8_t* pointer, size_t count) {
    return call_->add_bytes({reinterpret_cast<const char*>(pointer), count});
  }

  const std::shared_ptr<Call> call_;
};

/// The text of an error that the library gives by number: of errno, or of OpenSSL.
std::string text_of(const std::error_code& code) {
  const auto value = static_cast<unsigned long>(code.value());
  if (const char* reason = value > 4095 ? ERR_reason_error_string(value) : nullptr) {
    return reason;
  }
  return std::generic_category().message(code.value());
}

/// The TLS material for new connections, which the library may still make when the transport has
/// gone.
struct TlsShelf {
  std::mutex mutex;
  std::shared_ptr<const TlsMaterial> material;
  const std::shared_ptr<TlsDiagnosis> diagnosis = std::make_shared<TlsDiagnosis>();
};

class CpprestTransport final : public HttpTransport {
 public:
  CpprestTransport(const Cluster& cluster, TransportOptions options)
      : cluster_(cluster),
        options_(std::move(options)),
        tls_(std::make_shared<TlsShelf>()),
        box_(std::make_shared<Box>()) {
    box_->on_report = options_.on_report;
  }

  Status open() {
    start_library();
    if (const Status loaded = refresh_material(); !loaded) {
      return loaded.error();
    }
    try {
      const http::uri url(cluster_.url);
      if ((url.scheme() != "https" && url.scheme() != "http") || url.host().empty() ||
          url.port() > 65535) {
        return Error{ErrorKind::kInvalidInput, "`" + cluster_.url + "` is no URL of a server"};
      }
      if (url.host().front() == '[') {
        return Error{ErrorKind::kInvalidInput, "`" + cluster_.url +
                                                   "`: literal IPv6 addresses are not supported; "
                                                   "use a name that resolves to it"};
      }
      for (const auto& [lane, timeout] : {std::pair(Lane::kVerbs, options_.verb_timeout),
                                          std::pair(Lane::kWatches, options_.watch_timeout),
                                          std::pair(Lane::kLease, options_.lease_timeout)}) {
        clients_.emplace(lane, http::client::http_client(url, config(url, timeout)));
      }
    } catch (const std::exception& error) {
      return Error{ErrorKind::kInvalidInput,
                   "`" + cluster_.url + "` is no URL of a server: " + error.what()};
    }
    dispatcher_ = std::thread([this] { dispatch(); });
    return {};
  }

  ~CpprestTransport() override {
    {
      const std::lock_guard lock(box_->mutex);
      box_->is_closed = true;
    }
    box_->changed.notify_all();
    if (dispatcher_.joinable()) {
      dispatcher_.join();
    }
    std::map<CallId, Entry> calls;
    {
      const std::lock_guard lock(box_->mutex);
      calls.swap(box_->calls);
    }
    for (auto& [id, entry] : calls) {
      entry.call->fail(ApiErrorKind::kCancelled, "the transport is closed");
      entry.cancellation.cancel();
    }
  }

  CallId start(Lane lane, kube::Request request, CallHandlers handlers) override {
    CallId id = 0;
    {
      const std::lock_guard lock(box_->mutex);
      id = ++box_->last_id;
      auto call = std::make_shared<Call>(id, lane, std::move(request), std::move(handlers),
                                         options_.body_bytes_max);
      box_->calls.emplace(id, Entry{.call = std::move(call), .started = Clock::now()});
      box_->to_send.push_back(id);
    }
    box_->changed.notify_all();
    return id;
  }

  void cancel(CallId id) override {
    {
      const std::lock_guard lock(box_->mutex);
      box_->to_cancel.push_back(id);
    }
    box_->changed.notify_all();
  }

 private:
  struct Entry {
    std::shared_ptr<Call> call;
    pplx::cancellation_token_source cancellation = {};
    Clock::time_point started;
    bool was_refused = false;  ///< With 401.
  };
  /// What the library's threads reach too; it outlives the transport as long as they need it.
  struct Box {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_closed = false;
    CallId last_id = 0;
    std::map<CallId, Entry> calls;
    std::deque<CallId> to_send;
    std::deque<CallId> to_cancel;
    bool is_rejected = false;  ///< The credentials have to be read anew.
    std::function<void(const RequestReport&)> on_report;
  };

  http::client::http_client_config config(const http::uri& url, Duration timeout) {
    http::client::http_client_config config;
    config.set_timeout(timeout);
    config.set_max_redirects(0);
    config.set_validate_certificates(!cluster_.trust.is_insecure);
    in_addr address{};
    const bool is_name = ::inet_pton(AF_INET, url.host().c_str(), &address) != 1;
    config.set_tlsext_sni_enabled(is_name || !cluster_.trust.server_name.empty());
    config.set_ssl_context_callback([tls = tls_](boost::asio::ssl::context& context) {
      std::shared_ptr<const TlsMaterial> material;
      {
        const std::lock_guard lock(tls->mutex);
        material = tls->material;
      }
      material->apply(context.native_handle(), tls->diagnosis);
    });
    return config;
  }

  /// Reads authorities and client certificate. Dispatcher's thread, or before it runs.
  Status refresh_material() {
    std::string authorities = cluster_.trust.ca_pem;
    if (authorities.empty() && !cluster_.trust.ca_file.empty()) {
      auto read = read_file(cluster_.trust.ca_file);
      if (!read) {
        return read.error();
      }
      authorities = std::move(*read);
    }
    auto identity = cluster_.credentials->identity();
    if (!identity) {
      return identity.error();
    }
    auto made = TlsMaterial::make(authorities, *identity);
    if (!made) {
      return Error{made.error().kind, cluster_.source + ": " + made.error().message};
    }
    const std::lock_guard lock(tls_->mutex);
    tls_->material = std::move(*made);
    material_at_ = Clock::now();
    return {};
  }

  // ---- the dispatcher's thread ----------------------------------------------------------------
  void dispatch() {
    std::unique_lock lock(box_->mutex);
    while (true) {
      box_->changed.wait(lock, [this] {
        return box_->is_closed || !box_->to_send.empty() || !box_->to_cancel.empty();
      });
      if (box_->is_closed) {
        return;
      }
      // Cancellations first: a plugin may take its time.
      if (!box_->to_cancel.empty()) {
        const CallId id = box_->to_cancel.front();
        box_->to_cancel.pop_front();
        lock.unlock();
        cancel_now(id);
      } else {
        const CallId id = box_->to_send.front();
        box_->to_send.pop_front();
        const bool is_rejected = std::exchange(box_->is_rejected, false);
        lock.unlock();
        if (is_rejected) {
          cluster_.credentials->rejected();
        }
        send(id);
      }
      lock.lock();
    }
  }

  void cancel_now(CallId id) {
    std::optional<Entry> entry;
    {
      const std::lock_guard lock(box_->mutex);
      const auto found = box_->calls.find(id);
      if (found == box_->calls.end()) {
        return;
      }
      entry = std::move(found->second);
      box_->calls.erase(found);
    }
    // First the end, so that it is not the broken connection.
    entry->call->fail(ApiErrorKind::kCancelled, "cancelled");
    entry->cancellation.cancel();
  }

  void send(CallId id) {
    std::shared_ptr<Call> call;
    pplx::cancellation_token token = pplx::cancellation_token::none();
    {
      const std::lock_guard lock(box_->mutex);
      const auto found = box_->calls.find(id);
      if (found == box_->calls.end()) {
        return;
      }
      call = found->second.call;
      token = found->second.cancellation.get_token();
    }
    if (Clock::now() - material_at_ > options_.material_age_max) {
      if (const Status refreshed = refresh_material(); !refreshed) {
        finish(box_, call, 0, refreshed.error().message, ApiErrorKind::kDenied);
        return;
      }
    }
    auto authorization = cluster_.credentials->authorization();
    if (!authorization) {
      finish(box_, call, 0, authorization.error().message, ApiErrorKind::kDenied);
      return;
    }
    try {
      send(call, *authorization, token);
    } catch (const std::exception& error) {
      finish(box_, call, 0, std::string("the request cannot be sent: ") + error.what(),
             ApiErrorKind::kUnreachable);
    }
  }

  void send(const std::shared_ptr<Call>& call, const Secret& authorization,
            const pplx::cancellation_token& token) {
    const kube::Request& from = call->request();
    http::http_request request{std::string(from.method)};
    request.set_request_uri(http::uri(from.target));
    request.headers().add("Accept", "application/json");
    request.headers().add("User-Agent", options_.user_agent);
    if (!authorization.empty()) {
      request.headers().add("Authorization", authorization.reveal());
    }
    if (!cluster_.trust.server_name.empty()) {
      request.headers().add("Host", cluster_.trust.server_name);
    }
    if (!from.body.empty()) {
      request.set_body(from.body, std::string(from.content_type));
    }
    auto buffer = std::make_shared<BodyBuffer>(call);
    request.set_response_stream(
        concurrency::streams::ostream(concurrency::streams::streambuf<uint8_t>(buffer)));
    clients_.at(call->lane())
        .request(request, token)
        .then([call](const http::http_response& response) {
          const auto found = response.headers().find("Retry-After");
          call->set_head(response.status_code(),
                         found == response.headers().end() ? "" : found->second);
          return response.content_ready();
        })
        .then([call, box = box_,
               diagnosis = tls_->diagnosis](const pplx::task<http::http_response>& task) {
          ended(box, call, task, *diagnosis);
        });
  }

  // ---- the library's threads ------------------------------------------------------------------
  static void ended(const std::shared_ptr<Box>& box, const std::shared_ptr<Call>& call,
                    const pplx::task<http::http_response>& task, TlsDiagnosis& diagnosis) {
    try {
      const int code = task.get().status_code();
      if (code == 401 && resend(box, call)) {
        return;
      }
      finish(box, call, code, {}, ApiErrorKind::kUnreachable);
    } catch (const http::http_exception& error) {
      const bool is_late = error.error_code() == std::errc::timed_out;
      std::string message = error.what();
      if (!is_late && error.error_code().value() != 0) {
        message += ": " + text_of(error.error_code());
      }
      if (const std::string reason = diagnosis.take(); !reason.empty()) {
        message += ": " + reason;
      }
      finish(box, call, 0, std::move(message),
             is_late ? ApiErrorKind::kTimeout : ApiErrorKind::kUnreachable);
    } catch (const std::exception& error) {
      finish(box, call, 0, error.what(), ApiErrorKind::kUnreachable);
    }
  }

  /// Sends a refused request once more.
  static bool resend(const std::shared_ptr<Box>& box, const std::shared_ptr<Call>& call) {
    {
      const std::lock_guard lock(box->mutex);
      const auto found = box->calls.find(call->id());
      if (box->is_closed || found == box->calls.end() || found->second.was_refused) {
        return false;
      }
      found->second.was_refused = true;
      call->restart();
      box->is_rejected = true;
      box->to_send.push_back(call->id());
    }
    box->changed.notify_all();
    return true;
  }

  /// Ends a call: with its answer when there is a code.
  static void finish(const std::shared_ptr<Box>& box, const std::shared_ptr<Call>& call, int code,
                     std::string message, ApiErrorKind kind) {
    RequestReport report{.method = call->request().method,
                         .verb = call->request().verb,
                         .plural = call->request().plural,
                         .code = code};
    {
      const std::lock_guard lock(box->mutex);
      const auto found = box->calls.find(call->id());
      if (found != box->calls.end()) {
        report.duration =
            std::chrono::duration_cast<Duration>(Clock::now() - found->second.started);
        box->calls.erase(found);
      }
    }
    if (box->on_report) {
      box->on_report(report);
    }
    if (code != 0) {
      call->complete();
    } else {
      call->fail(kind, std::move(message));
    }
  }

  const Cluster cluster_;
  const TransportOptions options_;
  const std::shared_ptr<TlsShelf> tls_;
  Clock::time_point material_at_;  ///< Dispatcher's thread.
  std::map<Lane, http::client::http_client> clients_;
  const std::shared_ptr<Box> box_;
  std::thread dispatcher_;
};

}  // namespace

Result<std::unique_ptr<HttpTransport>> make_transport(const Cluster& cluster,
                                                      TransportOptions options) {
  auto transport = std::make_unique<CpprestTransport>(cluster, std::move(options));
  if (const Status opened = transport->open(); !opened) {
    return opened.error();
  }
  return std::unique_ptr<HttpTransport>(std::move(transport));
}

}  // namespace quorate::transport
