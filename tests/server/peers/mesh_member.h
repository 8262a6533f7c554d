// MeshMember: an election mesh with a record of what it reported.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/peers/election_mesh.h"
#include "tests/server/peers/loop.h"

namespace quorate::peers::test {

class MeshMember final : public MeshHandler {
 public:
  MeshMember(Loop& loop, int64_t id, MeshOptions options = {}, net::ListenOptions listen = {})
      : id_(id) {
    options.self = ServerId{id};
    options.own_addresses = {{"127.0.0.1", 1}};
    options.retry_min = std::chrono::milliseconds(5);
    options.retry_max = std::chrono::milliseconds(40);
    mesh_ = std::make_unique<ElectionMesh>(loop.context(), std::move(options), *this);
    listen.address = "127.0.0.1";
    auto bound = mesh_->listen({std::move(listen)});
    EXPECT_TRUE(bound) << (bound ? "" : bound.error().message);
    port_ = bound ? bound->front().port : 0;
  }

  /// Gets to know the others, and wants them.
  void know(const std::vector<const MeshMember*>& others, const std::string& host = "127.0.0.1") {
    std::vector<MeshPeer> peers;
    std::vector<ServerId> wanted;
    for (const MeshMember* other : others) {
      peers.push_back({ServerId{other->id_}, {{host, other->port_}}});
      wanted.push_back(ServerId{other->id_});
    }
    mesh_->set_peers(std::move(peers));
    mesh_->set_wanted(wanted);
  }
  /// Tells the peer, and again at each new connection, as an election does: what was sent before
  /// may be lost with the former one.
  void say(int64_t to, int64_t round) {
    said_[to] = round;
    send(to, round);
  }
  void send(int64_t to, int64_t round) {
    mesh_->send(ServerId{to}, wire::Notification{.vote = {.leader = ServerId{id_}},
                                                 .round = {round},
                                                 .version = wire::kNotificationVersion,
                                                 .config = "version=0"});
  }

  ElectionMesh& mesh() { return *mesh_; }
  void stop() { mesh_.reset(); }
  [[nodiscard]] int64_t id() const { return id_; }
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] bool connected(int64_t peer) const { return mesh_->is_connected(ServerId{peer}); }
  /// Newest round heard from the peer; -1: none.
  [[nodiscard]] int64_t heard(int64_t peer) const {
    const auto found = rounds.find(peer);
    return found == rounds.end() ? -1 : found->second;
  }

  // ---- MeshHandler ----
  void on_connected(ServerId peer) override {
    ++connections[peer.value];
    if (const auto said = said_.find(peer.value); said != said_.end()) {
      send(peer.value, said->second);
    }
  }
  void on_suspected(ServerId peer, const std::string& why) override {
    suspicions[peer.value].push_back(why);
  }
  void on_notification(ServerId from, const wire::Notification& notification) override {
    rounds[from.value] = notification.round.value;
  }
  void on_refused(const std::string&, const std::string& why) override { refused.push_back(why); }

  std::map<int64_t, int> connections;
  std::map<int64_t, std::vector<std::string>> suspicions;
  std::map<int64_t, int64_t> rounds;
  std::vector<std::string> refused;

 private:
  int64_t id_;
  std::map<int64_t, int64_t> said_;
  std::unique_ptr<ElectionMesh> mesh_;
  uint16_t port_ = 0;
};

}  // namespace quorate::peers::test
