// Dice: a stream of random numbers from a seed, for jitter in machines that may not draw their own.
#pragma once

#include <cstdint>

namespace quorate::kube {

/// SplitMix64 (public domain, Steele, Lea and Flood). Not for secrets.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  [[nodiscard]] uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }
  /// At least 0 and less than 1.
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace quorate::kube
