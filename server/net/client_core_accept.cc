// ClientCore: listening, accepting within the limits, the TLS handshake, on_open.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/net/client_core.h"
#include "server/net/tls_context.h"
#include "server/net/tls_peer.h"

namespace quorate::net {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr Duration kBackOffMin = std::chrono::milliseconds(100);
constexpr Duration kBackOffMax = std::chrono::seconds(1);
constexpr Duration kTroublePeriod = std::chrono::seconds(1);
constexpr int kTlsHandshakeByte = 0x16;  // Content type of a TLS record that begins a handshake.

SocketAddress local_address(int fd) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size);
  return SocketAddress::from(raw);
}

}  // namespace

Result<std::vector<BoundAddress>> ClientCore::listen(const ListenOptions& options) {
  Result<std::vector<ListeningSocket>> sockets = ListeningSocket::open(options);
  if (!sockets) {
    return sockets.error();
  }
  std::vector<BoundAddress> bound;
  for (ListeningSocket& socket : *sockets) {
    if (!poller_.add(socket.fd(), EPOLLIN, listeners_.size())) {
      return Error{ErrorKind::kIo,
                   std::string("cannot watch a listening socket: ") + std::strerror(errno)};
    }
    bound.push_back(socket.bound());
    listeners_.push_back({.socket = std::move(socket)});
  }
  return bound;
}

void ClientCore::stop_listening() {
  for (Listener& listener : listeners_) {
    if (listener.state != ListenerState::kClosed) {
      disarm(listener, ListenerState::kClosed);
      listener.socket.close();
    }
  }
}

std::vector<BoundAddress> ClientCore::bound() const {
  std::vector<BoundAddress> all;
  for (const Listener& listener : listeners_) {
    if (listener.state != ListenerState::kClosed) {
      all.push_back(listener.socket.bound());
    }
  }
  return all;
}

void ClientCore::arm(uint32_t index) {
  Listener& listener = listeners_[index];
  listener.state = ListenerState::kArmed;
  poller_.change(listener.socket.fd(), EPOLLIN, index);
}

void ClientCore::disarm(Listener& listener, ListenerState state) {
  const auto index = static_cast<uint64_t>(&listener - listeners_.data());
  listener.state = state;
  poller_.change(listener.socket.fd(), 0, index);
}

void ClientCore::accept_some(uint32_t index) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Listener& listener = listeners_[index];
    if (listener.state != ListenerState::kArmed) {
      return;
    }
    if (listener.socket.options().tls != TlsMode::kOff &&
        stats_.handshaking >= limits_.tls_handshakes_max) {
      disarm(listener, ListenerState::kAwaitingHandshakes);
      return;
    }
    const Accepted accepted = listener.socket.accept();
    switch (accepted.outcome) {
      case AcceptOutcome::kNone:
        return;
      case AcceptOutcome::kTransient:
        break;
      case AcceptOutcome::kExhausted:
        back_off(listener, accepted.error);
        return;
      case AcceptOutcome::kAccepted:
        listener.back_off = Duration::zero();
        accept_one(index, accepted);
        break;
    }
  }
}

void ClientCore::back_off(Listener& listener, int error) {
  listener.back_off = std::clamp(listener.back_off * 2, kBackOffMin, kBackOffMax);
  listener.retry_at = now_ + listener.back_off;
  disarm(listener, ListenerState::kBackingOff);
  report_trouble(listener, error);
}

void ClientCore::report_trouble(const Listener& listener, int error) {
  if (trouble_reported_ && now_ - trouble_reported_at_ < kTroublePeriod) {
    return;
  }
  trouble_reported_ = true;
  trouble_reported_at_ = now_;
  const BoundAddress bound = listener.socket.bound();
  handler_.on_accept_trouble("cannot accept a client on " + bound.address + " port " +
                             std::to_string(bound.port) + ": " + std::strerror(error) +
                             "; trying again after a pause");
}

void ClientCore::retry_listeners() {
  for (uint32_t index = 0; index < listeners_.size(); ++index) {
    if (listeners_[index].state == ListenerState::kBackingOff &&
        listeners_[index].retry_at <= now_) {
      arm(index);
    }
  }
}

void ClientCore::reject(const Listener& listener, const SocketAddress& remote, CloseCause cause) {
  ++stats_.rejected;
  const bool total = cause == CloseCause::kTotalLimit;
  const size_t limit = total ? limits_.connections_max : limits_.connections_per_address_max;
  handler_.on_rejected({.remote_address = remote.host_text(),
                        .remote_port = remote.port,
                        .local_port = listener.socket.bound().port,
                        .secure = listener.socket.options().tls == TlsMode::kOn,
                        .reason = {cause, "more than " + std::to_string(limit) + " connections" +
                                              (total ? "" : " from this address")}});
}

void ClientCore::accept_one(uint32_t index, const Accepted& accepted) {
  Transport transport(accepted.fd);
  const Listener& listener = listeners_[index];
  ++stats_.accepted;
  if (limits_.connections_max > 0 && stats_.open + stats_.handshaking >= limits_.connections_max) {
    reject(listener, accepted.remote, CloseCause::kTotalLimit);
    return;
  }
  const auto known = per_address_.find(accepted.remote.host);
  if (limits_.connections_per_address_max > 0 && known != per_address_.end() &&
      known->second >= limits_.connections_per_address_max) {
    reject(listener, accepted.remote, CloseCause::kAddressLimit);
    return;
  }
  set_socket_option(accepted.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (limits_.tcp_keep_alive) {
    set_socket_option(accepted.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  }
  Connection& connection = table_.create();
  if (!poller_.add(accepted.fd, EPOLLIN, connection.id.value)) {
    const int error = errno;
    table_.release(connection);
    back_off(listeners_[index], error);
    return;
  }
  ++per_address_[accepted.remote.host];
  connection.transport = std::move(transport);
  connection.interest = EPOLLIN;
  connection.remote = accepted.remote;
  connection.listener = index;
  connection.active_tick = tick_count_;
  const TlsMode tls = listener.socket.options().tls;
  if (tls == TlsMode::kOff) {
    open(connection);
    return;
  }
  ++stats_.handshaking;
  handshakes_.push_back({connection.id, now_ + limits_.tls_handshake_timeout});
  connection.phase = ConnectionPhase::kSniffing;
  if (tls == TlsMode::kOn) {
    begin_handshake(connection);
  }
}

void ClientCore::sniff(Connection& connection) {
  const int first = connection.transport.peek_first_byte();
  if (first == kTlsHandshakeByte) {
    begin_handshake(connection);
    if (connection.phase == ConnectionPhase::kHandshaking) {
      step_handshake(connection);
    }
    return;
  }
  if (first < 0 && !connection.transport.receive_queue_is_empty()) {
    end(connection, CloseCause::kPeerClosed);
    return;
  }
  if (first >= 0) {
    handshake_over();
    open(connection);
    if (wants_read(connection)) {
      read(connection);
    }
  }
}

void ClientCore::begin_handshake(Connection& connection) {
  const ListenOptions& options = listeners_[connection.listener].socket.options();
  connection.phase = ConnectionPhase::kHandshaking;
  connection.secure = true;
  const std::shared_ptr<ssl_ctx_st> context = options.tls_context->current();
  if (!connection.transport.begin_tls_accept(context.get())) {
    end(connection, CloseCause::kTlsFailed, take_tls_errors("out of memory"));
  }
}

void ClientCore::step_handshake(Connection& connection) {
  if (handshake_budget_ == 0) {
    return;  // Still readable: the next turn goes on.
  }
  --handshake_budget_;
  const IoResult result = connection.transport.handshake();
  switch (result.outcome) {
    case IoOutcome::kBlocked:
      connection.tls_wants_write = result.wants_write;
      update_interest(connection);
      return;
    case IoOutcome::kProgress:
      break;
    case IoOutcome::kTlsError:
      ++stats_.tls_failed;
      end(connection, CloseCause::kTlsFailed,
          describe_handshake_failure(connection.transport.tls()));
      return;
    case IoOutcome::kEndOfStream:
    case IoOutcome::kReset:
    case IoOutcome::kError:
      ++stats_.tls_failed;
      end(connection, CloseCause::kTlsFailed, "the client left during the handshake");
      return;
  }
  const ListenOptions& options = listeners_[connection.listener].socket.options();
  if (options.tls_context->options().verify_client_host_name &&
      !certificate_names_address(connection.transport.tls(), connection.remote.host_text())) {
    ++stats_.tls_failed;
    end(connection, CloseCause::kTlsFailed, "the certificate does not name the client's address");
    return;
  }
  connection.tls_wants_write = false;
  handshake_over();
  open(connection);
  connection.tls_rest = true;
  if (wants_read(connection)) {
    read(connection);  // The first request may have come with the last handshake message.
  }
}

void ClientCore::handshake_over() {
  --stats_.handshaking;
  for (uint32_t index = 0; index < listeners_.size(); ++index) {
    if (listeners_[index].state == ListenerState::kAwaitingHandshakes) {
      arm(index);
    }
  }
}

void ClientCore::open(Connection& connection) {
  connection.phase = ConnectionPhase::kGreeting;
  connection.opened = true;
  ++stats_.open;
  sessionless_.push_back({connection.id, now_ + limits_.sessionless_timeout});
  touch(connection);
  const SocketAddress local = local_address(connection.transport.fd());
  ConnectionInfo info{.id = connection.id,
                      .remote_address = connection.remote.host_text(),
                      .remote_port = connection.remote.port,
                      .local_address = local.host_text(),
                      .local_port = local.port,
                      .secure = connection.secure};
  if (connection.secure) {
    info.certificate = peer_certificate(connection.transport.tls());
  }
  handler_.on_open(info);
}

}  // namespace quorate::net
