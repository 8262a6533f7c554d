// ElectionPeer: the connection to one other member's election port, made and kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/peers/dial.h"
#include "server/peers/election_mesh.h"
#include "server/peers/link.h"

namespace quorate::peers {

/// One peer of the mesh. Everything that it reports goes to the mesh's handler.
class ElectionPeer final : public LinkHandler {
 public:
  ElectionPeer(boost::asio::io_context& loop, const MeshOptions& options, MeshHandler& handler,
               MeshPeer peer);
  ~ElectionPeer();
  ElectionPeer(const ElectionPeer&) = delete;
  ElectionPeer& operator=(const ElectionPeer&) = delete;

  [[nodiscard]] ServerId id() const { return peer_.id; }
  [[nodiscard]] const std::vector<wire::ElectionAddress>& addresses() const {
    return peer_.addresses;
  }
  void set_addresses(std::vector<wire::ElectionAddress> addresses);
  [[nodiscard]] bool is_connected() const { return link_ != nullptr; }
  /// Where the other end of the connection is; empty without one.
  [[nodiscard]] std::string host() const { return link_ ? link_->remote_host() : std::string(); }
  [[nodiscard]] bool is_idle() const { return !link_ && !dial_ && !greeting_; }

  void set_wanted(bool wanted);
  /// The peer has connected: the link replaces the present one.
  void adopt(std::shared_ptr<Link> link);
  /// The peer has knocked: it wants to be called back.
  void on_knock();
  void send(std::string frame);

  // ---- LinkHandler ----
  void on_ready(Link& link) override;
  size_t on_bytes(Link& link, std::string_view bytes) override;
  void on_sent(Link& link) override;
  void on_end(Link& link, const std::string& why) override;

 private:
  [[nodiscard]] bool calls() const { return options_.self > peer_.id; }
  void dial();
  void on_dialled(Result<Dialled> result);
  void fail(const std::string& why);
  void retry_later();
  /// A timer's handler that does nothing once this object is gone.
  template <typename Handler>
  void after(Duration wait, Handler handler);
  void stop_attempt();
  void settle(std::shared_ptr<Link> link);

  boost::asio::io_context& loop_;
  const MeshOptions& options_;
  MeshHandler& handler_;
  MeshPeer peer_;
  bool wanted_ = false;
  bool suspected_ = false;
  std::shared_ptr<Link> link_;      ///< Established.
  std::shared_ptr<Link> replaced_;  ///< By link_; nothing is heard on it.
  std::shared_ptr<Link> greeting_;  ///< Being made by this member: handshake, hello.
  std::unique_ptr<Dial> dial_;
  boost::asio::steady_timer timer_;  ///< Of the attempt under way, or until the next.
  Duration retry_;
  std::optional<TimePoint> knocked_;  ///< First of the knocks that were not answered.
  std::string waiting_;               ///< The newest frame that the link had no room for.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace quorate::peers
