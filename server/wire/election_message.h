// What flows on the election port: the hello of a connection, frames, and notifications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/jute.h"
#include "server/wire/quorum_packet.h"
#include "server/wire/vote.h"

namespace quorate::wire {

// ---- Hello: the initiator's first bytes -------------------------------------------------------

/// Where a member's election port is. IPv6 without brackets.
struct ElectionAddress {
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const ElectionAddress&, const ElectionAddress&) = default;
};

/// The id under which members outside the configuration connect; the acceptor gives each another.
inline constexpr ServerId kAnonymousServerId{std::numeric_limits<int64_t>::max()};
inline constexpr size_t kHelloAddressBytesMax = 2048;

/// long version, long sid, int size (1 to 2048), `host:port` (version -65536) or
/// `host:port|host:port...` (version -65535). Or nothing but long sid, >= 0, from peers before 3.5.
struct ElectionHello {
  ServerId sid;
  /// Where to connect back to. Wildcard addresses mean nothing to others and are left out, so it
  /// may be empty; then the configuration decides.
  std::vector<ElectionAddress> addresses;
  friend bool operator==(const ElectionHello&, const ElectionHello&) = default;
};
struct ElectionHelloRead {
  ReadOutcome outcome = ReadOutcome::kMalformed;
  size_t size = 0;
  ElectionHello hello;  ///< kWhole only.
};
/// Reads the hello at the beginning of `stream`. Source: ZooKeeper 3.9 InitialMessage.parse.
[[nodiscard]] ElectionHelloRead read_election_hello(std::string_view stream);
/// Appends it, in the form for one address or for several. Requires one at least. Send it in one
/// write: Apache reads the addresses with one read.
void encode(const ElectionHello& hello, std::string& to);

// ---- Frames: int size, payload ----------------------------------------------------------------

inline constexpr size_t kElectionFrameBytesMax = 524288;

struct ElectionFrameRead {
  ReadOutcome outcome = ReadOutcome::kMalformed;
  size_t size = 0;           ///< With its length field.
  std::string_view payload;  ///< kWhole only; borrowed.
};
[[nodiscard]] ElectionFrameRead read_election_frame(std::string_view stream);

// ---- Notifications ----------------------------------------------------------------------------

/// int state, long leader, long zxid, long round, [long epoch, [int version, [int size, config]]].
/// The form of 28 bytes ends before the epoch, which then is the zxid's; that of exactly 40 bytes
/// counts as version 0 whatever its version says; version 2 brings the configuration. Apache
/// ignores what follows, so that ours put a PeerExtension there.
struct Notification {
  PeerState state = PeerState::kLooking;
  Vote vote;
  Round round;
  int32_t version = 0;         ///< 0: a peer before 3.5.
  NullableBytes config;        ///< Borrowed text of the sender's configuration; absent before 3.5.
  std::string_view extension;  ///< Borrowed; see decode_peer_extension(). Version 2 only.
  friend bool operator==(const Notification&, const Notification&) = default;
};
inline constexpr int32_t kNotificationVersion = 2;

/// Nothing from a payload that is too short for its form, or has an unknown state.
[[nodiscard]] std::optional<Notification> decode_notification(std::string_view payload);
/// Appends a frame with the form that `version` says: 2 or more with a configuration (an absent one
/// as an empty one), less the one of 40 bytes.
void encode_frame(const Notification& notification, std::string& to);

}  // namespace quorate::wire
