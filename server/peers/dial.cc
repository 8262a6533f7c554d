// Dial: resolve, connect, next address.
#include "server/peers/dial.h"

#include <netinet/in.h>

#include <algorithm>
#include <deque>
#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/peers/hosts_file.h"

namespace quorate::peers {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr Duration kShareMin = std::chrono::milliseconds(250);

}  // namespace

/// Kept alive by what it waits for; `cancel` makes it silent.
class Dial::Attempt : public std::enable_shared_from_this<Dial::Attempt> {
 public:
  Attempt(asio::io_context& loop, std::vector<wire::ElectionAddress> destinations, Duration timeout,
          Done done)
      : destinations_(std::move(destinations)),
        done_(std::move(done)),
        resolver_(loop),
        socket_(loop),
        timer_(loop),
        deadline_(std::chrono::steady_clock::now() + timeout) {}

  void start() {
    asio::post(timer_.get_executor(), [self = shared_from_this()] { self->resolve_next(); });
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->done_ && self->number_ == 0) {
        self->finish(Error{ErrorKind::kIo, "the look-up of names timed out"});
      }
    });
  }

  void cancel() {
    done_ = nullptr;
    stop_waiting();
  }

 private:
  struct Target {
    std::string host;
    Tcp::endpoint endpoint;
  };

  void stop_waiting() {
    resolver_.cancel();
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  void resolve_next() {
    if (!done_) {
      return;
    }
    if (next_ == destinations_.size()) {
      connect_next();
      return;
    }
    const wire::ElectionAddress& to = destinations_[next_++];
    const std::optional<std::string> listed = look_up_host(to.host);
    error_code is_name;
    const auto address = asio::ip::make_address(listed.value_or(to.host), is_name);
    if (!is_name) {  // It need not wait for names that others look up.
      targets_.push_back({to.host, {address, to.port}});
      resolve_next();
      return;
    }
    resolver_.async_resolve(listed.value_or(to.host), std::to_string(to.port),
                            Tcp::resolver::numeric_service,
                            [self = shared_from_this(), host = to.host](
                                const error_code& error, const Tcp::resolver::results_type& found) {
                              self->add_targets(host, error, found);
                            });
  }

  void add_targets(const std::string& host, const error_code& error,
                   const Tcp::resolver::results_type& found) {
    if (!done_) {
      return;
    }
    if (error) {
      note(host, error.message());
    }
    for (const auto& entry : found) {
      targets_.push_back({host, entry.endpoint()});
    }
    resolve_next();
  }

  void connect_next() {
    if (targets_.empty()) {
      finish(Error{ErrorKind::kIo, failures_.empty() ? "no address is known" : failures_});
      return;
    }
    const Target target = std::move(targets_.front());
    targets_.pop_front();
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline_) {
      finish(Error{ErrorKind::kIo, failures_.empty() ? "timed out" : failures_});
      return;
    }
    const auto share = std::max<std::chrono::steady_clock::duration>(
        kShareMin, (deadline_ - now) / static_cast<int>(targets_.size() + 1));
    const uint64_t number = ++number_;
    timer_.expires_after(share);
    timer_.async_wait([self = shared_from_this(), number](const error_code& error) {
      if (!error && number == self->number_) {
        error_code ignored;
        self->timed_out_ = true;
        self->socket_.close(ignored);  // The connect ends with an error.
      }
    });
    error_code ignored;
    socket_.close(ignored);
    timed_out_ = false;
    socket_.async_connect(target.endpoint,
                          [self = shared_from_this(), target](const error_code& error) {
                            self->on_connected(target, error);
                          });
  }

  void on_connected(const Target& target, const error_code& error) {
    ++number_;
    timer_.cancel();
    if (!done_) {
      return;
    }
    if (error || timed_out_) {
      const Tcp::endpoint& at = target.endpoint;
      note(at.address().to_string() + ":" + std::to_string(at.port()),
           timed_out_ ? "timed out" : error.message());
      connect_next();
      return;
    }
    error_code failed;
    socket_.native_non_blocking(true, failed);
    const int fd = failed ? -1 : socket_.release(failed);
    if (failed) {
      note(target.host, failed.message());
      connect_next();
      return;
    }
    finish(Dialled{fd, target.host});
  }

  void note(const std::string& where, const std::string& why) {
    if (!failures_.empty()) {
      failures_.append("; ");
    }
    failures_.append(where).append(": ").append(why);
  }

  void finish(Result<Dialled> result) { std::exchange(done_, nullptr)(std::move(result)); }

  std::vector<wire::ElectionAddress> destinations_;
  Done done_;
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  size_t next_ = 0;
  std::deque<Target> targets_;
  uint64_t number_ = 0;  ///< Of the connect under way; the timer of an older one means nothing.
  bool timed_out_ = false;
  std::string failures_;
};

Dial::Dial(asio::io_context& loop, std::vector<wire::ElectionAddress> destinations,
           Duration timeout, Done done)
    : attempt_(std::make_shared<Attempt>(loop, std::move(destinations), timeout, std::move(done))) {
  attempt_->start();
}

Dial::~Dial() { attempt_->cancel(); }

}  // namespace quorate::peers
