// Sizes of the read buffer that all connections of a loop share.
#pragma once

#include <cstddef>

namespace quorate::net {

/// Read from one connection in one turn: bounds what a busy client takes from the others.
inline constexpr size_t kReadBytes = size_t{64} << 10;
/// An incomplete frame up to this size is copied to the front of the shared buffer and the read
/// goes behind it; a longer one stays where it is and the read goes to its end, so that a frame of
/// many megabytes is not copied again for each piece.
inline constexpr size_t kCopiedBytesMax = size_t{16} << 10;
inline constexpr size_t kScratchBytes = kReadBytes + kCopiedBytesMax;

}  // namespace quorate::net
