// The persisted `ephemeralOwner` of a znode: session, container mark or TTL in one number.
#pragma once

#include <cstdint>

namespace quorate::tree {

/// Owner of a container, whatever the options.
inline constexpr int64_t kContainerOwner = INT64_MIN;
/// Longest TTL, in ms: 40 bits.
inline constexpr int64_t kTtlMsMax = (int64_t{1} << 40) - 1;

enum class OwnerKind : uint8_t { kNone, kEphemeral, kContainer, kTtl };

/// How owners are to be read.
struct OwnerRules {
  bool extended_types_enabled = false;  ///< 0xFF in the top byte means TTL, not a session.
  bool emulate_353_ttl = false;         ///< So does any negative number, if the former is on.
};

/// Source: ZooKeeper 3.9 EphemeralType.get. An extended type that is not known (bits 40 to 55 not
/// 0) is taken for a session's, where Apache gives up.
[[nodiscard]] OwnerKind owner_kind(int64_t owner, OwnerRules rules);

/// Owner of a node with this TTL, which is in 1..kTtlMsMax.
[[nodiscard]] int64_t ttl_owner(int64_t ttl_ms);

/// TTL of an owner of kind kTtl, in ms; 0 means that it never passes.
[[nodiscard]] int64_t ttl_ms_of(int64_t owner);

}  // namespace quorate::tree
