// The sockets between members: events in, wishes out.
#include "server/app/quorum_ports.h"

#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/post.hpp>

#include "server/log/logger.h"

namespace quorate::app {
namespace {

std::vector<wire::ElectionAddress> election_addresses(const quorum::ServerSpec& spec) {
  std::vector<wire::ElectionAddress> addresses;
  for (const quorum::PeerAddress& address : spec.addresses) {
    addresses.push_back({address.host, address.election_port});
  }
  return addresses;
}

}  // namespace

QuorumPorts::QuorumPorts(boost::asio::io_context& loop, QuorumPortsOptions options,
                         Callbacks callbacks)
    : loop_(loop),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      mesh_(loop, options_.mesh, *this),
      learners_(loop, options_.learners, *this) {}

QuorumPorts::~QuorumPorts() = default;

Status QuorumPorts::listen() {
  const auto bound = mesh_.listen(options_.election_addresses);
  if (!bound) {
    return bound.error();
  }
  for (const net::BoundAddress& address : *bound) {
    log::info("election_listening", {{"address", address.address}, {"port", address.port}});
  }
  return Status{};
}

void QuorumPorts::set_configuration(const quorum::Configuration& configuration) {
  std::vector<peers::MeshPeer> peers;
  for (const auto& [id, spec] : configuration.servers) {
    if (id != options_.mesh.self) {
      peers.push_back({id, election_addresses(spec)});
    }
  }
  mesh_.set_peers(std::move(peers));
}

void QuorumPorts::leave_role() {
  learners_.close_all();
  leader_.reset();
  streaming_.reset();
  if (receiving_) {
    receiving_.reset();
    boost::asio::post(loop_, [this, zxid = receiving_zxid_] {
      callbacks_.event(node::SnapshotReceived{zxid, nullptr});
    });
  }
}

void QuorumPorts::open_quorum_port() {
  const auto bound = learners_.open(options_.quorum_addresses);
  if (!bound) {
    // The machine gives its reign up when nobody has come within initLimit.
    log::error("quorum_port_not_open", {{"reason", bound.error().message}});
  }
}

void QuorumPorts::perform(const node::QuorumActions& actions) {
  if (actions.leaves_role) {
    leave_role();
  }
  if (actions.listens) {
    open_quorum_port();
  }
  if (actions.connect) {
    peers::LeaderLinkOptions options = options_.leader;
    for (const quorum::PeerAddress& address : actions.connect->addresses) {
      options.addresses.push_back({address.host, address.quorum_port});
    }
    options.known_host = mesh_.host_of(actions.connect->leader);
    leader_ = std::make_unique<peers::LeaderLink>(loop_, std::move(options), *this);
  }
  const std::string_view bytes = actions.bytes;
  for (const node::QuorumActions::Notify& notify : actions.notifications) {
    mesh_.send_frame(notify.to, std::string(bytes.substr(notify.begin, notify.end - notify.begin)));
  }
  perform_sends(actions);
  if (!actions.leader_bytes.empty() && leader_) {
    leader_->send(actions.leader_bytes);
  }
  if (actions.receive_snapshot && leader_) {
    receiving_ = std::make_unique<tree::SnapshotStream>();
    receiving_zxid_ = *actions.receive_snapshot;
    leader_->receive_snapshot();
  }
}

void QuorumPorts::perform_sends(const node::QuorumActions& actions) {
  const std::string_view bytes = actions.bytes;
  if (!actions.snapshot_bytes.empty() || actions.snapshot_ends) {
    // A slice was asked for: it goes ahead of the packets that its end has set free.
    learners_.send_snapshot(actions.snapshot_link, actions.snapshot_bytes);
    if (!actions.snapshot_ends) {
      streaming_ = actions.snapshot_link;
      want_slice(actions.snapshot_link);
    }
  }
  for (const zab::LeaderActions::Send& send : actions.sends) {
    learners_.send(send.link, bytes.substr(send.begin, send.end - send.begin));
    if (send.snapshot_follows) {
      streaming_ = send.link;
      want_slice(send.link);
    }
  }
  for (const zab::LeaderActions::Close& close : actions.closes) {
    learners_.close(close.link);
  }
}

/// Asks for the next slice if the link takes it and none was asked for.
void QuorumPorts::want_slice(LinkId link) {
  if (streaming_ != link || !learners_.wants_snapshot(link)) {
    return;
  }
  streaming_.reset();
  boost::asio::post(loop_, [this, link] { callbacks_.event(node::LearnerSnapshotWanted{link}); });
}

// ---- Votes ------------------------------------------------------------------------------------

void QuorumPorts::on_connected(ServerId peer) {
  log::debug("peer_connected", {{"peer", peer.value}});
  callbacks_.event(node::PeerConnected{peer});
}
void QuorumPorts::on_suspected(ServerId peer, const std::string& why) {
  log::info("peer_suspected", {{"peer", peer.value}, {"reason", why}});
  callbacks_.event(node::PeerSuspected{peer});
}
void QuorumPorts::on_notification(ServerId from, const wire::Notification& notification) {
  callbacks_.event(node::PeerNotified{from, notification});
}
void QuorumPorts::on_refused(const std::string& remote, const std::string& why) {
  log::warn("election_connection_refused", {{"address", remote}, {"reason", why}});
}

// ---- To learners ------------------------------------------------------------------------------

void QuorumPorts::on_learner_opened(LinkId link, const std::string& remote) {
  log::info("learner_connected", {{"link", link.value}, {"address", remote}});
  callbacks_.event(node::LearnerConnected{link});
}
void QuorumPorts::on_learner_packet(LinkId link, const wire::QuorumPacket& packet) {
  callbacks_.event(node::LearnerSent{link, packet});
}
void QuorumPorts::on_learner_flushed(LinkId link, size_t bytes, bool is_snapshot) {
  callbacks_.event(node::LearnerFlushed{link, bytes, is_snapshot});
  want_slice(link);
}
void QuorumPorts::on_learner_closed(LinkId link, const std::string& why) {
  log::info("learner_lost", {{"link", link.value}, {"reason", why}});
  callbacks_.event(node::LearnerLost{link});
}
void QuorumPorts::on_learner_refused(const std::string& remote, const std::string& why) {
  log::warn("learner_refused", {{"address", remote}, {"reason", why}});
}

// ---- To the leader ----------------------------------------------------------------------------

void QuorumPorts::on_leader_connected() { callbacks_.event(node::LeaderConnected{}); }
void QuorumPorts::on_leader_packet(const wire::QuorumPacket& packet) {
  callbacks_.event(node::LeaderSent{packet});
}

size_t QuorumPorts::on_snapshot_bytes(std::string_view bytes, bool& is_whole) {
  if (!receiving_) {
    return bytes.size();  // The role is over.
  }
  const size_t taken = receiving_->take(bytes);
  if (receiving_->is_malformed()) {
    log::error("snapshot_unreadable", {{"zxid", log::hex(receiving_zxid_.value)}});
    is_whole = true;
    fail_snapshot();
    return bytes.size();
  }
  is_whole = receiving_->is_whole();
  if (is_whole) {
    callbacks_.snapshot(receiving_zxid_, receiving_->take_bytes());
    receiving_.reset();
  } else {
    callbacks_.event(node::SnapshotArriving{});
  }
  return taken;
}

void QuorumPorts::fail_snapshot() {
  receiving_.reset();
  callbacks_.event(node::SnapshotReceived{receiving_zxid_, nullptr});
}

void QuorumPorts::on_leader_lost(const std::string& why) {
  log::warn("leader_lost", {{"reason", why}});
  if (receiving_) {
    fail_snapshot();
    return;
  }
  callbacks_.event(node::LeaderLost{});
}

}  // namespace quorate::app
