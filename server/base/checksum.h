// Checksums of ZooKeeper's files and digests: Adler-32 (logs, snapshots) and CRC-32 (node digest).
#pragma once

#include <cstdint>
#include <string_view>

namespace quorate {

inline constexpr uint32_t kAdlerSeed = 1;

/// Continues an Adler-32 over `bytes`; start with kAdlerSeed.
[[nodiscard]] uint32_t adler32(uint32_t seed, std::string_view bytes);

/// Continues a CRC-32 (IEEE 802.3, as zlib's) over `bytes`; start with 0.
[[nodiscard]] uint32_t crc32(uint32_t seed, std::string_view bytes);

}  // namespace quorate
