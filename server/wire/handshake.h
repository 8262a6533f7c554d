// The first frame in each direction: ConnectRequest and ConnectResponse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace quorate::wire {

inline constexpr size_t kPasswordBytes = 16;

/// ConnectRequest{int protocolVersion, long lastZxidSeen, int timeOut, long sessionId,
/// buffer passwd, [boolean readOnly]}.
struct ConnectRequest {
  int32_t protocol_version = 0;
  Zxid last_zxid_seen;
  int32_t timeout_ms = 0;
  SessionId session;          ///< 0 asks for a new session.
  std::string_view password;  ///< Borrowed; empty when null.
  bool read_only = false;
  bool has_read_only_field = false;  ///< Clients before 3.4 leave the last byte out.
  friend bool operator==(const ConnectRequest&, const ConnectRequest&) = default;
};

/// ConnectResponse{int protocolVersion, int timeOut, long sessionId, buffer passwd(16),
/// [boolean readOnly]}; the last byte goes out only if the request had one.
struct ConnectResponse {
  int32_t timeout_ms = 0;  ///< 0 tells the client that its session has expired.
  SessionId session;
  std::string_view password;  ///< Empty goes out as 16 zero bytes, as an expired session is told.
  bool read_only = false;
  bool has_read_only_field = false;
  friend bool operator==(const ConnectResponse&, const ConnectResponse&) = default;
};

[[nodiscard]] std::optional<ConnectRequest> decode_connect_request(std::string_view payload);
[[nodiscard]] std::optional<ConnectResponse> decode_connect_response(std::string_view payload);
/// Appends the payload, without the frame length.
void encode(const ConnectRequest& request, std::string& to);
void encode(const ConnectResponse& response, std::string& to);

}  // namespace quorate::wire
