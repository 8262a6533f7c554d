// LeaderLink: a learner's connection to the leader that the election named.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"
#include "server/peers/link.h"
#include "server/wire/election_message.h"
#include "server/wire/quorum_packet.h"

namespace quorate::peers {

class LeaderLinkHandler {
 public:
  virtual void on_leader_connected() = 0;
  /// Borrowed for the duration of the call.
  virtual void on_leader_packet(const wire::QuorumPacket& packet) = 0;
  /// Bytes of the snapshot that receive_snapshot() announced; returns how many of them belong to
  /// it. Fewer than all: the snapshot is whole, and packets follow.
  virtual size_t on_snapshot_bytes(std::string_view bytes, bool& is_whole) = 0;
  /// It could not be made within the time, or has ended. Not after the link's destruction.
  virtual void on_leader_lost(const std::string& why) = 0;

 protected:
  ~LeaderLinkHandler() = default;
};

struct LeaderLinkOptions {
  std::vector<wire::ElectionAddress> addresses;  ///< The leader's quorum addresses.
  /// Where the leader is already known to be, numeric; may be empty. It is tried first, and in turn
  /// with its names: just when a leader is lost a name server may be lost with it, and a look-up
  /// then takes longer than a member has to find the next leader.
  std::string known_host;
  /// A leader opens its port when it has heard that it is one: until this is over, the learner
  /// keeps trying.
  Duration connect_timeout = std::chrono::seconds(10);
  Duration retry = std::chrono::milliseconds(10);
  Duration retry_max = std::chrono::milliseconds(200);
  size_t packet_bytes_max = size_t{2} << 20;
  std::shared_ptr<net::TlsContext> tls;  ///< Null: plain. The leader proves its host.
};

/// Belongs to one loop. Its destruction ends the connection; allowed within any callback.
class LeaderLink {
 public:
  LeaderLink(boost::asio::io_context& loop, LeaderLinkOptions options, LeaderLinkHandler& handler);
  ~LeaderLink();
  LeaderLink(const LeaderLink&) = delete;
  LeaderLink& operator=(const LeaderLink&) = delete;

  /// Queues whole packets; nothing before on_leader_connected().
  void send(std::string_view packets);
  void flush();
  /// Within on_leader_packet(): what follows that packet is the stream of a snapshot.
  void receive_snapshot();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace quorate::peers
