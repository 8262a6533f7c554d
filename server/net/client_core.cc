// ClientCore: the turn, and the functions that the handler calls.
#include "server/net/client_core.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/net/read_buffer.h"

namespace quorate::net {
namespace {

constexpr size_t kEventsPerTurn = 256;
constexpr int kHandshakeStepsPerTurn = 8;  // A full RSA handshake takes about a millisecond.
constexpr int kRoundsPerTurn = 8;

}  // namespace

ClientCore::ClientCore(Poller poller, ConnectionHandler& handler, ClientLimits limits)
    : poller_(std::move(poller)),
      handler_(handler),
      limits_(limits),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {}

void ClientCore::run_turn(TimePoint now) {
  now_ = now;
  in_turn_ = true;
  handshake_budget_ = kHandshakeStepsPerTurn;
  if (!again_.empty()) {
    std::vector<ConnectionId> again;
    again.swap(again_);
    for (const ConnectionId id : again) {
      dispatch(id.value, EPOLLIN);
    }
  }
  std::array<epoll_event, kEventsPerTurn> events;
  for (const epoll_event& event : poller_.ready(events)) {
    dispatch(event.data.u64, event.events);
  }
  finish_turn(now);
}

void ClientCore::dispatch(uint64_t token, uint32_t events) {
  if (token >> 32 == 0) {
    accept_some(static_cast<uint32_t>(token));
    return;
  }
  Connection* connection = table_.find(ConnectionId{token});
  if (connection == nullptr) {
    return;  // Closed earlier in this turn.
  }
  const bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  switch (connection->phase) {
    case ConnectionPhase::kSniffing:
      sniff(*connection);
      return;
    case ConnectionPhase::kHandshaking:
      step_handshake(*connection);
      return;
    case ConnectionPhase::kGreeting:
    case ConnectionPhase::kText:
    case ConnectionPhase::kFrames:
      if ((events & EPOLLOUT) != 0) {
        connection->tls_wants_write = false;
        connection->blocked = false;
        touch(*connection);
      }
      if (wants_read(*connection)) {
        read(*connection);
      } else if (broken) {
        end(*connection, CloseCause::kPeerReset);
      }
      return;
    case ConnectionPhase::kClosing:
      connection->blocked = false;
      touch(*connection);
      if (broken) {
        end(*connection, CloseCause::kRequested);
      }
      return;
    case ConnectionPhase::kEnded:
      return;
    case ConnectionPhase::kLingering:
      if (broken || !connection->transport.discard_input()) {
        release(*connection);
      }
      return;
  }
}

void ClientCore::finish_turn(TimePoint now) {
  now_ = now;
  in_turn_ = true;
  for (int round = 0; round < kRoundsPerTurn; ++round) {
    redeliver_touched();
    if (delivered_) {
      delivered_ = false;
      handler_.on_turn_end();
    }
    settle_touched();
    report_ended();
    if (!has_work()) {
      break;
    }
  }
  in_turn_ = false;
}

void ClientCore::redeliver_touched() {
  // By index: a callback may touch further connections.
  for (size_t i = 0; i < touched_.size(); ++i) {  // NOLINT(modernize-loop-convert)
    Connection* connection = live(touched_[i]);
    if (connection != nullptr && connection->holds_frames() && !connection->paused &&
        !is_congested(*connection)) {
      deliver_held(*connection);
    }
  }
}

void ClientCore::settle_touched() {
  settling_.swap(touched_);
  for (const ConnectionId id : settling_) {
    Connection* connection = table_.find(id);
    if (connection != nullptr) {
      connection->touched = false;
      settle(*connection);
    }
  }
  settling_.clear();
}

void ClientCore::settle(Connection& connection) {
  if (connection.phase == ConnectionPhase::kEnded ||
      connection.phase == ConnectionPhase::kLingering) {
    return;
  }
  if (connection.output_queued() > 0 && !connection.blocked) {
    write(connection);
  }
  if (connection.phase == ConnectionPhase::kEnded) {
    return;
  }
  if (connection.output_queued() == 0) {
    const bool quiet = connection.quiet_close && connection.input.empty() &&
                       connection.transport.receive_queue_is_empty();
    if (connection.phase == ConnectionPhase::kClosing || quiet) {
      finish_close(connection);
      return;
    }
  }
  if (connection.live() && connection.holds_frames() && !connection.paused &&
      !is_congested(connection)) {
    touch(connection);  // The next round hands over what the handler left.
  }
  if (connection.tls_rest && wants_read(connection)) {
    again_.push_back(connection.id);
  }
  update_interest(connection);
}

void ClientCore::report_ended() {
  // By index: on_closed may end further connections.
  for (size_t i = 0; i < ended_.size(); ++i) {  // NOLINT(modernize-loop-convert)
    Connection* connection = table_.find(ended_[i]);
    if (connection == nullptr) {
      continue;
    }
    const CloseReason reason = std::move(connection->reason);
    if (connection->opened) {
      connection->opened = false;
      handler_.on_closed(connection->id, reason);
    } else {
      ++stats_.rejected;
      handler_.on_rejected({.remote_address = connection->remote.host_text(),
                            .remote_port = connection->remote.port,
                            .local_port = listeners_[connection->listener].socket.bound().port,
                            .secure = connection->secure,
                            .reason = reason});
    }
    if (connection->linger) {
      connection->phase = ConnectionPhase::kLingering;
    } else {
      release(*connection);
    }
  }
  ended_.clear();
}

bool ClientCore::wants_read(const Connection& connection) const {
  switch (connection.phase) {
    case ConnectionPhase::kSniffing:
    case ConnectionPhase::kHandshaking:
    case ConnectionPhase::kLingering:
      return true;
    case ConnectionPhase::kGreeting:
    case ConnectionPhase::kFrames:
      return !connection.paused && !connection.holds_frames() && !is_congested(connection);
    case ConnectionPhase::kText:
    case ConnectionPhase::kClosing:
    case ConnectionPhase::kEnded:
      return false;
  }
  return false;
}

void ClientCore::update_interest(Connection& connection) {
  uint32_t interest = wants_read(connection) ? uint32_t{EPOLLIN} : 0;
  if (connection.tls_wants_write || (connection.blocked && connection.output_queued() > 0)) {
    interest |= EPOLLOUT;
  }
  if (interest != connection.interest) {
    connection.interest = interest;
    poller_.change(connection.transport.fd(), interest, connection.id.value);
  }
}

Connection* ClientCore::live(ConnectionId id) {
  Connection* connection = table_.find(id);
  return connection != nullptr && connection->live() ? connection : nullptr;
}

void ClientCore::touch(Connection& connection) {
  if (!connection.touched) {
    connection.touched = true;
    touched_.push_back(connection.id);
  }
}

void ClientCore::send(ConnectionId id, std::string_view bytes) {
  std::string* to = output(id);
  if (to != nullptr) {
    to->append(bytes);
  }
}

std::string* ClientCore::output(ConnectionId id) {
  Connection* connection = live(id);
  if (connection == nullptr) {
    return nullptr;
  }
  if (connection->output_queued() > limits_.output_bytes_hard) [[unlikely]] {
    end(*connection, CloseCause::kOutputLimit,
        std::to_string(connection->output_queued()) + " bytes of replies unread");
    return nullptr;
  }
  touch(*connection);
  return &connection->output;
}

void ClientCore::flush(TimePoint now) {
  now_ = now;
  settle_touched();
}

void ClientCore::close(ConnectionId id) {
  Connection* connection = live(id);
  if (connection != nullptr) {
    connection->phase = ConnectionPhase::kClosing;
    connection->input = std::string();
    connection->progress = FrameProgress();
    touch(*connection);
  }
}

void ClientCore::close_when_quiet(ConnectionId id) {
  Connection* connection = live(id);
  if (connection != nullptr) {
    connection->quiet_close = true;
    touch(*connection);
  }
}

void ClientCore::drop(ConnectionId id) {
  Connection* connection = table_.find(id);
  if (connection != nullptr && connection->opened) {
    end(*connection, CloseCause::kRequested);
  }
}

void ClientCore::pause_reading(ConnectionId id) {
  Connection* connection = live(id);
  if (connection != nullptr) {
    connection->paused = true;
    touch(*connection);
  }
}

void ClientCore::resume_reading(ConnectionId id) {
  Connection* connection = live(id);
  if (connection != nullptr) {
    connection->paused = false;
    touch(*connection);
  }
}

void ClientCore::established(ConnectionId id) {
  Connection* connection = live(id);
  if (connection != nullptr) {
    connection->established = true;
  }
}

void ClientCore::large_request_done(ConnectionId id, size_t payload_bytes) {
  Connection* connection = live(id);
  if (connection == nullptr || limits_.large_request_threshold < 0 ||
      static_cast<int64_t>(payload_bytes) <= limits_.large_request_threshold) {
    return;
  }
  const int64_t done = std::min(static_cast<int64_t>(payload_bytes), connection->large_bytes);
  connection->large_bytes -= done;
  large_bytes_ -= done;
}

size_t ClientCore::bytes_queued(ConnectionId id) {
  const Connection* connection = table_.find(id);
  return connection == nullptr ? 0 : connection->output_queued();
}

bool ClientCore::congested(ConnectionId id) {
  const Connection* connection = live(id);
  return connection != nullptr && is_congested(*connection);
}

void ClientCore::set_connections_max(size_t per_address, size_t total) {
  limits_.connections_per_address_max = per_address;
  limits_.connections_max = total;
}

bool ClientCore::needs_tick() const {
  for (const Listener& listener : listeners_) {
    if (listener.state == ListenerState::kBackingOff) {
      return true;
    }
  }
  return !sessionless_.empty() || !handshakes_.empty() || !lingering_.empty() ||
         !blocked_.empty() || !roomy_.empty();
}

}  // namespace quorate::net
