// The network between hosts.
#include "tests/sim/network.h"

#include <algorithm>
#include <iterator>

#include "server/base/assert.h"

namespace quorate::sim {
namespace {

constexpr Duration kDialRetryMin = std::chrono::milliseconds(20);
constexpr Duration kDialRetryMax = std::chrono::milliseconds(200);
constexpr Duration kDialMax = std::chrono::milliseconds(3000);
/// How long a host sends the same again before it gives a connection up.
constexpr Duration kResendMin = std::chrono::milliseconds(1000);
constexpr Duration kResendMax = std::chrono::milliseconds(8000);

}  // namespace

HostId Network::add(Host& host) {
  hosts_.push_back(&host);
  lives_.push_back(0);
  return hosts_.size() - 1;
}

Network::Connection* Network::find(Wire wire) {
  const auto found = connections_.find(wire);
  return found == connections_.end() ? nullptr : &found->second;
}

bool Network::passes(HostId from, HostId to) const {
  return !blocked_.contains({from, to}) && hosts_[to]->is_up();
}

Duration Network::delay(HostId from, HostId to) {
  Duration delay =
      context_.random.between(context_.settings.delay_min, context_.settings.delay_max);
  for (const HostId host : {from, to}) {
    if (const auto slow = slow_.find(host); slow != slow_.end()) {
      delay += context_.random.between(Duration(0), slow->second);
    }
  }
  return delay;
}

// ---- Opening ----------------------------------------------------------------------------------

void Network::dial(HostId from, HostId to, Port port, uint64_t cookie) {
  const TimePoint until = context_.now() + kDialMax;
  context_.queue.after(delay(from, to), [this, from, to, port, cookie, life = lives_[from], until] {
    try_dial(from, to, port, cookie, life, until);
  });
}

void Network::try_dial(HostId from, HostId to, Port port, uint64_t cookie, uint64_t life,
                       TimePoint until) {
  if (lives_[from] != life) {
    return;
  }
  if (!passes(from, to) || !passes(to, from)) {
    if (context_.now() >= until) {
      hosts_[from]->on_refused(port, to, cookie);
      return;
    }
    context_.queue.after(context_.random.between(kDialRetryMin, kDialRetryMax),
                         [this, from, to, port, cookie, life, until] {
                           try_dial(from, to, port, cookie, life, until);
                         });
    return;
  }
  const Duration back = delay(to, from);
  if (!hosts_[to]->listens(port)) {
    context_.queue.after(back, [this, from, to, port, cookie, life] {
      if (lives_[from] == life) {
        hosts_[from]->on_refused(port, to, cookie);
      }
    });
    return;
  }
  const Wire wire = next_wire_++;
  Connection& connection = connections_[wire];
  connection.hosts[0] = from;
  connection.hosts[1] = to;
  connection.port = port;
  connection.out[1].last_due = context_.now() + back;
  context_.queue.after(back, [this, wire, from, to, port, cookie, life] {
    const Connection* const opened = find(wire);
    if (opened != nullptr && opened->is_open[0] && lives_[from] == life) {
      hosts_[from]->on_connected(wire, port, to, cookie, true);
    } else if (lives_[from] == life) {
      hosts_[from]->on_refused(port, to, cookie);  // Gone again already.
    }
  });
  hosts_[to]->on_connected(wire, port, from, 0, false);
}

// ---- Sending ----------------------------------------------------------------------------------

void Network::send(Wire wire, HostId from, Message message) {
  Connection* const connection = find(wire);
  if (connection == nullptr) {
    return;
  }
  const int side = connection->hosts[0] == from ? 0 : 1;
  if (!connection->is_open[side] && !message.is_close) {
    return;
  }
  Direction& out = connection->out[side];
  message.due = std::max(out.last_due, context_.now() + delay(from, connection->hosts[1 - side]));
  out.last_due = message.due;
  out.queue.push_back(std::move(message));
  schedule(wire, side);
}

void Network::schedule(Wire wire, int side) {
  Connection* const connection = find(wire);
  if (connection == nullptr) {
    return;
  }
  Direction& out = connection->out[side];
  if (out.is_scheduled || out.is_stalled || out.queue.empty()) {
    return;
  }
  out.is_scheduled = true;
  context_.queue.at(out.queue.front().due, [this, wire, side] { deliver(wire, side); });
}

void Network::deliver(Wire wire, int side) {
  Connection* connection = find(wire);
  if (connection == nullptr) {
    return;
  }
  Direction& out = connection->out[side];
  out.is_scheduled = false;
  if (out.queue.empty()) {
    return;
  }
  const HostId from = connection->hosts[side];
  const HostId to = connection->hosts[1 - side];
  if (!passes(from, to)) {
    stall(wire, side);
    return;
  }
  Message message = std::move(out.queue.front());
  out.queue.pop_front();
  if (!connection->is_open[1 - side]) {
    // Nobody is there any more: a reset comes back.
    if (connection->is_open[side]) {
      shut(wire, side);
      hosts_[from]->on_closed(wire);
    }
    sweep(wire);
    return;
  }
  if (message.is_close) {
    shut(wire, 1 - side);
    hosts_[to]->on_closed(wire);
    sweep(wire);
    return;
  }
  const size_t bytes = message.bytes.size();
  const bool is_snapshot = message.is_snapshot;
  schedule(wire, side);
  hosts_[to]->on_message(wire, std::move(message));
  connection = find(wire);
  if (connection != nullptr && connection->is_open[side]) {
    hosts_[from]->on_left(wire, bytes, is_snapshot);
  }
}

void Network::stall(Wire wire, int side) {
  Connection& connection = *find(wire);
  Direction& out = connection.out[side];
  out.is_stalled = true;
  const uint64_t stall = ++out.stalls;
  // The stall ends by itself when the machine is back or the way is free: it is looked at then.
  const Duration patience = context_.random.between(kResendMin, kResendMax);
  context_.queue.after(patience, [this, wire, side, stall] {
    Connection* const stalled = find(wire);
    if (stalled == nullptr || !stalled->out[side].is_stalled ||
        stalled->out[side].stalls != stall) {
      return;
    }
    const HostId from = stalled->hosts[side];
    stalled->out[side].queue.clear();
    stalled->out[side].is_stalled = false;
    if (stalled->is_open[side]) {
      shut(wire, side);
      hosts_[from]->on_closed(wire);
    }
    sweep(wire);
  });
}

// ---- Closing ----------------------------------------------------------------------------------

void Network::shut(Wire wire, int side) {
  Connection& connection = *find(wire);
  connection.is_open[side] = false;
}

void Network::sweep(Wire wire) {
  Connection* const connection = find(wire);
  if (connection != nullptr && !connection->is_open[0] && !connection->is_open[1]) {
    connections_.erase(wire);
  }
}

void Network::close(Wire wire, HostId by) {
  Connection* const connection = find(wire);
  if (connection == nullptr) {
    return;
  }
  const int side = connection->hosts[0] == by ? 0 : 1;
  if (!connection->is_open[side]) {
    return;
  }
  shut(wire, side);
  Message message;
  message.is_close = true;
  send(wire, by, std::move(message));
  sweep(wire);
}

void Network::forget_host(HostId host, bool is_power_loss) {
  ++lives_[host];
  std::vector<Wire> wires;
  for (const auto& [wire, connection] : connections_) {
    if (connection.hosts[0] == host || connection.hosts[1] == host) {
      wires.push_back(wire);
    }
  }
  for (const Wire wire : wires) {
    Connection& connection = *find(wire);
    const int side = connection.hosts[0] == host ? 0 : 1;
    if (!connection.is_open[side]) {
      continue;
    }
    if (!is_power_loss) {
      close(wire, host);
      continue;
    }
    shut(wire, side);
    // Some of what was on its way has left the machine.
    std::deque<Message>& queue = connection.out[side].queue;
    queue.resize(context_.random.below(queue.size() + 1));
    sweep(wire);
  }
}

bool Network::reset_any() {
  std::vector<Wire> open;
  for (const auto& [wire, connection] : connections_) {
    if (connection.is_open[0] && connection.is_open[1]) {
      open.push_back(wire);
    }
  }
  if (open.empty()) {
    return false;
  }
  const Wire wire = open[context_.random.below(open.size())];
  for (int side = 0; side < 2; ++side) {
    Connection* const connection = find(wire);
    if (connection == nullptr || !connection->is_open[side]) {
      continue;
    }
    const HostId host = connection->hosts[side];
    connection->out[side].queue.clear();
    shut(wire, side);
    hosts_[host]->on_closed(wire);
  }
  sweep(wire);
  return true;
}

void Network::unblock(HostId from, HostId to) {
  blocked_.erase({from, to});
  for (auto& [wire, connection] : connections_) {
    for (int side = 0; side < 2; ++side) {
      Direction& out = connection.out[side];
      if (out.is_stalled && passes(connection.hosts[side], connection.hosts[1 - side])) {
        out.is_stalled = false;
        for (Message& message : out.queue) {
          message.due = std::max(message.due, context_.now());
        }
        schedule(wire, side);
      }
    }
  }
}

void Network::heal() {
  blocked_.clear();
  slow_.clear();
  unblock(0, 0);
}

}  // namespace quorate::sim
