// ClientPort: ClientCore on an io_context. The one file of the client path that includes Asio.
#include "server/net/client_port.h"

#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "server/base/assert.h"
#include "server/net/client_core.h"

namespace quorate::net {
namespace {

namespace asio = boost::asio;

TimePoint steady_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Poller make_poller() {
  Result<Poller> poller = Poller::create();
  QR_ASSERT(poller);  // At start, before any limit on descriptors can be reached.
  return std::move(*poller);
}

}  // namespace

/// Asio waits for the poller's descriptor, an epoll set within Asio's own. That costs one system
/// call a turn, and gives what Asio's sockets do not: no call to wait again for each connection,
/// one read buffer for all, and a turn with an end, at which output is sent.
class ClientPort::Impl {
 public:
  Impl(asio::io_context& loop, ConnectionHandler& handler, ClientLimits limits)
      : core(make_poller(), handler, limits),
        loop_(loop),
        readable_(loop, core.poller_fd()),
        timer_(loop),
        alive_(std::make_shared<char>()) {
    await_readable();
  }

  ~Impl() { readable_.release(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// After a call from outside of a turn: what it left is done when the caller has returned.
  void settle_later() {
    if (!core.in_turn() && !posted_ && core.has_work()) [[unlikely]] {
      post_turn();
    }
  }

  ClientCore core;

  void flush() {
    core.flush(steady_now());
    settle_later();
  }

 private:
  void await_readable() {
    readable_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this, alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
          if (!error && !alive.expired()) {
            core.run_turn(steady_now());
            after_turn();
            await_readable();
          }
        });
  }

  void post_turn() {
    posted_ = true;
    asio::post(loop_, [this, alive = std::weak_ptr<char>(alive_)] {
      if (alive.expired()) {
        return;
      }
      posted_ = false;
      if (core.has_input()) {
        core.run_turn(steady_now());
      } else {
        core.finish_turn(steady_now());
      }
      after_turn();
    });
  }

  void after_turn() {
    if (!posted_ && (core.has_work() || core.has_input())) {
      post_turn();
    }
    if (!ticking_ && core.needs_tick()) {
      ticking_ = true;
      timer_.expires_after(ClientCore::kTickPeriod);
      await_tick();
    }
  }

  void await_tick() {
    timer_.async_wait(
        [this, alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
          if (error || alive.expired()) {
            return;
          }
          core.tick(steady_now());
          ticking_ = false;
          after_turn();
        });
  }

  asio::io_context& loop_;
  asio::posix::stream_descriptor readable_;
  asio::steady_timer timer_;
  std::shared_ptr<char> alive_;
  bool posted_ = false;
  bool ticking_ = false;
};

ClientPort::ClientPort(asio::io_context& loop, ConnectionHandler& handler, ClientLimits limits)
    : impl_(std::make_unique<Impl>(loop, handler, limits)) {}

ClientPort::~ClientPort() = default;

Result<std::vector<BoundAddress>> ClientPort::listen(const ListenOptions& options) {
  return impl_->core.listen(options);
}

void ClientPort::stop_listening() { impl_->core.stop_listening(); }

std::vector<BoundAddress> ClientPort::bound() const { return impl_->core.bound(); }

void ClientPort::send(ConnectionId id, std::string_view bytes) {
  impl_->core.send(id, bytes);
  impl_->settle_later();
}

std::string* ClientPort::output(ConnectionId id) {
  std::string* to = impl_->core.output(id);
  impl_->settle_later();
  return to;
}

void ClientPort::flush() { impl_->flush(); }

void ClientPort::close(ConnectionId id) {
  impl_->core.close(id);
  impl_->settle_later();
}

void ClientPort::close_when_quiet(ConnectionId id) {
  impl_->core.close_when_quiet(id);
  impl_->settle_later();
}

void ClientPort::drop(ConnectionId id) {
  impl_->core.drop(id);
  impl_->settle_later();
}

void ClientPort::pause_reading(ConnectionId id) {
  impl_->core.pause_reading(id);
  impl_->settle_later();
}

void ClientPort::resume_reading(ConnectionId id) {
  impl_->core.resume_reading(id);
  impl_->settle_later();
}

void ClientPort::established(ConnectionId id) { impl_->core.established(id); }

void ClientPort::large_request_done(ConnectionId id, size_t payload_bytes) {
  impl_->core.large_request_done(id, payload_bytes);
}

size_t ClientPort::bytes_queued(ConnectionId id) const { return impl_->core.bytes_queued(id); }

bool ClientPort::congested(ConnectionId id) const { return impl_->core.congested(id); }

bool ClientPort::exists(ConnectionId id) const { return impl_->core.exists(id); }

const ClientPortStats& ClientPort::stats() const { return impl_->core.stats(); }

void ClientPort::set_connections_max(size_t per_address, size_t total) {
  impl_->core.set_connections_max(per_address, total);
}

}  // namespace quorate::net
