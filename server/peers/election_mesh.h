// ElectionMesh: one connection to every other voter, over which the votes travel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/client_options.h"
#include "server/peers/gate.h"
#include "server/wire/election_message.h"

namespace quorate::peers {

/// What the mesh reports, on the loop. Not called from within a function of the mesh.
class MeshHandler {
 public:
  /// A new connection to the peer; what was sent before may be lost.
  virtual void on_connected(ServerId peer) = 0;
  /// There is none and none can be made, or the one that there was has ended. Repeated only after
  /// on_connected().
  virtual void on_suspected(ServerId peer, const std::string& why) = 0;
  /// The views are valid during the call.
  virtual void on_notification(ServerId from, const wire::Notification& notification) = 0;
  /// Somebody at the election port was turned away.
  virtual void on_refused(const std::string& remote, const std::string& why) = 0;

 protected:
  ~MeshHandler() = default;
};

struct MeshPeer {
  ServerId id;
  std::vector<wire::ElectionAddress> addresses;  ///< Names, resolved at each attempt.
};

struct MeshOptions {
  /// kAnonymousServerId for a member outside the configuration.
  ServerId self;
  /// Where others reach this member; told in each hello.
  std::vector<wire::ElectionAddress> own_addresses;
  Duration connect_timeout = std::chrono::seconds(5);  ///< cnxTimeout.
  /// Between attempts: doubles from the first to the last.
  Duration retry_min = std::chrono::milliseconds(50);
  Duration retry_max = std::chrono::seconds(1);
  /// sslQuorum. With verify_host_name in its options, whoever connects has to bear a certificate
  /// for a host of the member that it says it is.
  std::shared_ptr<net::TlsContext> tls_client;
  bool verify_client_host = false;
  /// Connections to members outside the configuration; one more, and the oldest is closed.
  size_t strangers_max = 64;
  GateOptions gate;
};

/// One TCP connection for each pair of members, made by the one with the greater id. The other one
/// may knock: it connects, says its id and closes, and is called back. A knock from a peer that is
/// thought to be connected means that it has lost the connection: a new one replaces it.
///
/// Of what is to be sent to a peer only the newest waits. Half-open connections are found by TCP
/// itself within seconds. Source: ZooKeeper 3.9 QuorumCnxManager, byte for byte; it dials in turn
/// and in the thread of the election.
///
/// Belongs to one loop.
class ElectionMesh {
 public:
  ElectionMesh(boost::asio::io_context& loop, MeshOptions options, MeshHandler& handler);
  ~ElectionMesh();
  ElectionMesh(const ElectionMesh&) = delete;
  ElectionMesh& operator=(const ElectionMesh&) = delete;

  Result<std::vector<net::BoundAddress>> listen(const std::vector<net::ListenOptions>& addresses);
  /// The members of the configuration without this one. Connections to others that are no longer in
  /// it stay as those of strangers; a peer with other addresses is dialled anew.
  void set_peers(std::vector<MeshPeer> peers);
  /// The peers to be connected to; the mesh keeps trying.
  void set_wanted(std::span<const ServerId> wanted);
  /// To a peer without a connection it is lost.
  void send(ServerId to, const wire::Notification& notification);
  /// The same, encoded by wire::encode_frame().
  void send_frame(ServerId to, std::string frame);

  [[nodiscard]] bool is_connected(ServerId peer) const;
  /// The numeric address from which the peer's connection comes; empty without one.
  [[nodiscard]] std::string host_of(ServerId peer) const;
  [[nodiscard]] GateStats gate_stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::peers
