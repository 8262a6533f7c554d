// LearnerPort: greeting, packets, and what has left of packets and snapshots.
#include "server/peers/learner_port.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "server/net/tls_peer.h"
#include "server/wire/learner_info.h"

namespace quorate::peers {
namespace {

/// The first packet: a few numbers and an extension.
constexpr size_t kInfoBytesMax = 4096;

bool introduces(const wire::QuorumPacket& packet) {
  return packet.type == wire::QuorumPacketType::kFollowerInfo ||
         packet.type == wire::QuorumPacketType::kObserverInfo;
}

}  // namespace

class LearnerPort::Impl final : public GateHandler, public LinkHandler {
 public:
  Impl(boost::asio::io_context& loop, LearnerPortOptions options, LearnerPortHandler& handler)
      : options_(std::move(options)), handler_(handler), gate_(loop, options_.gate, *this) {}

  Result<std::vector<net::BoundAddress>> open(const std::vector<net::ListenOptions>& addresses) {
    return gate_.open(addresses);
  }
  void close_all() {
    gate_.close();
    for (const auto& [id, learner] : std::exchange(learners_, {})) {
      learner.link->close();
    }
    ids_.clear();
  }

  void send(LinkId id, std::string_view bytes, bool is_snapshot) {
    const auto found = learners_.find(id);
    if (found == learners_.end() || bytes.empty()) {
      return;
    }
    std::deque<Piece>& pieces = found->second.pieces;
    if (pieces.empty() || pieces.back().is_snapshot != is_snapshot) {
      pieces.push_back({0, is_snapshot});
    }
    pieces.back().bytes += bytes.size();
    found->second.link->send(bytes);
  }
  [[nodiscard]] bool wants_snapshot(LinkId id) const {
    const auto found = learners_.find(id);
    return found != learners_.end() &&
           found->second.link->queued() < options_.snapshot_bytes_queued;
  }
  void flush() {
    std::vector<std::shared_ptr<Link>> links;  // A flush may end its link.
    for (const auto& [id, learner] : learners_) {
      links.push_back(learner.link);
    }
    for (const std::shared_ptr<Link>& link : links) {
      link->flush();
    }
  }
  void close(LinkId id) {
    if (const auto found = learners_.find(id); found != learners_.end()) {
      const std::shared_ptr<Link> link = std::move(found->second.link);
      ids_.erase(link.get());
      learners_.erase(found);
      link->close_when_sent();
    }
  }

  // ---- GateHandler ----
  Greeting on_greeting(Link& link, std::string_view bytes, std::string& why) override {
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, kInfoBytesMax);
    if (read.outcome == wire::ReadOutcome::kNeedsMore) {
      return Greeting::kIncomplete;
    }
    if (read.outcome == wire::ReadOutcome::kMalformed || !introduces(read.packet)) {
      why = "not a learner";
      return Greeting::kRefused;
    }
    const auto info = wire::decode_learner_info(read.packet.data);
    if (!info) {
      why = "a learner that does not say its id";
      return Greeting::kRefused;
    }
    if (options_.verify_host && !proves(link, info->sid)) {
      why = "its certificate is not for a host of server." + std::to_string(info->sid.value);
      return Greeting::kRefused;
    }
    const LinkId id{++last_id_};
    ids_.emplace(&link, id);
    learners_.emplace(id, Learner{.link = gate_.take(link, *this)});
    handler_.on_learner_opened(id, link.remote());
    return Greeting::kTaken;
  }
  void on_refused(const std::string& remote, const std::string& why) override {
    handler_.on_learner_refused(remote, why);
  }

  // ---- LinkHandler ----
  size_t on_bytes(Link& link, std::string_view bytes) override {
    const auto found = ids_.find(&link);
    if (found == ids_.end()) {
      return bytes.size();  // Closing.
    }
    const LinkId id = found->second;
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, options_.packet_bytes_max);
    if (read.outcome == wire::ReadOutcome::kNeedsMore) {
      return 0;
    }
    if (read.outcome == wire::ReadOutcome::kMalformed) {
      link.close();
      on_end(link, "a packet that cannot be read");
      return bytes.size();
    }
    handler_.on_learner_packet(id, read.packet);
    return read.size;
  }
  void on_sent_some(Link& link, size_t bytes) override {
    const auto found = ids_.find(&link);
    if (found == ids_.end()) {
      return;
    }
    const LinkId id = found->second;
    while (bytes > 0) {
      const auto learner = learners_.find(id);
      if (learner == learners_.end()) {
        return;  // Closed by the handler.
      }
      Piece& piece = learner->second.pieces.front();
      const size_t left = std::min(bytes, piece.bytes);
      const bool is_snapshot = piece.is_snapshot;
      piece.bytes -= left;
      bytes -= left;
      if (piece.bytes == 0) {
        learner->second.pieces.pop_front();
      }
      handler_.on_learner_flushed(id, left, is_snapshot);
    }
  }
  void on_end(Link& link, const std::string& why) override {
    const auto found = ids_.find(&link);
    if (found == ids_.end()) {
      return;
    }
    const LinkId id = found->second;
    ids_.erase(found);
    learners_.erase(id);
    handler_.on_learner_closed(id, why);
  }

 private:
  /// Queued bytes of one kind.
  struct Piece {
    size_t bytes = 0;
    bool is_snapshot = false;
  };
  struct Learner {
    std::shared_ptr<Link> link;
    std::deque<Piece> pieces;
  };

  [[nodiscard]] bool proves(Link& link, ServerId sid) const {
    return link.tls() == nullptr ||
           std::ranges::any_of(options_.hosts_of(sid), [&link](const std::string& host) {
             return net::certificate_names_host(link.tls(), host);
           });
  }

  LearnerPortOptions options_;
  LearnerPortHandler& handler_;
  std::map<LinkId, Learner> learners_;
  std::map<const Link*, LinkId> ids_;
  uint64_t last_id_ = 0;
  Gate gate_;
};

LearnerPort::LearnerPort(boost::asio::io_context& loop, LearnerPortOptions options,
                         LearnerPortHandler& handler)
    : impl_(std::make_unique<Impl>(loop, std::move(options), handler)) {}
LearnerPort::~LearnerPort() { impl_->close_all(); }

Result<std::vector<net::BoundAddress>> LearnerPort::open(
    const std::vector<net::ListenOptions>& addresses) {
  return impl_->open(addresses);
}
void LearnerPort::close_all() { impl_->close_all(); }
void LearnerPort::send(LinkId link, std::string_view packets) { impl_->send(link, packets, false); }
void LearnerPort::send_snapshot(LinkId link, std::string_view piece) {
  impl_->send(link, piece, true);
}
bool LearnerPort::wants_snapshot(LinkId link) const { return impl_->wants_snapshot(link); }
void LearnerPort::flush() { impl_->flush(); }
void LearnerPort::close(LinkId link) { impl_->close(link); }

}  // namespace quorate::peers
