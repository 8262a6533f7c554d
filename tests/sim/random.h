// Random numbers of a simulation: the same on every machine and with every library.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/time.h"

namespace quorate::sim {

/// splitmix64. Everything random in a run comes from one of these, in a fixed order.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }
  /// In [0, count). Requires count > 0.
  size_t below(size_t count) { return static_cast<size_t>(next() % count); }
  /// In [low, high].
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  bool one_in(size_t count) { return below(count) == 0; }
  bool percent(size_t chance) { return below(100) < chance; }
  /// In [low, high].
  Duration between(Duration low, Duration high) {
    return Duration(between(low.count(), high.count()));
  }

 private:
  uint64_t state_;
};

}  // namespace quorate::sim
