// QuorumPorts: the sockets between this member and the others of its ensemble.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "server/base/result.h"
#include "server/net/client_options.h"
#include "server/node/event.h"
#include "server/node/quorum_actions.h"
#include "server/peers/election_mesh.h"
#include "server/peers/leader_link.h"
#include "server/peers/learner_port.h"
#include "server/quorum/configuration.h"
#include "server/tree/snapshot.h"

namespace quorate::app {

struct QuorumPortsOptions {
  peers::MeshOptions mesh;
  peers::LearnerPortOptions learners;
  peers::LeaderLinkOptions leader;  ///< But for the addresses.
  std::vector<net::ListenOptions> election_addresses;
  std::vector<net::ListenOptions> quorum_addresses;
};

/// Turns what happens on the election and quorum ports into events, and performs the machine's
/// wishes towards its peers. Events come from the loop, never from within a function of this class.
/// Belongs to the core loop.
class QuorumPorts final : public peers::MeshHandler,
                          public peers::LearnerPortHandler,
                          public peers::LeaderLinkHandler {
 public:
  struct Callbacks {
    std::function<void(const node::Event&)> event;
    /// The bytes of a whole snapshot of the leader's, to be stored.
    std::function<void(Zxid zxid, std::string bytes)> snapshot;
  };
  QuorumPorts(boost::asio::io_context& loop, QuorumPortsOptions options, Callbacks callbacks);
  ~QuorumPorts();

  /// Binds the election port; the quorum port is open only while the member leads.
  [[nodiscard]] Status listen();
  void set_configuration(const quorum::Configuration& configuration);
  void set_wanted(std::span<const ServerId> wanted) { mesh_.set_wanted(wanted); }
  void perform(const node::QuorumActions& actions);

 private:
  // ---- peers::MeshHandler ----
  void on_connected(ServerId peer) override;
  void on_suspected(ServerId peer, const std::string& why) override;
  void on_notification(ServerId from, const wire::Notification& notification) override;
  void on_refused(const std::string& remote, const std::string& why) override;
  // ---- peers::LearnerPortHandler ----
  void on_learner_opened(LinkId link, const std::string& remote) override;
  void on_learner_packet(LinkId link, const wire::QuorumPacket& packet) override;
  void on_learner_flushed(LinkId link, size_t bytes, bool is_snapshot) override;
  void on_learner_closed(LinkId link, const std::string& why) override;
  void on_learner_refused(const std::string& remote, const std::string& why) override;
  // ---- peers::LeaderLinkHandler ----
  void on_leader_connected() override;
  void on_leader_packet(const wire::QuorumPacket& packet) override;
  size_t on_snapshot_bytes(std::string_view bytes, bool& is_whole) override;
  void on_leader_lost(const std::string& why) override;

  void leave_role();
  void open_quorum_port();
  void perform_sends(const node::QuorumActions& actions);
  void want_slice(LinkId link);
  /// What was being received will not come.
  void fail_snapshot();

  boost::asio::io_context& loop_;
  const QuorumPortsOptions options_;
  const Callbacks callbacks_;
  peers::ElectionMesh mesh_;
  peers::LearnerPort learners_;
  std::unique_ptr<peers::LeaderLink> leader_;
  std::optional<LinkId> streaming_;  ///< To this learner; the next slice was not asked for yet.
  std::unique_ptr<tree::SnapshotStream> receiving_;
  Zxid receiving_zxid_;
};

}  // namespace quorate::app
