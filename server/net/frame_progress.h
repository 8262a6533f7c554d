// FrameProgress: finds whole frames in a growing input, looking at each length once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"

namespace quorate::net {

inline constexpr size_t kLengthBytes = 4;

/// What advance() found in the bytes that were new to it.
struct FrameCheck {
  bool bad_length = false;
  int32_t length = 0;       ///< The offending length, if bad_length.
  int64_t large_bytes = 0;  ///< Sum of the lengths above the threshold, each counted once.
};

/// Position in an input of frames (`int length`, `length` bytes) that arrives in pieces.
/// Invariant: whole <= next; next may lie beyond the bytes received so far.
struct FrameProgress {
  size_t whole = 0;  ///< Bytes of complete frames at the front of the input.
  size_t next = 0;   ///< Where the first length begins that was not looked at.

  /// Looks at the lengths that became readable. `input` is everything not consumed yet.
  FrameCheck advance(std::string_view input, int32_t length_max, int64_t large_threshold) {
    FrameCheck check;
    while (next <= input.size()) {
      whole = next;
      if (input.size() - next < kLengthBytes) {
        break;
      }
      const auto length = load_big_endian<int32_t>(input.data() + next);
      if (length < 0 || length > length_max) {
        check.bad_length = true;
        check.length = length;
        break;
      }
      if (large_threshold >= 0 && length > large_threshold) {
        check.large_bytes += length;
      }
      next += kLengthBytes + static_cast<size_t>(length);
    }
    return check;
  }

  /// Forgets `bytes` at the front, which are complete frames.
  void consume(size_t bytes) {
    whole -= bytes;
    next -= bytes;
  }
};

}  // namespace quorate::net
