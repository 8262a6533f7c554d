// Link: handshake, reading into one buffer, writing from another.
#include "server/peers/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "server/net/socket_address.h"
#include "server/net/tls_context.h"
#include "server/net/tls_peer.h"

namespace quorate::peers {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

constexpr size_t kReadBytes = 256 * 1024;
/// Buffers above it are given back when they are empty.
constexpr size_t kKeptBytes = 64 * 1024;
/// What was sent is dropped from a queue that does not become empty, in pieces of at least this.
constexpr size_t kCompactBytes = size_t{1} << 20;
constexpr int kTlsHandshakeRecord = 0x16;

std::string remote_of(int fd) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) {
    return "a peer that is gone";
  }
  const net::SocketAddress address = net::SocketAddress::from(raw);
  const std::string host = address.host_text();
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(address.port);
}

}  // namespace

struct Link::Waits {
  Waits(asio::io_context& on, int fd) : loop(on), descriptor(on, fd) {}
  ~Waits() { descriptor.release(); }  // The transport owns it.
  asio::io_context& loop;
  Descriptor descriptor;
};

std::string Link::remote_host() const {
  const std::string host = remote_.substr(0, remote_.find_last_of(':'));
  if (host == remote_) {
    return {};
  }
  return host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

std::shared_ptr<Link> Link::create(asio::io_context& loop, int fd, LinkTls tls,
                                   LinkHandler& handler) {
  auto link = std::make_shared<Link>(Private{}, loop, fd, std::move(tls), handler);
  link->begin();
  return link;
}

Link::Link(Private, asio::io_context& loop, int fd, LinkTls tls, LinkHandler& handler)
    : handler_(&handler),
      tls_(std::move(tls)),
      transport_(fd),
      waits_(std::make_unique<Waits>(loop, fd)),
      remote_(remote_of(fd)) {
  net::set_socket_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

Link::~Link() = default;

void Link::begin() {
  switch (tls_.side) {
    case LinkTls::Side::kNone:
      // The owner has no pointer yet: it hears of it from the loop.
      asio::post(waits_->loop, [self = shared_from_this()] {
        if (self->phase_ == Phase::kOpen) {
          self->handler_->on_ready(*self);
        }
      });
      break;
    case LinkTls::Side::kAcceptEither:
      phase_ = Phase::kSniffing;
      break;
    case LinkTls::Side::kAccept:
    case LinkTls::Side::kConnect:
      phase_ = Phase::kHandshaking;
      asio::post(waits_->loop, [self = shared_from_this()] {
        if (self->phase_ != Phase::kHandshaking) {
          return;
        }
        if (self->begin_tls()) {
          self->shake_hands();
        }
      });
      break;
  }
  await_readable();
}

bool Link::begin_tls() {
  const std::shared_ptr<ssl_ctx_st> context = tls_.context->current();
  if (tls_.side != LinkTls::Side::kConnect) {
    if (transport_.begin_tls_accept(context.get())) {
      return true;
    }
    end("no memory for TLS");
    return false;
  }
  if (!transport_.begin_tls_connect(context.get())) {
    end("no memory for TLS");
    return false;
  }
  const Status prepared =
      net::prepare_client_handshake(transport_.tls(), tls_.context->options(), tls_.host);
  if (!prepared) {
    end(prepared.error().message);
    return false;
  }
  return true;
}

void Link::await_readable() {
  waits_->descriptor.async_wait(
      Descriptor::wait_read,
      [self = shared_from_this()](const boost::system::error_code&) { self->on_readable(); });
}

void Link::await_writable() {
  if (awaits_write_) {
    return;
  }
  awaits_write_ = true;
  waits_->descriptor.async_wait(Descriptor::wait_write,
                                [self = shared_from_this()](const boost::system::error_code&) {
                                  self->awaits_write_ = false;
                                  self->on_writable();
                                });
}

void Link::on_readable() {
  switch (phase_) {
    case Phase::kSniffing:
      sniff();
      break;
    case Phase::kHandshaking:
      if (transport_.tls() != nullptr) {
        shake_hands();
      }
      break;
    case Phase::kOpen:
      read();
      break;
    case Phase::kDraining:
      if (!transport_.discard_input()) {
        close();
      }
      break;
    case Phase::kClosed:
      break;
  }
  if (phase_ != Phase::kClosed) {
    await_readable();
  }
}

void Link::on_writable() {
  if (phase_ == Phase::kHandshaking) {
    shake_hands();
    return;
  }
  if (phase_ == Phase::kOpen || phase_ == Phase::kDraining) {
    write();
  }
  if (phase_ == Phase::kOpen && transport_.tls() != nullptr) {
    read();  // TLS may have had to write before it could read.
  }
}

void Link::sniff() {
  const int first = transport_.peek_first_byte();
  if (first < 0) {
    end("closed before it said anything");
    return;
  }
  if (first != kTlsHandshakeRecord) {
    become_open();
    return;
  }
  phase_ = Phase::kHandshaking;
  if (begin_tls()) {
    shake_hands();
  }
}

void Link::shake_hands() {
  const net::IoResult result = transport_.handshake();
  switch (result.outcome) {
    case net::IoOutcome::kProgress:
      become_open();
      break;
    case net::IoOutcome::kBlocked:
      if (result.wants_write) {
        await_writable();
      }
      break;
    default:
      end("TLS handshake: " + text_of(result));
      break;
  }
}

void Link::become_open() {
  phase_ = Phase::kOpen;
  handler_->on_ready(*this);
  if (phase_ == Phase::kOpen) {
    read();  // Bytes may have come with the handshake.
  }
  if (phase_ == Phase::kOpen || phase_ == Phase::kDraining) {
    write();
  }
}

void Link::read() {
  // One buffer a turn, so that a peer that sends without end does not keep the loop to itself. TLS
  // may hold what the socket no longer shows.
  thread_local std::array<char, kReadBytes> received;
  do {
    const net::IoResult result = transport_.read(received.data(), received.size());
    if (result.outcome == net::IoOutcome::kBlocked) {
      if (result.wants_write) {
        await_writable();
      }
      return;
    }
    if (result.outcome != net::IoOutcome::kProgress) {
      end(text_of(result));
      return;
    }
    bytes_received_ += result.bytes;
    const std::string_view fresh(received.data(), result.bytes);
    if (input_.empty()) {
      input_.append(fresh.substr(offer(fresh)));
    } else {
      input_.append(fresh);
      input_.erase(0, offer(input_));
    }
    if (input_.empty() && input_.capacity() > kKeptBytes) {
      std::string().swap(input_);
    }
  } while (phase_ == Phase::kOpen && transport_.has_buffered_input());
}

size_t Link::offer(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && phase_ == Phase::kOpen) {
    LinkHandler* const asked = handler_;
    const size_t now = asked->on_bytes(*this, bytes.substr(taken));
    taken += now;
    if (now == 0 && asked == handler_) {
      break;
    }
  }
  return taken;
}

void Link::send(std::string_view bytes) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kDraining) {
    return;
  }
  output_.append(bytes);
  if (!flush_posted_ && !output_.empty()) {
    flush_posted_ = true;
    asio::post(waits_->loop, [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }
}

void Link::flush() {
  if ((phase_ == Phase::kOpen || phase_ == Phase::kDraining) && !awaits_write_) {
    write();
  }
}

void Link::write() {
  size_t gone = 0;
  net::IoResult result{.outcome = net::IoOutcome::kProgress};
  while (sent_ < output_.size() && result.outcome == net::IoOutcome::kProgress) {
    result = transport_.write(output_.data() + sent_, output_.size() - sent_);
    gone += result.outcome == net::IoOutcome::kProgress ? result.bytes : 0;
    sent_ += result.outcome == net::IoOutcome::kProgress ? result.bytes : 0;
  }
  bytes_sent_ += gone;
  const bool is_empty = sent_ == output_.size();
  if (is_empty) {
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kKeptBytes) {
      std::string().swap(output_);
    }
  } else if (sent_ > kCompactBytes && sent_ > output_.size() / 2) {
    output_.erase(0, std::exchange(sent_, 0));
  }
  if (result.outcome == net::IoOutcome::kBlocked) {
    await_writable();
  } else if (result.outcome != net::IoOutcome::kProgress) {
    end(text_of(result));
    return;
  }
  if (phase_ == Phase::kDraining) {
    if (is_empty) {
      close();
    }
    return;
  }
  if (gone > 0) {
    handler_->on_sent_some(*this, gone);
  }
  if (gone > 0 && is_empty && phase_ == Phase::kOpen && queued() == 0) {
    handler_->on_sent(*this);
  }
}

void Link::close_when_sent() {
  if (phase_ == Phase::kClosed) {
    return;
  }
  if (queued() == 0 || phase_ != Phase::kOpen) {
    close();
    return;
  }
  phase_ = Phase::kDraining;
  flush();
}

void Link::close() {
  if (phase_ == Phase::kClosed) {
    return;
  }
  if (phase_ == Phase::kOpen || phase_ == Phase::kDraining) {
    transport_.shutdown_write();
  }
  phase_ = Phase::kClosed;
  waits_->descriptor.release();  // Ends the waits.
  transport_.close();
}

void Link::end(const std::string& why) {
  close();
  handler_->on_end(*this, why);
}

std::string Link::text_of(const net::IoResult& result) const {
  switch (result.outcome) {
    case net::IoOutcome::kEndOfStream:
      return "closed by the peer";
    case net::IoOutcome::kReset:
      return "reset by the peer";
    case net::IoOutcome::kTlsError:
      return net::describe_handshake_failure(transport_.tls());
    default:
      return std::strerror(errno);
  }
}

}  // namespace quorate::peers
