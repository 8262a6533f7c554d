// Gate: a port for members. Connections wait here until they have said who they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/client_options.h"
#include "server/peers/link.h"

namespace quorate::peers {

/// What the first bytes of a connection amount to.
enum class Greeting {
  kIncomplete,  ///< More is needed.
  kRefused,     ///< Not one of us, or not now: the gate closes it.
  kTaken,       ///< The link has another handler now, which is shown the same bytes again.
};

class GateHandler {
 public:
  /// `bytes` is everything that the connection has sent. With kRefused, `why` says for the log what
  /// is wrong.
  virtual Greeting on_greeting(Link& link, std::string_view bytes, std::string& why) = 0;
  /// A connection came to nothing. Called seldom enough to be logged: what a flood brings beyond a
  /// few a second is only counted.
  virtual void on_refused(const std::string& remote, const std::string& why) = 0;

 protected:
  ~GateHandler() = default;
};

struct GateOptions {
  /// Time for the handshake and the greeting together.
  Duration greeting_timeout = std::chrono::seconds(5);
  /// Connections that have not said who they are. One more, and the oldest is closed: a member says
  /// it at once, so that a flood of silent connections does not keep it out.
  size_t strangers_max = 64;
};

/// Counters since start.
struct GateStats {
  uint64_t accepted = 0;
  uint64_t refused = 0;
  size_t strangers = 0;  ///< Gauge.
};

/// The listening side of one kind of port. Belongs to one loop.
class Gate {
 public:
  Gate(boost::asio::io_context& loop, GateOptions options, GateHandler& handler);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Binds each of the addresses, or none. Resolves host names (this may block).
  Result<std::vector<net::BoundAddress>> open(const std::vector<net::ListenOptions>& addresses);
  /// Stops listening and closes the strangers. May be opened again.
  void close();

  /// Within on_greeting, which then returns kTaken: the link belongs to the caller.
  [[nodiscard]] std::shared_ptr<Link> take(Link& link, LinkHandler& handler);

  [[nodiscard]] GateStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::peers
