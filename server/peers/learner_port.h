// LearnerPort: the leader's side of the quorum port, open only while it leads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/net/client_options.h"
#include "server/peers/gate.h"
#include "server/wire/election_message.h"
#include "server/wire/quorum_packet.h"

namespace quorate::peers {

/// What the port reports, on the loop. Any function of the port may be called from within.
class LearnerPortHandler {
 public:
  /// A learner has introduced itself; its first packet follows.
  virtual void on_learner_opened(LinkId link, const std::string& remote) = 0;
  /// Borrowed for the duration of the call.
  virtual void on_learner_packet(LinkId link, const wire::QuorumPacket& packet) = 0;
  /// So many bytes of what was sent have left; `is_snapshot` tells of send_snapshot()'s.
  virtual void on_learner_flushed(LinkId link, size_t bytes, bool is_snapshot) = 0;
  /// Not after close().
  virtual void on_learner_closed(LinkId link, const std::string& why) = 0;
  /// Somebody at the port was turned away.
  virtual void on_learner_refused(const std::string& remote, const std::string& why) = 0;

 protected:
  ~LearnerPortHandler() = default;
};

struct LearnerPortOptions {
  /// jute.maxbuffer with room for a transaction around a request of that size.
  size_t packet_bytes_max = size_t{2} << 20;
  /// With TLS: whether a learner has to bear a certificate for one of hosts_of(its id).
  bool verify_host = false;
  std::function<std::vector<std::string>(ServerId)> hosts_of;
  /// Unsent bytes of a snapshot below which the next piece is asked for.
  size_t snapshot_bytes_queued = size_t{1} << 20;
  GateOptions gate;
};

/// Counts packets into links and bytes out of them. Belongs to one loop.
class LearnerPort {
 public:
  LearnerPort(boost::asio::io_context& loop, LearnerPortOptions options,
              LearnerPortHandler& handler);
  ~LearnerPort();
  LearnerPort(const LearnerPort&) = delete;
  LearnerPort& operator=(const LearnerPort&) = delete;

  Result<std::vector<net::BoundAddress>> open(const std::vector<net::ListenOptions>& addresses);
  /// Stops listening and ends every link without on_learner_closed().
  void close_all();

  /// Queues whole packets. Links that are gone take nothing.
  void send(LinkId link, std::string_view packets);
  /// Queues a piece of a snapshot's stream, after the packets before it.
  void send_snapshot(LinkId link, std::string_view piece);
  /// Whether the next piece is welcome: ask again at each on_learner_flushed().
  [[nodiscard]] bool wants_snapshot(LinkId link) const;
  /// Sends what is queued on all links now.
  void flush();
  /// Ends the link once what is queued has left.
  void close(LinkId link);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::peers
