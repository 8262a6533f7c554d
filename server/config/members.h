// The dynamic configuration: the file, or znode text, that holds only members and a version.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/config/problem.h"
#include "server/config/quorum_settings.h"

namespace quorate::config {

/// What a dynamic configuration says.
struct MembersResult {
  /// Only servers, groups and weights are set.
  QuorumSettings members;
  /// From the line `version=HEX`, where there is one.
  std::optional<int64_t> version;
  std::vector<Problem> errors;

  [[nodiscard]] bool ok() const { return errors.empty(); }
};

/// Parses lines `server.N=`, `group.G=`, `weight.N=` and `version=`; any other key is an error.
/// Source: ZooKeeper 3.9 QuorumPeerConfig.parseDynamicConfig.
[[nodiscard]] MembersResult parse_members(std::string_view text, std::string_view source);

}  // namespace quorate::config
