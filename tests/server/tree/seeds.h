// How many seeds a property test tries: few in an ordinary run, as many as one likes on request.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace quorate::tree {

/// `full` seeds when QUORATE_SEEDS_PERCENT=100 (it may be more); a quarter of them by default, and
/// a twentieth under sanitizers. At least one.
inline uint32_t seed_count(uint32_t full) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  uint32_t percent = 5;
#else
  uint32_t percent = 25;
#endif
  if (const char* text = std::getenv("QUORATE_SEEDS_PERCENT")) {
    percent = static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
  }
  const uint32_t count = full * percent / 100;
  return count == 0 ? 1 : count;
}

}  // namespace quorate::tree
