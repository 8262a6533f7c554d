// Host names that a file gives addresses to, where there is no DNS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quorate::peers {

/// The first address of `host` in `text`, whose lines are "address name [name...]" with comments
/// from '#' on. Names are compared without case.
[[nodiscard]] std::optional<std::string> find_host(std::string_view text, std::string_view host);

/// The same, in the file that the environment variable QUORATE_HOSTS_FILE names. The file is read
/// at each call, since it changes while members run. Nothing without variable, file or line.
[[nodiscard]] std::optional<std::string> look_up_host(std::string_view host);

}  // namespace quorate::peers
