// ConnectionGate: the connection throttle, asked once for every session that a client wants.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <unordered_set>

#include "server/base/histogram.h"
#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/net/connection_throttle.h"

namespace quorate::app {

/// Settings as ZooKeeper's connection_throttle_* keys.
struct GateOptions {
  net::ThrottleOptions throttle;
  /// Whether a connection costs by its kind; else every one costs 1.
  bool weight_enabled = false;
  int new_session_weight = 3;
  int renewed_session_weight = 2;
};

/// Looks at the first frame of each connection, before the machine sees it. Source: ZooKeeper 3.9
/// ZooKeeperServer.processConnectRequest.
class ConnectionGate {
 public:
  /// `seed` makes the random drops repeatable.
  ConnectionGate(const GateOptions& options, uint64_t seed)
      : options_(options),
        throttle_(options.throttle),
        random_(static_cast<std::minstd_rand::result_type>(seed)) {}

  /// When it is not, no other function needs to be called.
  [[nodiscard]] bool enabled() const { return options_.throttle.tokens_max > 0; }

  /// A connection exists; its first frames are still to come.
  void opened(ConnectionId id) { greeting_.insert(id); }
  void closed(ConnectionId id) { greeting_.erase(id); }

  /// Whether `frames` (whole ones, with their lengths) may go on to the machine; false: the client
  /// gets no session now and the connection is to be closed. True for all but the first frames of a
  /// connection, and for first ones that cannot be read, which the machine refuses.
  [[nodiscard]] bool admits(ConnectionId id, std::string_view frames, TimePoint now);

  [[nodiscard]] double drop_probability() const { return throttle_.drop_probability(); }
  [[nodiscard]] uint64_t refused() const { return refused_; }
  /// Tokens missing in the bucket, noted for each session that was let in; the unit is tokens.
  [[nodiscard]] const Histogram& deficit() const { return deficit_; }

 private:
  [[nodiscard]] int cost(SessionId session) const;

  GateOptions options_;
  net::ConnectionThrottle throttle_;
  std::minstd_rand random_;
  std::unordered_set<ConnectionId> greeting_;  ///< Connections that have sent nothing yet.
  uint64_t refused_ = 0;
  Histogram deficit_;
};

}  // namespace quorate::app
