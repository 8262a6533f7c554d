// Bytes as Java reads them into a string and writes them back: malformed parts become U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace quorate::auth {

/// `bytes` unchanged if they are valid UTF-8, else with U+FFFD for each malformed part, cut as
/// Java's decoder cuts them. The hash of a password must not depend on the server that made it.
[[nodiscard]] std::string utf8_repaired(std::string_view bytes);

}  // namespace quorate::auth
