// What a member knows to be on the disk of another, as Quorate's peers tell each other.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"

namespace quorate::wire {

inline constexpr size_t kWitnessedDiskBytes = 24;
inline constexpr size_t kWitnessedDisksMax = 256;

/// A disk that has less than this is not the one that it was.
struct WitnessedDisk {
  ServerId server;
  Epoch accepted;  ///< Of its file acceptedEpoch.
  Zxid durable;    ///< Committed, and acknowledged as durable: nothing ever truncates it.
  friend bool operator==(const WitnessedDisk&, const WitnessedDisk&) = default;
};

/// Appends three longs each: server, accepted epoch, zxid. At most kWitnessedDisksMax.
void encode(std::span<const WitnessedDisk> disks, std::string& to);
/// Nothing from other bytes than those, or from too many.
[[nodiscard]] std::optional<std::vector<WitnessedDisk>> decode_witnessed_disks(
    std::string_view bytes);

}  // namespace quorate::wire
