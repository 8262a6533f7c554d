// A member's connections: what arrives on them.
#include <utility>

#include "server/base/assert.h"
#include "server/wire/election_message.h"
#include "server/wire/quorum_packet.h"
#include "tests/sim/member.h"

namespace quorate::sim {
namespace {

constexpr size_t kPacketBytesMax = size_t{8} << 20;
constexpr Duration kRedialMin = std::chrono::milliseconds(50);
constexpr Duration kRedialMax = std::chrono::milliseconds(300);
constexpr size_t kLeaderDialsMax = 20;

ServerId server_of(HostId host) { return ServerId{static_cast<int64_t>(host) + 1}; }

}  // namespace

bool Member::listens(Port port) const {
  if (port == Port::kClient) {
    return !is_stopping_;
  }
  return port == Port::kElection || listens_quorum_;
}

void Member::on_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed) {
  when_running([this, wire, port, peer, cookie, dialed] {
    handle_connected(wire, port, peer, cookie, dialed);
  });
}

void Member::on_refused(Port port, HostId peer, uint64_t cookie) {
  when_running([this, port, peer, cookie] { handle_refused(port, peer, cookie); });
}

void Member::on_message(Wire wire, Message message) {
  when_running(
      [this, wire, message = std::move(message)]() mutable { handle_message(wire, message); });
}

void Member::on_left(Wire wire, size_t bytes, bool is_snapshot) {
  when_running([this, wire, bytes, is_snapshot] {
    const auto link = links_.find(wire);
    if (link != links_.end() && link->second.port == Port::kQuorum && !link->second.is_to_leader) {
      step(node::LearnerFlushed{LinkId{wire}, bytes, is_snapshot});
    }
  });
}

void Member::on_closed(Wire wire) {
  when_running([this, wire] { handle_closed(wire); });
}

void Member::handle_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed) {
  switch (port) {
    case Port::kElection: {
      const ServerId server = server_of(peer);
      is_dialing_[server] = is_dialing_[server] && !dialed;
      const auto [known, is_new] = mesh_.try_emplace(server, wire);
      if (!is_new) {
        // The newer one stays, for both.
        const Wire older = std::min(known->second, wire);
        network_.close(older, host_);
        links_.erase(older);
        if (older == wire) {
          return;
        }
        known->second = wire;
      }
      links_[wire] = Link{.port = port, .peer = peer, .unread = {}};
      step(node::PeerConnected{server});
      return;
    }
    case Port::kQuorum:
      if (dialed && cookie != role_) {
        network_.close(wire, host_);
        return;
      }
      if (!dialed && !listens_quorum_) {
        network_.close(wire, host_);
        return;
      }
      links_[wire] = Link{.port = port, .peer = peer, .unread = {}, .is_to_leader = dialed};
      if (dialed) {
        leader_wire_ = wire;
        step(node::LeaderConnected{});
      } else {
        step(node::LearnerConnected{LinkId{wire}});
      }
      return;
    case Port::kClient:
      links_[wire] = Link{.port = port, .peer = peer, .unread = {}};
      step(node::ConnectionOpened{.connection = ConnectionId{wire},
                                  .address = "10.0.1." + std::to_string(peer),
                                  .certificate_ids = {}});
      return;
  }
}

void Member::handle_refused(Port port, HostId peer, uint64_t cookie) {
  if (port == Port::kElection) {
    const ServerId server = server_of(peer);
    is_dialing_[server] = false;
    if (mesh_.contains(server)) {
      return;
    }
    context_.queue.after(context_.random.between(kRedialMin, kRedialMax), [this, life = life_] {
      if (life == life_ && node_) {
        mesh_up();
      }
    });
    step(node::PeerSuspected{server});
    return;
  }
  if (cookie != role_ || !leader_wanted_) {
    return;
  }
  if (leader_dials_ >= kLeaderDialsMax) {
    step(node::LeaderLost{});
    return;
  }
  const Duration pause = context_.random.between(Duration(5000), Duration(50000));
  context_.queue.after(pause, [this, cookie] {
    if (cookie == role_ && leader_wanted_) {
      dial_leader();
    }
  });
}

void Member::handle_closed(Wire wire) {
  const auto found = links_.find(wire);
  if (found == links_.end()) {
    return;
  }
  const Link link = std::move(found->second);
  links_.erase(found);
  switch (link.port) {
    case Port::kElection: {
      const ServerId server = server_of(link.peer);
      mesh_.erase(server);
      context_.queue.after(context_.random.between(Duration(1000), kRedialMin),
                           [this, life = life_] {
                             if (life == life_ && node_) {
                               mesh_up();
                             }
                           });
      step(node::PeerSuspected{server});
      return;
    }
    case Port::kQuorum:
      if (!link.is_to_leader) {
        step(node::LearnerLost{LinkId{wire}});
        return;
      }
      leader_wire_.reset();
      if (receiving_) {
        receiving_.reset();
        step(node::SnapshotReceived{receiving_zxid_, nullptr});
        return;
      }
      step(node::LeaderLost{});
      return;
    case Port::kClient:
      paused_clients_.erase(wire);
      step(node::ConnectionClosed{ConnectionId{wire}});
      return;
  }
}

void Member::handle_message(Wire wire, Message& message) {
  const auto found = links_.find(wire);
  if (found == links_.end()) {
    return;
  }
  Link& link = found->second;
  if (link.port == Port::kClient) {
    if (const auto paused = paused_clients_.find(wire); paused != paused_clients_.end()) {
      paused->second += message.bytes;
      return;
    }
    step(node::ClientFrames{.connection = ConnectionId{wire}, .frames = message.bytes});
    return;
  }
  if (link.port == Port::kElection) {
    link.unread += message.bytes;
    read_election(link);
    return;
  }
  if (link.is_to_leader) {
    read_leader(wire, link, message);
    return;
  }
  link.unread += message.bytes;
  read_learner(wire, link);
}

void Member::read_election(Link& link) {
  const ServerId from = server_of(link.peer);
  const std::string stream = std::exchange(link.unread, {});
  std::string_view rest = stream;
  while (!rest.empty() && node_) {
    const wire::ElectionFrameRead read = wire::read_election_frame(rest);
    QR_ASSERT(read.outcome == wire::ReadOutcome::kWhole);
    const std::optional<wire::Notification> heard = wire::decode_notification(read.payload);
    QR_ASSERT(heard);
    rest.remove_prefix(read.size);
    step(node::PeerNotified{from, *heard});
  }
}

void Member::read_learner(Wire wire, Link& link) {
  const std::string stream = std::exchange(link.unread, {});
  std::string_view rest = stream;
  while (!rest.empty() && links_.contains(wire)) {
    const wire::QuorumPacketRead read = wire::read_quorum_packet(rest, kPacketBytesMax);
    QR_ASSERT(read.outcome == wire::ReadOutcome::kWhole);
    rest.remove_prefix(read.size);
    take_learner_packet(wire, read.packet);
  }
}

void Member::take_learner_packet(Wire wire, wire::QuorumPacket packet) {
  using wire::QuorumPacketType;
  const LinkId from{wire};
  if (context_.has(Bug::kLostTouches) && packet.type == QuorumPacketType::kPing) {
    packet.data = std::string_view("", 0);
  }
  if (context_.has(Bug::kMoveNotCommitted) && packet.type == QuorumPacketType::kRevalidate) {
    const std::optional<wire::SessionTouch> touch = wire::decode_revalidate_request(packet.data);
    std::string data;
    wire::Writer writer(data);
    write(writer, wire::RevalidateResponse{.session = touch->session, .valid = true});
    std::string bytes;
    wire::encode({.type = QuorumPacketType::kRevalidate, .zxid = Zxid{-1}, .data = data}, bytes);
    network_.send(wire, host_, {.bytes = bytes, .is_snapshot = true});
    return;
  }
  step(node::LearnerSent{from, packet});
  if (context_.has(Bug::kDoubleApply) && packet.type == QuorumPacketType::kRequest &&
      context_.random.one_in(20) && links_.contains(wire)) {
    step(node::LearnerSent{from, packet});
  }
}

std::string Member::to_leader(std::string_view bytes) {
  if (!context_.has(Bug::kSyncNotAsked)) {
    return std::string(bytes);
  }
  std::string kept;
  while (!bytes.empty()) {
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, kPacketBytesMax);
    const auto request = read.packet.type == wire::QuorumPacketType::kRequest
                             ? wire::decode_forwarded_request(read.packet.data)
                             : std::nullopt;
    if (request && request->op == wire::OpCode::kSync) {
      report(node::LeaderSent{{.type = wire::QuorumPacketType::kSync, .zxid = Zxid{0}}});
    } else {
      kept.append(bytes.substr(0, read.size));
    }
    bytes.remove_prefix(read.size);
  }
  return kept;
}

void Member::read_leader(Wire wire, Link& link, const Message& message) {
  link.unread += message.bytes;
  const std::string stream = std::exchange(link.unread, {});
  std::string_view rest = stream;
  while (!rest.empty() && leader_wire_ == wire) {
    if (receiving_) {
      rest.remove_prefix(receiving_->take(rest));
      QR_ASSERT(!receiving_->is_malformed());
      if (receiving_->is_whole()) {
        add_work(InstallWork{receiving_zxid_, receiving_->bytes()});
        receiving_.reset();
      } else {
        step(node::SnapshotArriving{});
      }
      continue;
    }
    const wire::QuorumPacketRead read = wire::read_quorum_packet(rest, kPacketBytesMax);
    QR_ASSERT(read.outcome == wire::ReadOutcome::kWhole);
    rest.remove_prefix(read.size);
    step(node::LeaderSent{read.packet});
  }
}

}  // namespace quorate::sim
