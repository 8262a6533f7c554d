// ElectionPeer: dial, hello or knock, replace, retry.
#include "server/peers/election_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "server/net/socket_address.h"

namespace quorate::peers {
namespace {

/// A peer that is gone without a word is found within about five seconds.
constexpr int kKeepAliveIdleSeconds = 2;
constexpr int kKeepAliveIntervalSeconds = 1;
constexpr int kKeepAliveProbes = 3;
/// One that no longer hears what it is told is found within this, however much it talks itself: its
/// vote would elect a leader that nobody can connect to.
constexpr int kUserTimeoutMs = 1000;

/// On either side, whoever called.
void watch_over(const Link& link) {
  const int fd = link.fd();
  net::set_socket_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  net::set_socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  net::set_socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  net::set_socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  net::set_socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

TimePoint steady_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace

template <typename Handler>
void ElectionPeer::after(Duration wait, Handler handler) {
  timer_.expires_after(wait);
  timer_.async_wait([handler = std::move(handler),
                     alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) {
      handler();
    }
  });
}

ElectionPeer::ElectionPeer(boost::asio::io_context& loop, const MeshOptions& options,
                           MeshHandler& handler, MeshPeer peer)
    : loop_(loop),
      options_(options),
      handler_(handler),
      peer_(std::move(peer)),
      timer_(loop),
      retry_(options.retry_min) {}

ElectionPeer::~ElectionPeer() {
  stop_attempt();
  for (const std::shared_ptr<Link>& link : {link_, replaced_}) {
    if (link) {
      link->close();
    }
  }
}

void ElectionPeer::set_addresses(std::vector<wire::ElectionAddress> addresses) {
  if (addresses == peer_.addresses) {
    return;
  }
  peer_.addresses = std::move(addresses);
  retry_ = options_.retry_min;
  if (wanted_ && !link_) {
    stop_attempt();
    dial();
  }
}

void ElectionPeer::set_wanted(bool wanted) {
  const bool begins = wanted && !wanted_;
  wanted_ = wanted;
  if (begins && is_idle()) {
    retry_ = options_.retry_min;
    suspected_ = false;
    dial();
  } else if (!wanted && !link_) {
    stop_attempt();
  }
}

void ElectionPeer::dial() {
  timer_.cancel();
  dial_ = std::make_unique<Dial>(loop_, peer_.addresses, options_.connect_timeout,
                                 [this](Result<Dialled> result) { on_dialled(std::move(result)); });
}

void ElectionPeer::on_dialled(Result<Dialled> result) {
  dial_.reset();
  if (!result) {
    fail(result.error().message);
    return;
  }
  LinkTls tls;
  if (options_.tls_client) {
    tls = {LinkTls::Side::kConnect, options_.tls_client, result->host};
  }
  greeting_ = Link::create(loop_, result->fd, std::move(tls), *this);
  watch_over(*greeting_);
  after(options_.connect_timeout, [this] {
    if (greeting_) {
      std::exchange(greeting_, nullptr)->close();
      fail("the TLS handshake timed out");
    }
  });
}

void ElectionPeer::on_ready(Link& link) {
  if (greeting_.get() != &link) {
    return;
  }
  timer_.cancel();
  std::string hello;
  wire::encode(wire::ElectionHello{options_.self, options_.own_addresses}, hello);
  link.send(hello);
  std::shared_ptr<Link> greeted = std::exchange(greeting_, nullptr);
  if (calls()) {
    settle(std::move(greeted));
    return;
  }
  greeted->close_when_sent();
  // The peer calls back at once, or has a reason not to; then it is asked again.
  if (!knocked_) {
    knocked_ = steady_now();
  } else if (steady_now() - *knocked_ > options_.connect_timeout) {
    fail("it does not call back");
    return;
  }
  retry_later();
}

void ElectionPeer::adopt(std::shared_ptr<Link> link) {
  stop_attempt();
  settle(std::move(link));
}

void ElectionPeer::settle(std::shared_ptr<Link> link) {
  if (replaced_) {
    replaced_->close();
  }
  // The peer may see the end of the old connection before the new one, and would suspect us: the
  // side that called leaves it to the other one to close it.
  replaced_ = std::exchange(link_, std::move(link));
  watch_over(*link_);
  if (replaced_ && !calls()) {
    std::exchange(replaced_, nullptr)->close();
  }
  waiting_.clear();
  knocked_.reset();
  suspected_ = false;
  retry_ = options_.retry_min;
  handler_.on_connected(peer_.id);
}

void ElectionPeer::on_knock() {
  if (!calls() || dial_ || greeting_) {
    return;
  }
  dial();
}

void ElectionPeer::send(std::string frame) {
  if (!link_) {
    return;
  }
  if (link_->queued() > 0) {
    waiting_ = std::move(frame);
    return;
  }
  link_->send(frame);
}

void ElectionPeer::on_sent(Link& link) {
  if (link_.get() == &link && !waiting_.empty()) {
    link.send(std::exchange(waiting_, {}));
  }
}

size_t ElectionPeer::on_bytes(Link& link, std::string_view bytes) {
  if (link_.get() != &link) {
    return bytes.size();  // Of a knock, or of the connection that was replaced.
  }
  const wire::ElectionFrameRead frame = wire::read_election_frame(bytes);
  if (frame.outcome == wire::ReadOutcome::kMalformed) {
    link.close();
    on_end(link, "a message of a size that cannot be");
    return bytes.size();
  }
  if (frame.outcome != wire::ReadOutcome::kWhole) {
    return 0;
  }
  if (const auto notification = wire::decode_notification(frame.payload)) {
    handler_.on_notification(peer_.id, *notification);
  }
  return frame.size;
}

void ElectionPeer::on_end(Link& link, const std::string& why) {
  if (greeting_.get() == &link) {
    greeting_.reset();
    fail(why);
    return;
  }
  if (replaced_.get() == &link) {
    replaced_.reset();
  }
  if (link_.get() != &link) {
    return;
  }
  link_.reset();
  suspected_ = true;
  if (wanted_ && is_idle()) {
    dial();
  }
  handler_.on_suspected(peer_.id, why);
}

void ElectionPeer::fail(const std::string& why) {
  const bool is_news = !suspected_ && !link_;
  retry_later();
  if (is_news) {
    suspected_ = true;
    handler_.on_suspected(peer_.id, why);
  }
}

void ElectionPeer::retry_later() {
  if (!wanted_ || link_) {
    return;
  }
  after(retry_, [this] {
    if (wanted_ && is_idle()) {
      dial();
    }
  });
  retry_ = std::min(retry_ * 2, options_.retry_max);
}

void ElectionPeer::stop_attempt() {
  timer_.cancel();
  dial_.reset();
  if (greeting_) {
    std::exchange(greeting_, nullptr)->close();
  }
}

}  // namespace quorate::peers
