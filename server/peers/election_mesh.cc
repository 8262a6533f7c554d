// ElectionMesh: who a greeting comes from, and whose connection it becomes.
#include "server/peers/election_mesh.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "server/net/tls_peer.h"
#include "server/peers/election_peer.h"

namespace quorate::peers {
namespace {

/// Whether a certificate that the link's peer has shown is for one of the addresses' hosts. A link
/// without TLS proves nothing and is believed, as in ZooKeeper.
bool proves(Link& link, const std::vector<wire::ElectionAddress>& addresses) {
  return link.tls() == nullptr ||
         std::ranges::any_of(addresses, [&link](const wire::ElectionAddress& address) {
           return net::certificate_names_host(link.tls(), address.host);
         });
}

}  // namespace

class ElectionMesh::Impl final : public GateHandler {
 public:
  Impl(boost::asio::io_context& loop, MeshOptions options, MeshHandler& handler)
      : loop_(loop),
        options_(std::move(options)),
        handler_(handler),
        gate_(loop, options_.gate, *this) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::vector<net::BoundAddress>> listen(const std::vector<net::ListenOptions>& addresses) {
    return gate_.open(addresses);
  }

  void set_peers(std::vector<MeshPeer> peers) {
    std::map<ServerId, std::unique_ptr<ElectionPeer>> before = std::exchange(peers_, {});
    for (MeshPeer& peer : peers) {
      if (peer.id == options_.self) {
        continue;
      }
      auto& place = peers_[peer.id];
      if (const auto known = before.find(peer.id); known != before.end()) {
        place = std::move(known->second);
        before.erase(known);
      } else if (auto stranger = take_stranger(peer.id)) {
        place = std::move(stranger);
      } else {
        place = std::make_unique<ElectionPeer>(loop_, options_, handler_, peer);
      }
      place->set_addresses(std::move(peer.addresses));
    }
    for (auto& [id, peer] : before) {
      peer->set_wanted(false);
      if (peer->is_connected()) {
        add_stranger(std::move(peer));
      }
    }
  }

  void set_wanted(std::span<const ServerId> wanted) {
    for (const auto& [id, peer] : peers_) {
      peer->set_wanted(std::ranges::find(wanted, id) != wanted.end());
    }
  }

  void send(ServerId to, const wire::Notification& notification) {
    std::string frame;
    wire::encode_frame(notification, frame);
    send_frame(to, std::move(frame));
  }
  void send_frame(ServerId to, std::string frame) {
    if (ElectionPeer* peer = find(to)) {
      peer->send(std::move(frame));
    }
  }

  [[nodiscard]] bool is_connected(ServerId id) {
    const ElectionPeer* peer = find(id);
    return peer != nullptr && peer->is_connected();
  }
  [[nodiscard]] std::string host_of(ServerId id) {
    const ElectionPeer* peer = find(id);
    return peer != nullptr ? peer->host() : std::string();
  }
  [[nodiscard]] GateStats gate_stats() const { return gate_.stats(); }

  // ---- GateHandler ----
  Greeting on_greeting(Link& link, std::string_view bytes, std::string& why) override {
    const wire::ElectionHelloRead read = wire::read_election_hello(bytes);
    if (read.outcome == wire::ReadOutcome::kNeedsMore) {
      return Greeting::kIncomplete;
    }
    if (read.outcome == wire::ReadOutcome::kMalformed) {
      why = "not the hello of a member";
      return Greeting::kRefused;
    }
    const wire::ElectionHello& hello = read.hello;
    if (hello.sid == options_.self && hello.sid != wire::kAnonymousServerId) {
      why = "it has this member's own id, " + std::to_string(hello.sid.value);
      return Greeting::kRefused;
    }
    ElectionPeer* peer = hello.sid == wire::kAnonymousServerId ? nullptr : find(hello.sid);
    const auto& addresses = peer != nullptr ? peer->addresses() : hello.addresses;
    if (options_.verify_client_host && !proves(link, addresses)) {
      why = "its certificate is not for a host of server." + std::to_string(hello.sid.value);
      return Greeting::kRefused;
    }
    return welcome(link, read, peer);
  }
  void on_refused(const std::string& remote, const std::string& why) override {
    handler_.on_refused(remote, why);
  }

 private:
  Greeting welcome(Link& link, const wire::ElectionHelloRead& read, ElectionPeer* peer) {
    const wire::ElectionHello& hello = read.hello;
    if (peer == nullptr) {
      const bool anonymous = hello.sid == wire::kAnonymousServerId;
      const ServerId id = anonymous ? ServerId{--last_anonymous_} : hello.sid;
      peer = add_stranger(
          std::make_unique<ElectionPeer>(loop_, options_, handler_, MeshPeer{id, hello.addresses}));
    }
    const bool knocks = hello.sid < options_.self;
    greeter_.bytes = read.size;
    greeter_.peer = peer;
    std::shared_ptr<Link> taken = gate_.take(link, greeter_);
    greeter_.link = knocks ? nullptr : taken;
    if (knocks) {
      taken->close();
      peer->on_knock();
    }
    return Greeting::kTaken;
  }

  /// Takes the hello's bytes off a link, then hands it over to its peer.
  struct Greeter final : LinkHandler {
    size_t on_bytes(Link& taken, std::string_view) override {
      taken.set_handler(*peer);
      peer->adopt(std::exchange(link, nullptr));
      return bytes;
    }
    void on_end(Link&, const std::string&) override {}
    size_t bytes = 0;
    ElectionPeer* peer = nullptr;
    std::shared_ptr<Link> link;
  };

  [[nodiscard]] ElectionPeer* find(ServerId id) {
    if (const auto found = peers_.find(id); found != peers_.end()) {
      return found->second.get();
    }
    const auto found = find_stranger(id);
    return found == strangers_.end() ? nullptr : found->get();
  }
  using Strangers = std::deque<std::unique_ptr<ElectionPeer>>;
  [[nodiscard]] Strangers::iterator find_stranger(ServerId id) {
    return std::ranges::find_if(strangers_, [id](const auto& peer) { return peer->id() == id; });
  }
  std::unique_ptr<ElectionPeer> take_stranger(ServerId id) {
    const auto found = find_stranger(id);
    if (found == strangers_.end()) {
      return nullptr;
    }
    std::unique_ptr<ElectionPeer> taken = std::move(*found);
    strangers_.erase(found);
    return taken;
  }
  ElectionPeer* add_stranger(std::unique_ptr<ElectionPeer> peer) {
    std::erase_if(strangers_, [](const auto& known) { return known->is_idle(); });
    if (strangers_.size() >= options_.strangers_max) {
      strangers_.pop_front();
    }
    return strangers_.emplace_back(std::move(peer)).get();
  }

  boost::asio::io_context& loop_;
  const MeshOptions options_;
  MeshHandler& handler_;
  std::map<ServerId, std::unique_ptr<ElectionPeer>> peers_;
  Strangers strangers_;  ///< Outside the configuration, oldest first.
  int64_t last_anonymous_ = 0;
  Greeter greeter_;
  Gate gate_;
};

ElectionMesh::ElectionMesh(boost::asio::io_context& loop, MeshOptions options, MeshHandler& handler)
    : impl_(std::make_unique<Impl>(loop, std::move(options), handler)) {}
ElectionMesh::~ElectionMesh() = default;

Result<std::vector<net::BoundAddress>> ElectionMesh::listen(
    const std::vector<net::ListenOptions>& addresses) {
  return impl_->listen(addresses);
}
void ElectionMesh::set_peers(std::vector<MeshPeer> peers) { impl_->set_peers(std::move(peers)); }
void ElectionMesh::set_wanted(std::span<const ServerId> wanted) { impl_->set_wanted(wanted); }
void ElectionMesh::send(ServerId to, const wire::Notification& notification) {
  impl_->send(to, notification);
}
void ElectionMesh::send_frame(ServerId to, std::string frame) {
  impl_->send_frame(to, std::move(frame));
}
bool ElectionMesh::is_connected(ServerId peer) const { return impl_->is_connected(peer); }
std::string ElectionMesh::host_of(ServerId peer) const { return impl_->host_of(peer); }
GateStats ElectionMesh::gate_stats() const { return impl_->gate_stats(); }

}  // namespace quorate::peers
