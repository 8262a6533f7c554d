// Strong identifiers: a zxid is never confused with a session, nor a session with a server.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>

namespace quorate {

/// Number of a transaction: epoch in the high 32 bits, counter in the low 32 bits. Ordered.
struct Zxid {
  int64_t value = 0;

  [[nodiscard]] constexpr int64_t epoch() const { return value >> 32; }
  [[nodiscard]] constexpr uint32_t counter() const { return static_cast<uint32_t>(value); }
  [[nodiscard]] constexpr Zxid next() const { return Zxid{value + 1}; }
  friend constexpr auto operator<=>(const Zxid&, const Zxid&) = default;
};

/// Whether a history that ends with `last` can go on with `next`: its successor, or the first
/// transaction of a later epoch. Everything that hands transactions on checks this; a gap is a lost
/// write. (A standalone member goes on where an ensemble would begin another epoch.)
[[nodiscard]] constexpr bool is_continuous(Zxid last, Zxid next) {
  return next == last.next() || (next.epoch() > last.epoch() && next.counter() == 1);
}

/// Identifier of a client session; zero is "no session" (also the author of server-made txns).
struct SessionId {
  int64_t value = 0;
  friend constexpr auto operator<=>(const SessionId&, const SessionId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SessionId& id) {
    return H::combine(std::move(h), id.value);
  }
};

/// myid of a member.
struct ServerId {
  int64_t value = 0;
  friend constexpr auto operator<=>(const ServerId&, const ServerId&) = default;
};

/// Number of a leader's reign: the high half of the zxids that it hands out.
struct Epoch {
  int64_t value = 0;
  friend constexpr auto operator<=>(const Epoch&, const Epoch&) = default;
};

/// Version of the ensemble's configuration: the zxid of the reconfig that made it, 0 before any.
struct ConfigVersion {
  int64_t value = 0;
  friend constexpr auto operator<=>(const ConfigVersion&, const ConfigVersion&) = default;
};

/// Number that the shell gives to a client connection; never reused within a process.
struct ConnectionId {
  uint64_t value = 0;
  friend constexpr auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const ConnectionId& id) {
    return H::combine(std::move(h), id.value);
  }
};

/// Number that the shell gives to a connection on the quorum port; never reused within a process.
struct LinkId {
  uint64_t value = 0;
  friend constexpr auto operator<=>(const LinkId&, const LinkId&) = default;
};

}  // namespace quorate

template <>
struct std::hash<quorate::SessionId> {
  size_t operator()(const quorate::SessionId& id) const noexcept {
    return std::hash<int64_t>{}(id.value);
  }
};
template <>
struct std::hash<quorate::ConnectionId> {
  size_t operator()(const quorate::ConnectionId& id) const noexcept {
    return std::hash<uint64_t>{}(id.value);
  }
};
