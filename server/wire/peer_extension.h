// What only Quorate peers tell each other, as trailing bytes that Apache's decoders ignore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/ids.h"
#include "server/wire/jute.h"
#include "server/wire/witnessed_disk.h"

namespace quorate::wire {

inline constexpr size_t kEnsembleIdBytesMax = 64;
inline constexpr size_t kWitnessBytesMax = kWitnessedDisksMax * kWitnessedDiskBytes;
inline constexpr size_t kNextConfigurationBytesMax = 0x7FFF;

/// Follows the fields of LearnerInfo, LEADERINFO and notifications:
///
///     int magic 0x51724558 ("QrEX"), int size, then within `size` bytes fields of
///     byte tag, short bytes, value:
///       1  ensemble id, 1 to 64 bytes       5  long accepted epoch
///       2  long capabilities, a bit each    6  text of a configuration that is not committed
///       3  long zxid                        7  witnessed disks
///
/// Fields with other tags are passed over, so that a later version can add some.
struct PeerExtension {
  std::string_view ensemble_id;  ///< Borrowed; empty: the disk bears none.
  uint64_t capabilities = 0;
  /// In notifications: what the sender's disk had when it began to look.
  std::optional<Zxid> last_logged;
  std::optional<Epoch> accepted_epoch;
  /// Borrowed; in notifications, while a reconfiguration is in flight: who is to become a voter by
  /// it may not have been sent it yet, and is needed to decide on it.
  std::string_view next_configuration;
  /// Borrowed; in notifications: encoded WitnessedDisks, what the sender knows of other disks.
  std::string_view witness;
  friend bool operator==(const PeerExtension&, const PeerExtension&) = default;
};

/// Nothing from a peer that has none (Apache's) or whose bytes are no extension.
[[nodiscard]] std::optional<PeerExtension> decode_peer_extension(std::string_view trailing);
/// Appends all of it. Requires the sizes named above.
void write(Writer& writer, const PeerExtension& extension);

}  // namespace quorate::wire
