// What a recovery costs, before it is asked for.
#pragma once

#include <string>

#include "operator/api/quorumcluster.pb.h"

namespace quorate::plugin {

/// Every member, what it last had by the status, and what is lost when `from` goes on alone. The
/// status may be older than what members had in the end, and says so.
[[nodiscard]] std::string recovery_text(const std::string& cluster,
                                        const api::QuorumClusterStatus& status,
                                        const std::string& from, bool has_colour);

}  // namespace quorate::plugin
