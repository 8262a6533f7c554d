// The network between hosts: connections with two ends, delay, partitions of either direction,
// resets, silence.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/context.h"

namespace quorate::sim {

/// Members come first, then clients.
using HostId = size_t;
/// Number of a connection, never used again.
using Wire = uint64_t;

enum class Port : uint8_t { kElection, kQuorum, kClient };

/// Bytes that arrive together.
struct Message {
  std::string bytes;
  bool is_snapshot = false;
  bool is_close = false;  ///< Of the network itself: the other end closes in an orderly way.
  TimePoint due{};
};

/// Whoever has an address. Called by the network while its machine runs, even if its process does
/// not: what a stopped process gets waits for it.
class Host {
 public:
  virtual ~Host() = default;
  [[nodiscard]] virtual bool is_up() const = 0;
  [[nodiscard]] virtual bool listens(Port port) const = 0;
  virtual void on_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed) = 0;
  virtual void on_refused(Port port, HostId peer, uint64_t cookie) = 0;
  virtual void on_message(Wire wire, Message message) = 0;
  /// What was sent has left this host.
  virtual void on_left(Wire wire, size_t bytes, bool is_snapshot) = 0;
  virtual void on_closed(Wire wire) = 0;
};

/// Within a connection and direction nothing is lost, doubled or reordered while both ends live.
class Network {
 public:
  explicit Network(Context& context) : context_(context) {}

  HostId add(Host& host);
  /// `cookie` comes back with on_connected or on_refused.
  void dial(HostId from, HostId to, Port port, uint64_t cookie);
  void send(Wire wire, HostId from, Message message);
  /// What was sent before still arrives.
  void close(Wire wire, HostId by);

  /// The process has ended: its connections close. `is_power_loss`: the others are not told; they
  /// find out when the machine is back, or by themselves.
  void forget_host(HostId host, bool is_power_loss);

  // ---- Faults ---------------------------------------------------------------------------------
  void block(HostId from, HostId to) { blocked_.insert({from, to}); }
  void unblock(HostId from, HostId to);
  void heal();
  /// Breaks one of the open connections; false if there is none.
  bool reset_any();
  void set_slow(HostId host, Duration delay) { slow_[host] = delay; }

 private:
  struct Direction {
    std::deque<Message> queue;
    TimePoint last_due{};
    bool is_scheduled = false;
    bool is_stalled = false;
    uint64_t stalls = 0;
  };
  struct Connection {
    HostId hosts[2] = {};
    Port port = Port::kElection;
    bool is_open[2] = {true, true};
    Direction out[2];
  };

  void try_dial(HostId from, HostId to, Port port, uint64_t cookie, uint64_t life, TimePoint until);
  void schedule(Wire wire, int side);
  void deliver(Wire wire, int side);
  void stall(Wire wire, int side);
  void shut(Wire wire, int side);
  void sweep(Wire wire);
  [[nodiscard]] bool passes(HostId from, HostId to) const;
  [[nodiscard]] Duration delay(HostId from, HostId to);
  [[nodiscard]] Connection* find(Wire wire);

  Context& context_;
  std::vector<Host*> hosts_;
  std::vector<uint64_t> lives_;
  std::map<Wire, Connection> connections_;
  std::set<std::pair<HostId, HostId>> blocked_;
  std::map<HostId, Duration> slow_;
  Wire next_wire_ = 1;
};

}  // namespace quorate::sim
