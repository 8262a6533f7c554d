// LeaderLink: dial until the leader listens, then packets or a snapshot.
#include "server/peers/leader_link.h"

#include <algorithm>
#include <chrono>
#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/net/tls_context.h"
#include "server/peers/dial.h"

namespace quorate::peers {

using Clock = std::chrono::steady_clock;

namespace {

/// For an attempt where the leader is known to be, and for one by its names while there is such a
/// place: neither keeps the other waiting.
constexpr Duration kKnownHostPatience = std::chrono::milliseconds(300);
constexpr Duration kNamesPatience = std::chrono::seconds(1);

}  // namespace

/// Kept alive by whoever calls into it; silent once the handler is null.
class LeaderLink::Impl final : public LinkHandler, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, LeaderLinkOptions options, LeaderLinkHandler& handler)
      : loop_(loop),
        options_(std::move(options)),
        handler_(&handler),
        timer_(loop),
        deadline_(Clock::now() + options_.connect_timeout),
        wait_(options_.retry) {}

  void dial() {
    Clock::duration time = std::max(deadline_ - Clock::now(), Clock::duration(1));
    const bool is_known = !options_.known_host.empty();
    const bool by_known_host = is_known && attempts_++ % 2 == 0;
    if (is_known) {
      time = std::min<Clock::duration>(time, by_known_host ? kKnownHostPatience : kNamesPatience);
    }
    dial_ =
        std::make_unique<Dial>(loop_, by_known_host ? known_addresses() : options_.addresses,
                               std::chrono::duration_cast<Duration>(time),
                               [this](Result<Dialled> result) { on_dialled(std::move(result)); });
  }
  void silence() {
    handler_ = nullptr;
    timer_.cancel();
    dial_.reset();
    if (link_) {
      link_->close();
    }
  }
  void send(std::string_view packets) {
    if (connected_) {
      link_->send(packets);
    }
  }
  void flush() {
    if (connected_) {
      const std::shared_ptr<Link> link = link_;
      link->flush();
    }
  }
  void receive_snapshot() { in_snapshot_ = true; }

  // ---- LinkHandler ----
  void on_ready(Link&) override {
    connected_ = true;
    timer_.cancel();
    handler_->on_leader_connected();
  }
  size_t on_bytes(Link& link, std::string_view bytes) override {
    const std::shared_ptr<Impl> self = shared_from_this();
    if (in_snapshot_) {
      bool is_whole = false;
      const size_t taken = handler_->on_snapshot_bytes(bytes, is_whole);
      in_snapshot_ = !is_whole;
      return taken;
    }
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, options_.packet_bytes_max);
    if (read.outcome == wire::ReadOutcome::kNeedsMore) {
      return 0;
    }
    if (read.outcome == wire::ReadOutcome::kMalformed) {
      link.close();
      lose("a packet that cannot be read");
      return bytes.size();
    }
    handler_->on_leader_packet(read.packet);
    return read.size;
  }
  void on_end(Link&, const std::string& why) override { connected_ ? lose(why) : retry(why); }

 private:
  void on_dialled(Result<Dialled> result) {
    const std::shared_ptr<Impl> self = shared_from_this();
    dial_.reset();
    if (!result) {
      retry(result.error().message);
      return;
    }
    LinkTls tls;
    if (options_.tls) {
      const bool is_known_host = result->host == options_.known_host;
      tls = {LinkTls::Side::kConnect, options_.tls,
             is_known_host ? options_.addresses.front().host : result->host};
    }
    link_ = Link::create(loop_, result->fd, std::move(tls), *this);
    after(std::max(deadline_ - Clock::now(), Clock::duration(1)), [this] {
      link_->close();
      lose("the TLS handshake timed out");
    });
  }

  /// The leader's ports at the host that is known.
  [[nodiscard]] std::vector<wire::ElectionAddress> known_addresses() const {
    std::vector<wire::ElectionAddress> found;
    for (const wire::ElectionAddress& address : options_.addresses) {
      const wire::ElectionAddress known{options_.known_host, address.port};
      if (std::find(found.begin(), found.end(), known) == found.end()) {
        found.push_back(known);
      }
    }
    return found;
  }

  void retry(const std::string& why) {
    if (Clock::now() + wait_ >= deadline_) {  // No time for another attempt.
      lose(why);
      return;
    }
    after(wait_, [this] { dial(); });
    wait_ = std::min(wait_ * 2, options_.retry_max);
  }

  void lose(const std::string& why) {
    connected_ = false;
    timer_.cancel();
    if (LeaderLinkHandler* handler = std::exchange(handler_, nullptr)) {
      handler->on_leader_lost(why);
    }
  }

  template <typename Wait, typename Handler>
  void after(Wait wait, Handler handler) {
    timer_.expires_after(wait);
    timer_.async_wait([self = shared_from_this(),
                       handler = std::move(handler)](const boost::system::error_code& error) {
      if (!error && self->handler_ != nullptr && !self->connected_) {
        handler();
      }
    });
  }

  boost::asio::io_context& loop_;
  const LeaderLinkOptions options_;
  LeaderLinkHandler* handler_;
  uint64_t attempts_ = 0;
  boost::asio::steady_timer timer_;
  const Clock::time_point deadline_;
  Duration wait_;
  std::unique_ptr<Dial> dial_;
  std::shared_ptr<Link> link_;
  bool connected_ = false;
  bool in_snapshot_ = false;
};

LeaderLink::LeaderLink(boost::asio::io_context& loop, LeaderLinkOptions options,
                       LeaderLinkHandler& handler)
    : impl_(std::make_shared<Impl>(loop, std::move(options), handler)) {
  impl_->dial();
}
LeaderLink::~LeaderLink() { impl_->silence(); }

void LeaderLink::send(std::string_view packets) { impl_->send(packets); }
void LeaderLink::flush() { impl_->flush(); }
void LeaderLink::receive_snapshot() { impl_->receive_snapshot(); }

}  // namespace quorate::peers
