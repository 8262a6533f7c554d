// Error codes as Apache's tools put them into words.
#pragma once

#include <string>
#include <string_view>

#include "server/wire/error_code.h"

namespace quorate::client {

/// "KeeperErrorCode = NoNode for /a", the message of Apache's KeeperException. `path` may be empty.
[[nodiscard]] std::string keeper_text(wire::ErrorCode code, std::string_view path);

/// The sentence that zkCli.sh prints: "Node does not exist: /a"; keeper_text() where it has none.
[[nodiscard]] std::string shell_text(wire::ErrorCode code, std::string_view path);

}  // namespace quorate::client
