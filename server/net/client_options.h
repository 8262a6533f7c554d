// Settings of the client port: where it listens and what it bears.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "server/base/time.h"

namespace quorate::net {

class TlsContext;

enum class TlsMode {
  kOff,   ///< Plain text only.
  kOn,    ///< TLS only (secureClientPort).
  kBoth,  ///< The first byte decides (client.portUnification).
};

/// One listening address.
struct ListenOptions {
  std::string address;  ///< Numeric, a host name (all its addresses), or empty for every interface.
  uint16_t port = 0;    ///< 0: the system chooses; ClientPort::listen() reports which.
  int backlog = -1;     ///< -1: the system's maximum (ZooKeeper: 50).
  TlsMode tls = TlsMode::kOff;
  std::shared_ptr<TlsContext> tls_context;  ///< Needed unless tls is kOff. A server context.
};

/// An address on which a port listens now.
struct BoundAddress {
  std::string address;  ///< Numeric.
  uint16_t port = 0;
  bool secure = false;  ///< TLS only or TLS by sniffing.
};

/// Limits of one client port, all listening addresses together.
struct ClientLimits {
  int32_t frame_bytes_max = 1048575;                          ///< jute.maxbuffer.
  size_t connections_per_address_max = 60;                    ///< maxClientCnxns; 0: no limit.
  size_t connections_max = 0;                                 ///< maxCnxns; 0: no limit.
  Duration sessionless_timeout = std::chrono::seconds(10);    ///< nio.sessionlessCnxnTimeout.
  Duration tls_handshake_timeout = std::chrono::seconds(10);  ///< From accept to the last message.
  /// Handshakes under way at once; above it TLS listeners leave clients in the backlog.
  size_t tls_handshakes_max = 512;
  /// Unread replies above which nothing more is read from a connection.
  size_t output_bytes_soft = size_t{1} << 20;
  /// Unread replies above which a connection that is sent still more is closed.
  size_t output_bytes_hard = size_t{64} << 20;
  Duration stall_timeout =
      std::chrono::seconds(30);          ///< Replies wait and the client reads nothing.
  int64_t large_request_threshold = -1;  ///< Frames above it are large requests; -1: none are.
  int64_t large_request_bytes_max = int64_t{100} << 20;  ///< Of large requests in flight.
  bool tcp_keep_alive = false;                           ///< clientTcpKeepAlive.
};

}  // namespace quorate::net
