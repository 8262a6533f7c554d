// Keyed hash of a name: fast for the short names of znodes, the same on every machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace quorate::tree {

namespace name_hash_detail {

inline uint64_t load64(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
inline uint64_t load32(const char* from) {
  uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
/// Both halves of the 128-bit product, folded.
inline uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline constexpr uint64_t kOdd1 = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
inline constexpr uint64_t kOdd2 = 0xC2B2AE3D27D4EB4F;
inline constexpr uint64_t kOdd3 = 0x165667B19E3779F9;

}  // namespace name_hash_detail

/// 64 well-mixed bits. Not cryptographic: whoever does not know `seed` cannot aim at collisions.
[[nodiscard]] inline uint64_t name_hash(uint64_t seed, std::string_view name) {
  using namespace name_hash_detail;
  const char* at = name.data();
  size_t left = name.size();
  uint64_t state = seed ^ kOdd1;
  while (left > 16) {
    state = fold(load64(at) ^ kOdd2 ^ state, load64(at + 8) ^ state ^ seed);
    at += 16;
    left -= 16;
  }
  uint64_t low = 0;
  uint64_t high = 0;
  if (left >= 8) {
    low = load64(at);
    high = load64(at + left - 8);
  } else if (left >= 4) {
    low = load32(at);
    high = load32(at + left - 4);
  } else if (left > 0) {
    low = static_cast<uint8_t>(at[0]);
    high = static_cast<uint64_t>(static_cast<uint8_t>(at[left / 2])) << 8 |
           static_cast<uint8_t>(at[left - 1]);
  }
  const uint64_t mixed = fold(low ^ kOdd2 ^ state, high ^ kOdd3 ^ seed);
  return fold(mixed ^ kOdd1, name.size() ^ kOdd2);
}

}  // namespace quorate::tree
