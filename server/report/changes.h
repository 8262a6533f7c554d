// Bodies of the requests that change an ensemble: POST /v1/reconfig and /v1/transfer-leadership.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/base/ids.h"
#include "server/base/result.h"

namespace quorate::report {

/// What POST /v1/reconfig asks for, as the operation reconfig has it: `joining` is a list of
/// server.N=spec and `leaving` one of ids, both separated by commas; or `new_members` alone.
struct ReconfigOrder {
  std::optional<std::string> joining;
  std::optional<std::string> leaving;
  std::optional<std::string> new_members;
  /// The members stay as they are: that the ensemble was formed is to be part of its history.
  bool forms = false;
  /// Only if the configuration has this version; absent: whatever it has.
  std::optional<ConfigVersion> expected_version;
};

/// {"joining": "...", "leaving": "...", "newMembers": "...", "expectedVersion": "0x..."}. The error
/// names the field and what it may be.
[[nodiscard]] Result<ReconfigOrder> parse_reconfig_order(std::string_view body);

/// The body of POST /v1/transfer-leadership: nothing, {} or {"target": ID}. The error names what it
/// may be.
[[nodiscard]] Result<std::optional<ServerId>> parse_transfer_order(std::string_view body);

/// {"version": "0x..."}
[[nodiscard]] std::string reconfigured_body(ConfigVersion version);
/// {"zxid": "0x..."}
[[nodiscard]] std::string snapshot_taken_body(Zxid zxid);
/// {"error": "...", "reason": "..."}; `leader` tells where the request belongs, if it was sent to
/// another member.
[[nodiscard]] std::string refusal_body(std::string_view error, std::string_view reason,
                                       std::optional<ServerId> leader = std::nullopt);

}  // namespace quorate::report
