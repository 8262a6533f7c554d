// A map of counters by program counter, as AFL keeps one. Never traced itself.
#include "tests/fuzz/coverage.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr size_t kCounters = 1 << 15;
std::array<uint8_t, kCounters> counters{};
std::array<uint8_t, kCounters> seen{};
bool is_traced = false;

// Most counters are: looks at eight from `index` at once.
bool are_zero(size_t index) {
  uint64_t eight = 0;
  std::memcpy(&eight, counters.data() + index, sizeof eight);
  return eight == 0;
}

}  // namespace

// Called by traced code at each branch.
extern "C" void __sanitizer_cov_trace_pc() {
  const auto at = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  uint8_t& counter = counters[(at ^ at >> 16) % kCounters];
  counter = static_cast<uint8_t>(counter + (counter < 255 ? 1 : 0));
  is_traced = true;
}

namespace quorate::fuzz {

void reset_coverage() {
  if (is_traced) {
    counters.fill(0);
  }
}

bool found_new_coverage() {
  if (!is_traced) {
    return false;
  }
  bool found = false;
  for (size_t index = 0; index < kCounters; ++index) {
    if (index % 8 == 0 && are_zero(index)) {
      index += 7;
      continue;
    }
    // One bit for each power of two of the count.
    const auto reached = static_cast<uint8_t>(std::bit_floor(counters[index]));
    if ((seen[index] & reached) != reached) {
      seen[index] = static_cast<uint8_t>(seen[index] | reached);
      found = true;
    }
  }
  return found;
}

}  // namespace quorate::fuzz
