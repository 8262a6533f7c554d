// ClientCore: writes, closes, lingers, and enforces the deadlines.
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "server/net/client_core.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr size_t kLingeringMax = 1024;
constexpr size_t kRoomyBytes = 1024;                     // Smaller buffers are not worth a visit.
constexpr size_t kKeptOutputBytesMax = size_t{1} << 20;  // Larger ones are released at once.
constexpr size_t kCompactBytes = size_t{256} << 10;
constexpr uint32_t kIdleTicks = 20;

}  // namespace

void ClientCore::write(Connection& connection) {
  const IoResult result = connection.transport.write(
      connection.output.data() + connection.output_sent, connection.output_queued());
  switch (result.outcome) {
    case IoOutcome::kProgress:
      wrote(connection, result.bytes);
      return;
    case IoOutcome::kBlocked:
      wrote(connection, 0);
      return;
    default:
      end_io(connection, result, "write");
      return;
  }
}

void ClientCore::wrote(Connection& connection, size_t bytes) {
  stats_.bytes_sent += bytes;
  connection.output_sent += bytes;
  if (bytes > 0) {
    connection.progress_at = now_;
  }
  connection.active_tick = tick_count_;
  std::string& output = connection.output;
  if (connection.output_sent == output.size()) {
    connection.output_sent = 0;
    if (output.capacity() > kKeptOutputBytesMax) {
      output = std::string();
    } else {
      output.clear();
    }
    note_roomy(connection);
    return;
  }
  if (connection.output_sent > kCompactBytes && connection.output_sent > output.size() / 2) {
    output.erase(0, connection.output_sent);
    connection.output_sent = 0;
  }
  connection.blocked = true;
  if (!connection.in_blocked) {
    connection.progress_at = now_;
  }
  if (!connection.in_blocked) {
    connection.in_blocked = true;
    blocked_.push_back(connection.id);
  }
}

void ClientCore::finish_close(Connection& connection) {
  if (lingering_count_ >= kLingeringMax) {
    end(connection, CloseCause::kRequested);
    return;
  }
  // A close with unread input would reset the connection, and the reset may overtake our last reply
  // in the client's receive queue. So: say that nothing more comes, and wait a little for its end.
  connection.transport.shutdown_write();
  connection.linger = true;
  ++lingering_count_;
  lingering_.push_back({connection.id, now_ + kLingerTime});
  detach(connection, {CloseCause::kRequested, {}});
  connection.output = std::string();
  connection.output_sent = 0;
  connection.interest = EPOLLIN;
  poller_.change(connection.transport.fd(), EPOLLIN, connection.id.value);
}

void ClientCore::end(Connection& connection, CloseCause cause, std::string detail) {
  if (connection.phase == ConnectionPhase::kEnded ||
      connection.phase == ConnectionPhase::kLingering) {
    return;
  }
  poller_.remove(connection.transport.fd());
  connection.transport.close();
  detach(connection, {cause, std::move(detail)});
}

void ClientCore::detach(Connection& connection, CloseReason reason) {
  if (connection.opened) {
    --stats_.open;
  } else {
    handshake_over();
  }
  if (reason.cause == CloseCause::kSessionless) {
    ++stats_.sessionless_closed;
  }
  const auto known = per_address_.find(connection.remote.host);
  if (--known->second == 0) {
    per_address_.erase(known);
  }
  large_bytes_ -= connection.large_bytes;
  connection.large_bytes = 0;
  connection.phase = ConnectionPhase::kEnded;
  connection.reason = std::move(reason);
  ended_.push_back(connection.id);
}

void ClientCore::end_io(Connection& connection, const IoResult& result, const char* operation) {
  switch (result.outcome) {
    case IoOutcome::kEndOfStream:
      end(connection, CloseCause::kPeerClosed);
      return;
    case IoOutcome::kReset:
      end(connection, CloseCause::kPeerReset);
      return;
    case IoOutcome::kTlsError:
      end(connection, CloseCause::kTlsFailed, take_tls_errors("broken TLS record"));
      return;
    default:
      end(connection, CloseCause::kIoError, std::string(operation) + ": " + std::strerror(errno));
      return;
  }
}

void ClientCore::release(Connection& connection) {
  if (connection.linger) {
    --lingering_count_;
  }
  if (connection.transport.fd() >= 0) {
    poller_.remove(connection.transport.fd());
  }
  table_.release(connection);
}

void ClientCore::note_roomy(Connection& connection) {
  if (!connection.roomy &&
      (connection.output.capacity() > kRoomyBytes || connection.input.capacity() > kRoomyBytes)) {
    connection.roomy = true;
    roomy_.push_back(connection.id);
  }
}

void ClientCore::tick(TimePoint now) {
  now_ = now;
  in_turn_ = true;
  ++tick_count_;
  expire_sessionless();
  expire_handshakes();
  expire_lingering();
  expire_stalled();
  shrink_idle();
  retry_listeners();
  finish_turn(now);
}

void ClientCore::expire_sessionless() {
  while (!sessionless_.empty() && sessionless_.front().at <= now_) {
    Connection* connection = live(sessionless_.front().id);
    sessionless_.pop_front();
    if (connection != nullptr && !connection->established) {
      end(*connection, CloseCause::kSessionless, "no session was established in time");
    }
  }
}

void ClientCore::expire_handshakes() {
  while (!handshakes_.empty() && handshakes_.front().at <= now_) {
    Connection* connection = table_.find(handshakes_.front().id);
    handshakes_.pop_front();
    if (connection != nullptr && (connection->phase == ConnectionPhase::kSniffing ||
                                  connection->phase == ConnectionPhase::kHandshaking)) {
      end(*connection, CloseCause::kTlsTimeout, "the handshake was not finished in time");
    }
  }
}

void ClientCore::expire_lingering() {
  while (!lingering_.empty() && lingering_.front().at <= now_) {
    Connection* connection = table_.find(lingering_.front().id);
    lingering_.pop_front();
    if (connection != nullptr && connection->phase == ConnectionPhase::kLingering) {
      release(*connection);
    }
  }
}

void ClientCore::expire_stalled() {
  std::erase_if(blocked_, [this](ConnectionId id) {
    Connection* connection = table_.find(id);
    if (connection == nullptr) {
      return true;
    }
    if (connection->output_queued() == 0) {
      connection->in_blocked = false;
      return true;
    }
    if (now_ - connection->progress_at < limits_.stall_timeout) {
      return false;
    }
    end(*connection, CloseCause::kStalled,
        std::to_string(connection->output_queued()) + " bytes of replies unread");
    return true;
  });
}

void ClientCore::shrink_idle() {
  std::erase_if(roomy_, [this](ConnectionId id) {
    Connection* connection = table_.find(id);
    if (connection == nullptr) {
      return true;
    }
    if (tick_count_ - connection->active_tick < kIdleTicks) {
      return false;
    }
    connection->input.shrink_to_fit();
    if (connection->output.empty()) {
      connection->output.shrink_to_fit();
    }
    connection->roomy = false;
    return true;
  });
}

}  // namespace quorate::net
