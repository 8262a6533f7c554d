// Gate: accepting, the deadline of strangers, and what is said of the refused.
#include "server/peers/gate.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/net/listener.h"

namespace quorate::peers {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::stream_descriptor;

/// Accepted in one go, so that a storm of connections does not keep the loop to itself.
constexpr int kAcceptsMax = 16;
constexpr auto kExhaustedPause = std::chrono::milliseconds(100);
constexpr auto kSecond = std::chrono::seconds(1);
constexpr int kRefusalsToldPerSecond = 5;

LinkTls tls_of(const net::ListenOptions& options) {
  LinkTls tls;
  tls.context = options.tls_context;
  if (options.tls == net::TlsMode::kOn) {
    tls.side = LinkTls::Side::kAccept;
  } else if (options.tls == net::TlsMode::kBoth) {
    tls.side = LinkTls::Side::kAcceptEither;
  }
  return tls;
}

}  // namespace

class Gate::Impl final : public LinkHandler {
 public:
  Impl(asio::io_context& loop, GateOptions options, GateHandler& handler)
      : loop_(loop), options_(options), handler_(handler), deadline_(loop) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::vector<net::BoundAddress>> open(const std::vector<net::ListenOptions>& addresses) {
    std::vector<net::ListeningSocket> sockets;
    for (const net::ListenOptions& options : addresses) {
      auto opened = net::ListeningSocket::open(options);
      if (!opened) {
        return opened.error();
      }
      std::ranges::move(*opened, std::back_inserter(sockets));
    }
    std::vector<net::BoundAddress> bound;
    for (net::ListeningSocket& socket : sockets) {
      bound.push_back(socket.bound());
      listeners_.push_back(std::make_shared<Listener>(loop_, std::move(socket)));
      await(listeners_.back());
    }
    return bound;
  }

  void close() {
    listeners_.clear();
    for (const Stranger& stranger : strangers_) {
      stranger.link->close();
    }
    strangers_.clear();
    deadline_.cancel();
  }

  std::shared_ptr<Link> take(Link& link, LinkHandler& handler) {
    std::shared_ptr<Link> taken = remove(link);
    if (taken) {
      taken->set_handler(handler);
    }
    return taken;
  }

  [[nodiscard]] GateStats stats() const {
    GateStats stats = stats_;
    stats.strangers = strangers_.size();
    return stats;
  }

  // ---- LinkHandler ----
  size_t on_bytes(Link& link, std::string_view bytes) override {
    std::string why;
    if (handler_.on_greeting(link, bytes, why) == Greeting::kRefused) {
      refuse(link, why);
    }
    return 0;
  }
  void on_end(Link& link, const std::string& why) override { refuse(link, why); }

 private:
  struct Listener {
    Listener(asio::io_context& loop, net::ListeningSocket from)
        : socket(std::move(from)), descriptor(loop, socket.fd()), pause(loop) {}
    ~Listener() { descriptor.release(); }
    net::ListeningSocket socket;
    Descriptor descriptor;
    asio::steady_timer pause;  ///< After an accept that found no descriptor left.
  };
  struct Stranger {
    std::shared_ptr<Link> link;
    Clock::time_point since;
  };

  void await(const std::shared_ptr<Listener>& listener) {
    listener->descriptor.async_wait(
        Descriptor::wait_read,
        [this, weak = std::weak_ptr<Listener>(listener)](const boost::system::error_code& error) {
          const std::shared_ptr<Listener> alive = weak.lock();
          if (!error && alive) {
            accept_some(alive);
          }
        });
  }

  void accept_some(const std::shared_ptr<Listener>& listener) {
    for (int i = 0; i < kAcceptsMax; ++i) {
      const net::Accepted accepted = listener->socket.accept();
      if (accepted.outcome == net::AcceptOutcome::kNone) {
        break;
      }
      if (accepted.outcome == net::AcceptOutcome::kExhausted) {
        listener->pause.expires_after(kExhaustedPause);
        listener->pause.async_wait([this, weak = std::weak_ptr<Listener>(listener)](
                                       const boost::system::error_code& error) {
          const std::shared_ptr<Listener> alive = weak.lock();
          if (!error && alive) {
            await(alive);
          }
        });
        return;
      }
      if (accepted.outcome == net::AcceptOutcome::kAccepted) {
        admit(accepted.fd, listener->socket.options());
      }
    }
    await(listener);
  }

  void admit(int fd, const net::ListenOptions& options) {
    ++stats_.accepted;
    strangers_.push_back({Link::create(loop_, fd, tls_of(options), *this), Clock::now()});
    if (strangers_.size() > options_.strangers_max) {
      refuse(*strangers_.front().link, "makes room for a newer connection, having said nothing");
    }
    arm();
  }

  void arm() {
    if (strangers_.empty()) {
      deadline_.cancel();
      return;
    }
    deadline_.expires_at(strangers_.front().since + options_.greeting_timeout);
    deadline_.async_wait(
        [this, alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
          if (error || alive.expired()) {
            return;  // Armed anew, or the gate is closed.
          }
          const auto oldest = Clock::now() - options_.greeting_timeout;
          while (!strangers_.empty() && strangers_.front().since <= oldest) {
            refuse(*strangers_.front().link, "said nothing in time");
          }
          arm();
        });
  }

  std::shared_ptr<Link> remove(Link& link) {
    const auto found = std::ranges::find_if(
        strangers_, [&link](const Stranger& stranger) { return stranger.link.get() == &link; });
    if (found == strangers_.end()) {
      return nullptr;
    }
    std::shared_ptr<Link> removed = std::move(found->link);
    strangers_.erase(found);
    return removed;
  }

  void refuse(Link& link, const std::string& why) {
    const std::shared_ptr<Link> refused = remove(link);
    if (!refused) {
      return;
    }
    ++stats_.refused;
    refused->close();
    const auto now = Clock::now();
    if (now - told_since_ > kSecond) {
      told_since_ = now;
      told_ = 0;
    }
    if (++told_ <= kRefusalsToldPerSecond) {
      handler_.on_refused(refused->remote(), why);
    }
  }

  asio::io_context& loop_;
  GateOptions options_;
  GateHandler& handler_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::deque<Stranger> strangers_;  ///< Oldest first.
  asio::steady_timer deadline_;
  GateStats stats_;
  Clock::time_point told_since_{};
  int told_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

Gate::Gate(asio::io_context& loop, GateOptions options, GateHandler& handler)
    : impl_(std::make_unique<Impl>(loop, options, handler)) {}
Gate::~Gate() = default;

Result<std::vector<net::BoundAddress>> Gate::open(
    const std::vector<net::ListenOptions>& addresses) {
  return impl_->open(addresses);
}
void Gate::close() { impl_->close(); }
std::shared_ptr<Link> Gate::take(Link& link, LinkHandler& handler) {
  return impl_->take(link, handler);
}
GateStats Gate::stats() const { return impl_->stats(); }

}  // namespace quorate::peers
