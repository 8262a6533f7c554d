// The known key that a mistyped one was probably meant to be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quorate::config {

/// Least number of insertions, deletions, replacements and swaps of neighbours that make `a` into
/// `b`, but for case. Costs |a| x |b| steps.
[[nodiscard]] size_t edit_distance(std::string_view a, std::string_view b);

/// The known key closest to `name`, or nothing when none is close: a third of its length at most
/// may differ. For a family, such as `sever.1`, the suffix is kept: `server.1`. A leading
/// `zookeeper.`, which does not belong into zoo.cfg, is not counted. Names of more than 128 bytes
/// get no answer.
[[nodiscard]] std::string closest_key(std::string_view name);

}  // namespace quorate::config
