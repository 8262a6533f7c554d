// Owner encoding, with the layouts of 3.5.3 and of all later versions.
#include "server/tree/owner.h"

namespace quorate::tree {

namespace {

constexpr uint64_t kExtendedMask = 0xFF00000000000000;
constexpr uint64_t kFeatureMask = 0x00FFFF0000000000;

}  // namespace

OwnerKind owner_kind(int64_t owner, OwnerRules rules) {
  if (owner == 0) {
    return OwnerKind::kNone;
  }
  if (owner == kContainerOwner) {
    return OwnerKind::kContainer;
  }
  if (rules.extended_types_enabled && owner < 0) {
    const auto bits = static_cast<uint64_t>(owner);
    const bool is_ttl = (bits & (kExtendedMask | kFeatureMask)) == kExtendedMask;
    if (is_ttl || rules.emulate_353_ttl) {
      return OwnerKind::kTtl;
    }
  }
  return OwnerKind::kEphemeral;
}

int64_t ttl_owner(int64_t ttl_ms) {
  return static_cast<int64_t>(kExtendedMask | static_cast<uint64_t>(ttl_ms));
}

int64_t ttl_ms_of(int64_t owner) { return owner & kTtlMsMax; }

}  // namespace quorate::tree
