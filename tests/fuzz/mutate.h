// Turns inputs into inputs that are almost the same.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace quorate::fuzz {

using Random = std::mt19937_64;

/// One of `pool`, changed in one to eight places, of at most `size_max` bytes. The changes are
/// those that decoders trip over: lengths off by a bit, cut tails, foreign parts, repeated parts.
[[nodiscard]] std::string mutate(const std::vector<std::string>& pool, size_t size_max,
                                 Random& random);

}  // namespace quorate::fuzz
